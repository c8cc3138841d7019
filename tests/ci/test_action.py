"""The GitHub Action: its steps are executed as the runner would, with inputs, outputs and the job summary."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.ci.conftest import ROOT
from tests.ci.runner import Job, run_action

ACTION = ROOT / "action.yml"


def audited(project: Path, bench: dict[str, str], **given: str) -> Job:
    inputs = {name.replace("_", "-"): value for name, value in given.items()}
    return run_action(ACTION, inputs, project, bench, only="Audit")


@pytest.mark.parametrize(
    ("config", "code", "verdict"), [("fair.yaml", 0, "pass"), ("audit.yaml", 1, "fail"), ("broken.yaml", 2, "")]
)
def test_the_job_ends_as_the_gate_does(
    config: str, code: int, verdict: str, project: Path, bench: dict[str, str]
) -> None:
    job = audited(project, bench, config=config)
    assert job.code == code, job.log
    assert job.outputs["verdict"] == verdict
    assert bool(job.summary) is (verdict != "")
    if verdict:
        assert job.summary == (project / "runs/audit/summary.md").read_text()
        for name in ("report", "sarif", "result"):
            assert (project / job.outputs[name]).is_file()
        assert "true positive rate" in job.log.lower(), "the log says what was found"
    else:
        assert "atributes" in job.log


def test_an_audit_that_was_there_is_not_taken_for_this_one(project: Path, bench: dict[str, str]) -> None:
    assert audited(project, bench, config="fair.yaml").code == 0
    job = audited(project, bench, config="broken.yaml")
    assert (job.code, job.outputs["verdict"], job.summary) == (2, "", "")


def test_inputs_reach_the_command(project: Path, bench: dict[str, str]) -> None:
    assert audited(project, bench, config="fair.yaml", out="first run").code == 0
    text = (
        (project / "fair.yaml")
        .read_text()
        .replace("limit: 0.9}", "limit: 0.9}\n    - {metric: accuracy, margin: 0.05}")
    )
    (project / "margin.yaml").write_text(text)
    job = audited(project, bench, config="margin.yaml", baseline="first run", out="second", on_inconclusive="fail")
    assert job.code == 0, job.log
    assert job.outputs["report"] == "second/report.html"
    assert (project / "second/report.html").is_file()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {},
            ["-m pip install torch --index-url https://download.pytorch.org/whl/cpu", f"-m pip install {ROOT}"],
        ),
        ({"torch": "", "version": "==0.1.0"}, ["-m pip install fairaudit==0.1.0"]),
    ],
)
def test_what_is_installed(
    given: dict[str, str], expected: list[str], project: Path, bench: dict[str, str], tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    (tmp_path / "bin" / "python").write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    assert run_action(ACTION, given, project, bench, only="Install").code == 0
    assert asked.read_text().splitlines() == expected


def test_from_the_checkout_of_the_action_to_the_verdict(project: Path, clean: dict[str, str]) -> None:
    """All steps, in an environment of its own: the package is built, installed and run."""
    job = run_action(ACTION, {"config": "fair.yaml", "torch": ""}, project, clean)
    assert job.code == 0, job.log
    assert "Successfully installed fairaudit" in job.log
    assert job.outputs["verdict"] == "pass"


def test_the_workflow_in_the_docs_gives_inputs_that_exist() -> None:
    described = yaml.safe_load(ACTION.read_text())
    workflow = yaml.safe_load((ROOT / "docs/examples/fairness.yml").read_text())
    steps = workflow["jobs"]["audit"]["steps"]
    (step,) = [step for step in steps if "/fairaudit@" in step.get("uses", "")]
    assert set(step["with"]) <= set(described["inputs"])
    used = set(re.findall(r"steps\.fairaudit\.outputs\.(\w+)", (ROOT / "docs/examples/fairness.yml").read_text()))
    assert used <= set(described["outputs"])
