"""Closed pipes and full disks are no verdict: whatever happens to the output, the exit code is not 1."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit

Make = Callable[..., dict[str, Any]]
AUDIT = f"{sys.executable} -m audit"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("streams")
    rows = place / "rows.csv"
    rows.write_text("y,p,g\n" + "1,1,a\n0,1,b\n1,0,a\n0,0,b\n" * 40)
    audit.run(
        {
            "data": {"path": str(rows), "columns": {"label": "y", "prediction": "p"}, "positive_label": "1"},
            "attributes": ["g"],
            "policy": {"rules": [{"metric": "selection_rate", "limit": 0.99}]},
            "output": {"folder": str(place / "run")},
        }
    )
    return place


def shell(command: str, folder: Path) -> tuple[int, str]:
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", ["gate run", "--help"])
def test_a_reader_who_has_gone(command: str, folder: Path) -> None:
    code, error = shell(f"set -o pipefail; (sleep 1; exec {AUDIT} {command}) | true", folder)
    assert code == 141
    assert "Traceback" not in error
    assert "Exception ignored" not in error


@pytest.mark.parametrize("command", ["gate run", "--version"])
def test_a_full_disk_behind_stdout(command: str, folder: Path) -> None:
    code, error = shell(f"{AUDIT} {command} > /dev/full", folder)
    assert code == 4
    assert error.count("audit: ") == 1
    assert "No space left" in error or "disk is full" in error
    assert "Traceback" not in error
    assert "Exception ignored" not in error


@pytest.mark.parametrize(("command", "expected"), [("gate run", 0), ("nothing", 2)])
def test_a_full_disk_behind_stderr_changes_nothing(command: str, expected: int, folder: Path) -> None:
    assert shell(f"{AUDIT} {command} > /dev/null 2> /dev/full", folder)[0] == expected
    assert shell(f"{AUDIT} {command} >&- 2>&-", folder)[0] == expected


def test_bars_on_a_full_disk_do_not_stop_the_audit(folder: Path) -> None:
    (folder / "a.yaml").write_text("data: {path: rows.csv, columns: {label: y, prediction: p}}\nattributes: [g]\n")
    assert shell(f"{AUDIT} run a.yaml --out bars > /dev/null 2> /dev/full", folder)[0] == 0
