"""Tests of a team, run by pytest in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import audit

TESTS = """
def test_parity(fairness_of):
    fairness_of("audit.yaml").keeps("selection_rate", within=0.1, over="g")

def test_ratio(fairness_of):
    fairness_of("audit.yaml").keeps_ratio("selection_rate", at_least=0.1)

def test_open(fairness_of):
    fairness_of("audit.yaml").keeps("selection_rate", within=0.5)

def test_policy(fairness_of):
    fairness_of("audit.yaml").holds_its_policy()

def test_preset(fairness_of):
    fairness_of("audit.yaml").holds("four-fifths")

def test_no_worse(fairness_of):
    model = fairness_of("audit.yaml")
    model.has_not_worsened("selection_rate", by=0.02, since=model.folder)
"""


@pytest.fixture
def project(table: Callable[..., Path], stored: Callable[..., dict[str, Any]], tmp_path: Path) -> Path:
    p = [1] * 160 + [0] * 40 + [1] * 60 + [0] * 140
    path = table(y=[1, 0] * 200, p=p, g=["a"] * 200 + ["b"] * 200)
    rules = [{"metric": "selection_rate", "limit": 0.9}]
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(stored(path, policy={"rules": rules})))
    (tmp_path / "test_fair.py").write_text(TESTS)
    return tmp_path


def run(project: Path, *arguments: str) -> dict[str, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith(("PASSED", "FAILED", "SKIPPED"))]
    out = {words[1].partition("::")[2]: words[0] for words in lines if words[0] != "SKIPPED"}
    return out | {"skipped": str(sum(words[0] == "SKIPPED" for words in lines)), "text": done.stdout}


def test_assertions_fail_where_the_gate_does_and_skip_what_is_undecided(project: Path) -> None:
    found = run(project)
    assert found["test_parity"] == "FAILED"
    assert "“1” is given to 30.0\u00a0% of b and to 80.0\u00a0% of a: 50.0 points apart." in found["text"]
    assert found["test_preset"] == "FAILED"
    assert {found[f"test_{name}"] for name in ("ratio", "policy", "no_worse")} == {"PASSED"}
    assert found["skipped"] == "1"
    strict = run(project, "--fairaudit-inconclusive=fail")
    assert strict["test_open"] == "FAILED"
    lax = run(project, "--fairaudit-inconclusive=pass")
    assert lax["test_open"] == "PASSED"


def test_a_run_folder_will_do(project: Path) -> None:
    audit.run(project / "audit.yaml")
    (project / "test_fair.py").write_text(
        'def test_it(fairness_of):\n    fairness_of("run").keeps("selection_rate", within=0.9)\n'
    )
    assert run(project)["test_it"] == "PASSED"
