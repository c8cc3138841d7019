"""The template for GitLab CI: its script is run as a runner would, and what it names as artifacts is there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from string import Template
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.ci.conftest import ROOT

TEMPLATE = yaml.safe_load((ROOT / "ci/gitlab.yml").read_text())
JOB: dict[str, Any] = TEMPLATE["fairness"]


def run(part: str, project: Path, environment: dict[str, str], **given: str) -> subprocess.CompletedProcess[str]:
    """Lines of a job are one script of a shell that stops at the first failure."""
    variables = {name: str(value) for name, value in JOB["variables"].items()} | given
    return subprocess.run(
        ["sh", "-e", "-c", "\n".join(JOB[part])], cwd=project, env=environment | variables,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def artifacts(**given: str) -> dict[str, str]:
    variables = {name: str(value) for name, value in JOB["variables"].items()} | given
    return {kind: Template(path).substitute(variables) for kind, path in JOB["artifacts"]["reports"].items()}


@pytest.mark.parametrize(("config", "code"), [("fair.yaml", 0), ("audit.yaml", 1)])
def test_merge_requests_see_tests_and_code_quality(
    config: str, code: int, project: Path, bench: dict[str, str]
) -> None:
    done = run("script", project, bench, FAIRAUDIT_CONFIG=config)
    assert done.returncode == code, done.stderr
    reports = artifacts()
    suite = ET.fromstring((project / reports["junit"]).read_text()).find("testsuite")
    assert suite is not None and suite.get("failures") == str(code)
    issues = json.loads((project / reports["codequality"]).read_text())
    assert any(issue["severity"] == "critical" for issue in issues) is bool(code)
    for path in JOB["artifacts"]["paths"]:
        assert (project / Template(path).substitute(JOB["variables"])).is_file()
    assert JOB["artifacts"]["when"] == "always"


def test_what_is_wrong_is_in_the_log(project: Path, bench: dict[str, str]) -> None:
    done = run("script", project, bench, FAIRAUDIT_CONFIG="broken.yaml")
    assert done.returncode == 2
    assert "atributes" in done.stderr


def test_variables_reach_the_command(project: Path, bench: dict[str, str]) -> None:
    given = {"FAIRAUDIT_CONFIG": "fair.yaml", "FAIRAUDIT_OUT": "first run"}
    assert run("script", project, bench, **given).returncode == 0
    given |= {"FAIRAUDIT_BASELINE": "first run", "FAIRAUDIT_OUT": "second", "FAIRAUDIT_ON_INCONCLUSIVE": "fail"}
    assert run("script", project, bench, **given).returncode == 0
    assert (project / artifacts(**given)["codequality"]).is_file()


def test_what_is_installed(project: Path, bench: dict[str, str], tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    (tmp_path / "bin" / "python").write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    archive = "https://gitlab.example.org/group/fairaudit/-/archive/v1/fairaudit-v1.tar.gz"
    assert run("before_script", project, bench, FAIRAUDIT_PACKAGE=archive).returncode == 0
    assert asked.read_text().splitlines() == [
        "-m pip install torch --index-url https://download.pytorch.org/whl/cpu", f"-m pip install {archive}",
    ]  # fmt: skip


def test_nobody_installs_another_project_of_this_name(project: Path, bench: dict[str, str], tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    (tmp_path / "bin" / "python").write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    done = run("before_script", project, bench)
    assert done.returncode == 2
    assert "FAIRAUDIT_PACKAGE" in done.stderr
    assert not asked.exists()
