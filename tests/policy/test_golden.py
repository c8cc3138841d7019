"""One policy through every output: API, gate, run --gate, result.json, Markdown and HTML say the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

import audit
from audit.cli import call
from audit.errors import ExitCode

Make = Callable[..., dict[str, Any]]
RULES = [
    {"metric": "selection_rate", "limit": 0.1},
    {"metric": "selection_rate", "at_least": 0.8, "evidence": "point", "severity": "warn"},
    {"metric": "true_positive_rate", "limit": 0.5},
]


@pytest.fixture
def config(table: Callable[..., Path], stored: Make, tmp_path: Path) -> Path:
    """Group a is predicted positive in 80 % of 200 cases, b in 30 % of 200; rates of true positives differ as much."""
    p = [1] * 160 + [0] * 40 + [1] * 60 + [0] * 140
    path = table(y=[1, 0] * 200, p=p, g=["a"] * 200 + ["b"] * 200)
    file = tmp_path / "audit.yaml"
    file.write_text(yaml.safe_dump(stored(path, policy={"rules": RULES})))
    return file


def test_all_outputs_agree(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["run", str(config), "--gate", "--quiet"]) == ExitCode.GATE_FAILED
    out = capsys.readouterr().out
    folder = tmp_path / "run"
    assert call(["gate", str(folder)]) == ExitCode.GATE_FAILED
    gate = capsys.readouterr().out
    result = json.loads((folder / "result.json").read_text())
    statuses = [(rule["severity"], rule["status"]) for rule in result["judgement"]["rules"]]
    assert statuses == [("error", "fail"), ("warn", "fail"), ("error", "inconclusive")]
    again = audit.run(config, overwrite=True).judgement
    assert [(rule.severity, rule.status) for rule in again.rules] == statuses
    markdown = (folder / "summary.md").read_text()
    for text in (out, gate, markdown):
        lines = [line for line in text.splitlines() if line.startswith(("| Fail", "| Inconclusive", "| Pass"))]
        assert [line.split("|")[1].strip() for line in lines] == ["Fail", "Inconclusive", "Fail (warning only)"]
    sarif = json.loads((folder / "audit.sarif").read_text())["runs"][0]
    assert sarif["properties"]["verdict"] == result["judgement"]["status"]
    # Worst first, errors before warnings, as everywhere.
    judged = [found for found in sarif["results"] if not found["ruleId"].startswith("flag/")]
    assert [(found["level"], found["message"]["text"].split(":")[0]) for found in judged] == [
        ("error", "Fail"), ("warning", "Inconclusive"), ("warning", "Fail")
    ]  # fmt: skip
    assert sarif["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] > 1
    junit = ET.fromstring((folder / "junit.xml").read_text())
    assert [case[0].tag for case in junit.iter("testcase")] == ["failure", "skipped", "skipped"]
    sentences = [
        "By g, “1” is given to 30.0 % of b and to 80.0 % of a: 50.0 points apart. The rule allows at most 10 points;",
        "By g, “1” is given to b 0.375 times as often as to a (30.0 % against 80.0 %). The rule asks for at least 0.8",
        "By g, of cases that are “1”, 30.0 % of b and 80.0 % of a are found: 50 points apart. The rule allows",
    ]
    for text in (out, gate, markdown, (folder / "junit.xml").read_text(), (folder / "audit.sarif").read_text()):
        for said in sentences:
            assert said in text.replace("\u00a0", " ")
    html = (folder / "report.html").read_text()
    body = html[html.index('id="gate"') :]
    assert body.index("Fail") < body.index("Inconclusive") < body.index("warning only")
    assert "mark-fail" in html[html.index('class="verdict"') :][:200]


@pytest.mark.parametrize(
    ("rules", "arguments", "code"),
    [
        ([{"metric": "selection_rate", "limit": 0.9}], [], ExitCode.PASSED),
        ([{"metric": "selection_rate", "limit": 0.1}], [], ExitCode.GATE_FAILED),
        ([{"metric": "selection_rate", "limit": 0.1, "severity": "warn"}], [], ExitCode.PASSED),
        ([{"metric": "selection_rate", "limit": 0.5}], [], ExitCode.PASSED),
        ([{"metric": "selection_rate", "limit": 0.5}], ["--on-inconclusive", "fail"], ExitCode.INCONCLUSIVE),
        ([{"metric": "selection_rate", "limit": 0.5}], ["--on-inconclusive", "pass"], ExitCode.PASSED),
        ([{"metric": "selection_rate", "limit": 0.1, "severity": "off"}], [], ExitCode.INCONCLUSIVE),
        ([{"metric": "selection_rate", "limit": 0.1, "over": ["z"]}], [], ExitCode.USAGE),
        ([], [], ExitCode.USAGE),
    ],
)
def test_exit_codes_of_the_gate(
    config: Path, tmp_path: Path, rules: list[dict[str, Any]], arguments: list[str], code: ExitCode
) -> None:
    audit.run(config)
    policy = tmp_path / "policy.yaml"
    policy.write_text(yaml.safe_dump({"rules": rules}))
    assert call(["gate", str(tmp_path / "run"), "--policy", str(policy), *arguments]) == code


def test_fail_goes_before_inconclusive(config: Path, tmp_path: Path) -> None:
    audit.run(config)
    assert call(["gate", str(tmp_path / "run"), "--on-inconclusive", "fail"]) == ExitCode.GATE_FAILED


def test_a_gate_needs_a_policy(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = yaml.safe_load(config.read_text())
    del plain["policy"]
    config.write_text(yaml.safe_dump(plain))
    assert call(["run", str(config), "--gate"]) == ExitCode.USAGE
    assert "--gate needs a policy" in capsys.readouterr().err


def test_a_bad_policy_is_told_before_anything_runs(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = yaml.safe_load(config.read_text())
    for rule, problem in (
        ({"metric": "selection_rat", "limit": 0.1}, "did you mean 'selection_rate'"),
        ({"metric": "selection_rate", "limit": 0.1, "exempt": ["zebra"]}, "no group is called 'zebra'"),
    ):
        config.write_text(yaml.safe_dump(plain | {"policy": {"rules": [rule]}}))
        assert call(["run", str(config)]) == ExitCode.USAGE
        assert problem in capsys.readouterr().err
        assert not (tmp_path / "run").exists()
