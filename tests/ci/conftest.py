"""A project with predictions to audit, and an environment into which the package can be installed without a network."""

from __future__ import annotations

import os
import shutil
import site
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = """
data: {path: data.csv, columns: {label: label, prediction: prediction}, positive_label: "1"}
attributes: [gender]
policy:
  rules:
    - {metric: true_positive_rate, limit: LIMIT}
output: {folder: runs/audit}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder as it is checked out: `fair.yaml` passes, `audit.yaml` fails, `broken.yaml` is wrong."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    cells = [(i % 2, (0, 1, 0, 0, 0, 1, 0, 1)[i % 8], ("f", "m")[i % 8 > 3]) for i in range(400)]
    rows = "".join(f"{label},{prediction},{gender}\n" for label, prediction, gender in cells)
    (folder / "data.csv").write_text(f"label,prediction,gender\n{rows}")
    (folder / "audit.yaml").write_text(CONFIG.replace("LIMIT", "0.1"))
    (folder / "fair.yaml").write_text(CONFIG.replace("LIMIT", "0.9"))
    (folder / "broken.yaml").write_text(CONFIG.replace("attributes", "atributes"))
    return folder


@pytest.fixture
def bench(tmp_path: Path) -> dict[str, str]:
    """An environment in which `python` and `audit` are those of this checkout, and nothing is installed."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, start in (("python", ""), ("audit", "-m audit")):
        (tools / name).write_text(f'#!/bin/sh\nexec {sys.executable} {start} "$@"\n')
        (tools / name).chmod(0o755)
    return os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A virtual environment that sees the installed dependencies, and pip that reaches no index."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder / "venv", with_pip=True)
    (packages,) = (folder / "venv").glob("lib/python*/site-packages")
    # Old Pythons bring a setuptools of their own, which stands before that of the dependencies.
    for old in packages.glob("setuptools*"):
        shutil.rmtree(old)
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return environment | {
        "PATH": f"{folder / 'venv' / 'bin'}:{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        # pip reads this option the wrong way round: 0 builds with what is installed.
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
