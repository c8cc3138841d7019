"""The built wheel works on its own, templates included."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    return next(out.glob("*.whl"))


def test_it_holds_what_it_needs_and_nothing_else(wheel: Path) -> None:
    assert wheel.name.startswith("fairaudit-")
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("audit/py.typed", "audit/report/messages/en.json", "audit/report/templates/report.html.j2"):
        assert needed in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"audit"}


def test_it_audits_from_a_folder_of_its_own(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    (tmp_path / "rows.csv").write_text("y,p,g\n1,1,a\n0,1,b\n1,0,a\n0,0,b\n")
    config = {
        "data": {"path": "rows.csv", "columns": {"label": "y", "prediction": "p"}},
        "attributes": ["g"],
        "output": {"folder": "run"},
    }
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(config))
    code = "import audit, audit.cli; print(audit.__file__); audit.cli.entry_point(['run', 'audit.yaml'])"
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert out.returncode == 0, out.stderr
    assert str(tmp_path / "site") in out.stdout
    assert "<style>" in (tmp_path / "run" / "report.html").read_text()
