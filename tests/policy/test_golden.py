"""One policy through every output: API, terminal, Markdown, JSON, result.json, JUnit, SARIF and HTML say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
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
    folder = tmp_path / "run"

    def printed(*arguments: str) -> str:
        assert call(list(arguments)) == ExitCode.GATE_FAILED
        return capsys.readouterr().out

    run = printed("run", str(config), "--gate", "--quiet")
    gate, markdown, told = (printed("gate", str(folder), "--format", kind) for kind in ("text", "markdown", "json"))
    summary, junit, sarif, html = (
        (folder / name).read_text() for name in ("summary.md", "junit.xml", "audit.sarif", "report.html")
    )
    result = json.loads((folder / "result.json").read_text())
    statuses = [(rule["severity"], rule["status"]) for rule in result["judgement"]["rules"]]
    assert statuses == [("error", "fail"), ("warn", "fail"), ("error", "inconclusive")]
    again = audit.run(config, overwrite=True).judgement
    assert [(rule.severity, rule.status) for rule in again.rules] == statuses

    # Worst first, errors before warnings, everywhere.
    for text in (run, gate):
        assert re.findall(r"^  (Fail|Inconclusive|Pass) ", text, re.M) == ["Fail", "Inconclusive", "Fail"]
        assert text.startswith("Fail. ")
    for text in (markdown, summary):
        lines = [line for line in text.splitlines() if line.startswith(("| Fail", "| Inconclusive", "| Pass"))]
        assert [line.split("|")[1].strip() for line in lines] == ["Fail", "Inconclusive", "Fail (warning only)"]
    assert markdown.strip() == summary.strip()
    machine = json.loads(told)
    assert (machine["verdict"], machine["exit_code"]) == (result["judgement"]["status"], ExitCode.GATE_FAILED)
    assert [rule["status"] for rule in machine["rules"]] == ["fail", "inconclusive", "fail"]
    found = json.loads(sarif)["runs"][0]
    assert found["properties"]["verdict"] == result["judgement"]["status"]
    rules = [item for item in found["results"] if not item["ruleId"].startswith(("flag/", "finding/"))]
    assert [(item["level"], item["message"]["text"].split(":")[0]) for item in rules] == [
        ("error", "Fail"), ("warning", "Inconclusive"), ("warning", "Fail")
    ]  # fmt: skip
    assert rules[0]["locations"][0]["physicalLocation"]["region"]["startLine"] > 1
    suite = ET.fromstring(junit)
    assert [case[0].tag for case in suite.iter("testcase")] == ["failure", "skipped", "skipped"]
    body = html[html.index('id="gate"') :]
    assert body.index("Fail") < body.index("Inconclusive") < body.index("warning only")
    assert "mark-fail" in html[html.index('class="verdict"') :][:200]

    # The same findings, in the same order.
    findings = result["findings"]["items"]
    assert [item["kind"] for item in findings] == ["gap", "undecided"]
    headlines = [item["headline"] for item in machine["findings"]]
    assert headlines[0].startswith("By g, “1” is given to 30.0\u00a0% of b and to 80.0\u00a0% of a: 50.0 points apart.")
    assert [item["id"] for item in machine["findings"]] == [item["id"] for item in findings]
    told_in_sarif = [item for item in found["results"] if item["ruleId"].startswith("finding/")]
    assert [item["partialFingerprints"]["fairaudit/v1"] for item in told_in_sarif] == [item["id"] for item in findings]
    steps = [step["said"] for item in machine["findings"] for step in item["next_steps"]]
    assert len(steps) == sum(len(item["next_steps"]) for item in findings) > 1
    for text in (run, markdown, summary, sarif):
        flat = " ".join(text.replace("\\", "").split())
        places = [flat.index(" ".join(said.split())) for said in headlines]
        assert places == sorted(places)
        assert all(" ".join(step.split()) in flat for step in steps)
    page = " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
    places = [page.index(" ".join(said.split())) for said in headlines]
    assert places == sorted(places)
    assert all(" ".join(step.split()) in page for step in steps)

    # One wording, whole sentences.
    for said in (
        "By g, “1” is given to 30.0 % of b and to 80.0 % of a: 50.0 points apart. The rule allows at most 10 points;",
        "By g, “1” is given to b 0.375 times as often as to a (30.0 % against 80.0 %). The rule asks for at least 0.8",
        "By g, of cases that are “1”, 30.0 % of b and 80.0 % of a are found: 50 points apart. The rule allows",
    ):
        for text in (run, gate, markdown, told, summary, junit, sarif):
            assert said in " ".join(text.split())


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


def test_papers_tell_the_same_findings(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    audit.run(config)
    papers = [argument for kind in ("modelcard", "cyclonedx", "xlsx") for argument in ("--format", kind)]
    assert call(["report", str(folder), *papers]) == ExitCode.PASSED
    capsys.readouterr()
    assert call(["gate", str(folder), "--format", "json"]) == ExitCode.GATE_FAILED
    machine = json.loads(capsys.readouterr().out)
    said = [item["headline"] for item in machine["findings"]]
    said += [step["said"] for item in machine["findings"] for step in item["next_steps"]]
    assert len(said) > 3
    card = (folder / "modelcard.md").read_text().replace("\\", "")
    bom = json.dumps(json.loads((folder / "bom.cdx.json").read_text()), ensure_ascii=False).replace('\\"', '"')
    book = openpyxl.load_workbook(folder / "tables.xlsx", read_only=True)
    cells = " ".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    for text in (card, bom, cells):
        flat = " ".join(text.split())
        assert [sentence for sentence in said if " ".join(sentence.split()) not in flat] == []
