"""The pre-commit hook: what it runs on which files."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.ci.conftest import ROOT

(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("audit.yaml", True),
        ("models/toxicity/audit.yml", True),
        ("myaudit.yaml", False),
        ("audit.yaml.bak", False),
        ("audit.schema.json", False),
    ],
)
def test_which_files_it_looks_at(name: str, chosen: bool) -> None:
    assert bool(re.search(HOOK["files"], name)) is chosen


def test_a_wrong_configuration_stops_the_commit(project: Path, bench: dict[str, str]) -> None:
    def hook(*files: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*shlex.split(HOOK["entry"]), *files], cwd=project, env=bench, capture_output=True, text=True, check=False
        )

    assert HOOK["language"] == "python"
    # The data need not be there: hooks run on checkouts that have none.
    (project / "data.csv").unlink()
    assert hook("audit.yaml", "fair.yaml").returncode == 0
    stopped = hook("audit.yaml", "broken.yaml")
    assert stopped.returncode == 2
    assert "atributes" in stopped.stderr
