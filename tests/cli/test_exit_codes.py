"""Every way to end has its own exit code; only the gate may end with 1."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.cli import call
from audit.errors import ExitCode

Make = Callable[..., dict[str, Any]]
AUDIT = [sys.executable, "-m", "audit"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["run"],
        ["run", "none.yaml"],
        ["run", "none.yaml", "--resume", "--overwrite"],
        ["run", "none.yaml", "--device", "abacus"],
        ["report", "none"],
        ["schema", "nothing"],
        ["validate", "none.yaml"],
    ],
)
def test_usage_and_configuration_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(arguments) == ExitCode.USAGE
    assert capsys.readouterr().err


def test_an_error_names_file_and_cure_without_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "audit.yaml"
    path.write_text("attributes: [g]\ndata: {path: none.csv, columns: {prediction: p}}\n")
    assert call(["run", str(path)]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert str(tmp_path / "none.csv") in error
    assert "hint:" in error
    assert "Traceback" not in error


def test_a_defect_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("audit.config.load_config", broken)
    assert call(["run", "x.yaml"]) == ExitCode.CRASHED
    assert "defect of the tool" in capsys.readouterr().err


def test_an_unfinished_folder_has_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["report", str(tmp_path)]) == ExitCode.USAGE
    assert "holds no finished audit" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_say_how_to_resume(model_case: Make, tmp_path: Path, number: signal.Signals, code: int) -> None:
    path = tmp_path / "audit.yaml"
    path.write_text(yaml.safe_dump(model_case(rows=6000, explanations={"sample": 4000})))
    process = subprocess.Popen([*AUDIT, "run", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    part = tmp_path / "run" / ".work" / "decisions" / "part-000000.parquet"
    deadline = time.monotonic() + 60
    while not part.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == code
    assert "--resume goes on from there" in error
    assert part.exists()


def test_a_terminal_gets_a_bar_with_rate_and_time_left(model_case: Make, tmp_path: Path) -> None:
    path = tmp_path / "audit.yaml"
    path.write_text(yaml.safe_dump(model_case(rows=3000, explanations={"sample": 0})))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen([*AUDIT, "run", str(path)], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    assert process.wait(60) == 0
    text = seen.decode()
    assert "rows/s" in text
    assert "<" in text  # elapsed<left
    assert "word1" not in text


def test_a_margin_that_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["compare", "old", "new", "--margin", "nan"]) == ExitCode.USAGE
    assert "--margin is no number" in capsys.readouterr().err
