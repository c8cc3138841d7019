"""Compare, gate --baseline, run --baseline, --save-baseline."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
import yaml

import audit
from audit.cli import call
from audit.errors import ExitCode

Make = Callable[..., dict[str, Any]]
SARIF = json.loads((Path(__file__).parents[1] / "schemas" / "sarif-2.1.0.json").read_text())


def flat(text: str) -> str:
    """Undo the breaking of lines."""
    return " ".join(text.split())


def version(tmp_path: Path, name: str, worse: float) -> Path:
    """An audited folder, made once; in group b a share of the true positives is missed."""
    made = tmp_path.parent / f"version-{name}-{worse}"
    if not made.exists():
        made.mkdir()
        _version(made, name, worse)
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / name


def _version(place: Path, name: str, worse: float) -> None:
    rng = np.random.default_rng(0)
    n = 3000
    y = rng.integers(0, 2, n)
    g = rng.choice(["a", "b"], n)
    p = np.where(rng.random(n) < 0.9, y, 1 - y)
    lost = (g == "b") & (y == 1) & (rng.random(n) < worse)
    frame = pd.DataFrame({"id": range(n), "y": y, "p": np.where(lost, 0, p), "g": g})
    frame.to_csv(place / f"{name}.csv", index=False)
    config = {
        "data": {
            "path": f"{name}.csv",
            "columns": {"label": "y", "prediction": "p", "id": "id"},
            "positive_label": "1",
        },
        "attributes": ["g"],
        "policy": {"rules": [{"name": "no worse", "metric": "true_positive_rate", "margin": 0.02}]},
        "output": {"folder": name},
    }
    file = place / f"{name}.yaml"
    file.write_text(yaml.safe_dump(config))
    audit.run(file)


def test_a_regression_fails_and_the_same_model_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = version(tmp_path, "old", 0.0), version(tmp_path, "new", 0.15)
    assert call(["gate", str(new), "--baseline", str(old)]) == ExitCode.GATE_FAILED
    said = flat(capsys.readouterr().out)
    assert re.search(r"Fail +True positive rate of “1” by g, at most 2 points worse than the baseline", said)
    assert re.search(r"Since the baseline, .* got worse by .* so the rule fails\. rule: no worse", said)
    assert call(["gate", str(old), "--baseline", str(old)]) == ExitCode.PASSED
    assert call(["gate", str(new)]) == ExitCode.INCONCLUSIVE, "nothing evaluated never passes"


def test_the_small_file_does_instead_of_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = version(tmp_path, "old", 0.0), version(tmp_path, "new", 0.15)
    file = tmp_path / "baseline.json"
    call(["gate", str(old), "--save-baseline", str(file)])
    assert file.stat().st_size < 20_000
    assert call(["gate", str(new), "--baseline", str(file)]) == ExitCode.GATE_FAILED
    capsys.readouterr()
    assert call(["compare", str(file), str(new)]) == ExitCode.PASSED
    assert "from its figures alone" in flat(capsys.readouterr().out)


def test_pairing_sees_smaller_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = version(tmp_path, "old", 0.0), version(tmp_path, "new", 0.02)
    call(["gate", str(old), "--save-baseline", str(tmp_path / "b.json")])
    capsys.readouterr()
    widths = []
    for baseline in (old, tmp_path / "b.json"):
        call(["compare", str(baseline), str(new), "--format", "json"])
        found = json.loads(capsys.readouterr().out)
        change = next(c for c in found["changes"] if c["metric"] == "true_positive_rate" and c["group"] == ["b"])
        widths.append(change["upper"] - change["lower"])
    assert widths[0] < 0.5 * widths[1]


def test_flips_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = version(tmp_path, "old", 0.0), version(tmp_path, "new", 0.15)
    capsys.readouterr()
    call(["compare", str(old), str(new), "--format", "json"])
    flips = {tuple(f["group"]): f for f in json.loads(capsys.readouterr().out)["flips"]}
    before, after = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("old", "new"))
    changed = before["p"] != after["p"]
    for group in ("a", "b"):
        mine = before["g"] == group
        found = flips[group,]
        rates = {rate["kind"]: rate for rate in found["rates"]}
        assert (found["n"], rates["changed"]["flips"]) == (mine.sum(), (changed & mine).sum())
        wrong = (mine & (before["p"] == before["y"]) & (after["p"] != after["y"])).sum()
        assert rates["newly_wrong"]["flips"] == wrong


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"attributes": ["g", "y2"]}, "attributes and crossings"),
        ({"level": 0.9}, "the confidence level"),
        ({"where": {"g": "b"}}, "other rows"),
        ({"positive": "0"}, "the positive class"),
    ],
)
def test_incomparable_baselines_name_the_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], problem: str
) -> None:
    old = version(tmp_path, "old", 0.0)
    config = yaml.safe_load((tmp_path / "old.yaml").read_text())
    if "where" in changes:
        config["data"]["where"] = changes["where"]
    elif "positive" in changes:
        config["data"]["positive_label"] = changes["positive"]
    else:
        frame = pd.read_csv(tmp_path / "old.csv")
        frame.assign(y2=frame["y"]).to_csv(tmp_path / "old.csv", index=False)
        config |= changes
    config["output"] = {"folder": "other"}
    config["policy"] = {"rules": [{"metric": "selection_rate", "margin": 0.5}]}
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(config))
    # The audit itself is sound, and is not lost.
    assert call(["run", str(tmp_path / "other.yaml"), "--baseline", str(old), "--quiet"]) == ExitCode.USAGE
    assert problem in capsys.readouterr().err
    assert (tmp_path / "other" / "report.html").exists()
    assert call(["gate", str(tmp_path / "other"), "--baseline", str(old)]) == ExitCode.USAGE


def test_other_rows_can_be_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = version(tmp_path, "old", 0.0), version(tmp_path, "new", 0.0)
    frame = pd.read_csv(tmp_path / "new.csv")
    frame["y"] = frame["y"].iloc[::-1].to_numpy()
    frame["p"] = frame["p"].iloc[::-1].to_numpy()
    frame.to_csv(tmp_path / "new.csv", index=False)
    audit.run(tmp_path / "new.yaml", overwrite=True)
    assert call(["compare", str(old), str(new)]) == ExitCode.USAGE
    capsys.readouterr()
    assert call(["compare", str(old), str(new), "--other-rows"]) == ExitCode.PASSED
    assert "as independent samples" in flat(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (0, -1, "values.0.0"),
        (1, 99, "values.0.1"),
        (2, -3, "values.0.2"),
        (3, 5.0, "values.0.3"),
        (4, -20.0, "values.0.4"),
        (4, float("inf"), "values.0.4"),
        (6, -0.1, "values.0.6"),
    ],
)
def test_numbers_that_no_audit_leaves_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: int, value: float, named: str
) -> None:
    old = version(tmp_path, "old", 0.0)
    file = tmp_path / "baseline.json"
    call(["gate", str(old), "--save-baseline", str(file)])
    plain = json.loads(file.read_text())
    plain["values"][0][place] = value
    file.write_text(json.dumps(plain))
    capsys.readouterr()
    assert call(["gate", str(old), "--baseline", str(file)]) == ExitCode.USAGE
    assert named in capsys.readouterr().err


def test_a_few_decisions_of_which_none_changed_do_not_pass(tmp_path: Path) -> None:
    """Of twenty, up to 13.9 % may be lost."""
    few = pd.DataFrame({"y": 1, "p": 1, "g": ["a"] * 400 + ["b"] * 20, "id": range(420)})
    few.to_csv(tmp_path / "d.csv", index=False)
    config = {
        "data": {"path": str(tmp_path / "d.csv"), "positive_label": "1",
                 "columns": {"label": "y", "prediction": "p", "id": "id"}},
        "attributes": ["g"], "metrics": ["true_positive_rate"],
        "policy": {"rules": [{"metric": "true_positive_rate", "margin": 0.01}]},
        "output": {"folder": str(tmp_path / "old")},
    }  # fmt: skip
    audit.run(config)
    new = audit.run(config | {"output": {"folder": str(tmp_path / "new")}}, baseline=tmp_path / "old")
    assert new.judgement is not None
    (rule,) = new.judgement.rules
    assert (rule.status, rule.high_group) == ("inconclusive", ["b"])
    assert rule.upper == pytest.approx(1 - 0.05 ** (1 / 20), rel=0.01)


@pytest.mark.parametrize("text", ["", "[]", '{"kind": "something"}', "\x00"])
def test_a_file_that_is_no_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    old = version(tmp_path, "old", 0.0)
    (tmp_path / "b.json").write_text(text)
    assert call(["gate", str(old), "--baseline", str(tmp_path / "b.json")]) == ExitCode.USAGE
    assert "b.json" in capsys.readouterr().err


def test_all_documents_of_a_verdict(tmp_path: Path) -> None:
    old, new = version(tmp_path, "old", 0.0), version(tmp_path, "new", 0.15)
    policy = tmp_path / "strict.yaml"
    policy.write_text(
        yaml.safe_dump(
            {
                "rules": [
                    {"name": "no worse", "metric": "true_positive_rate", "margin": 0.02},
                    {"name": "parity", "metric": "selection_rate", "limit": 0.5},
                    {"name": "[hostile](http://x)", "metric": "accuracy", "limit": 0.001},
                ],
                "waivers": [
                    {
                        "rule": "no worse", "ceiling": 0.5, "reason": "ticket 7", "owner": "ana", "approver": "bo",
                        "granted": "2020-01-01", "expires": "2020-02-01",
                    }
                ],
            }
        )
    )  # fmt: skip
    out = tmp_path / "verdict"
    assert call(["gate", str(new), "--baseline", str(old), "--policy", str(policy), "--out", str(out)]) == 1
    sarif = json.loads((out / "audit.sarif").read_text())
    jsonschema.Draft202012Validator(SARIF).validate(sarif)
    findings = sarif["runs"][0]["results"]
    ids = {rule["id"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"]}
    assert {finding["ruleId"] for finding in findings} <= ids
    told = [result for result in findings if result["ruleId"].startswith("finding/")]
    assert told
    findings = [result for result in findings if not result["ruleId"].startswith(("flag/", "finding/"))]
    lines = {f["ruleId"]: f["locations"][0]["physicalLocation"].get("region", {}).get("startLine") for f in findings}
    source = policy.read_text().splitlines()
    for rule, line in lines.items():
        assert re.sub(r"[^a-z]", "", rule.rsplit("-", 1)[0])[:6] in re.sub(
            r"[^a-z]", "", " ".join(source[line - 1 : line + 4])
        )
    assert any(f["level"] == "error" and "expired" in f["message"]["text"] for f in findings)
    junit = (out / "junit.xml").read_text()
    assert 'failures="' in junit
    assert "expired on 2020-02-01" in junit
    html = (out / "report.html").read_text()
    assert 'id="comparison"' in html
    assert "ticket 7" in html
    prints = [result["partialFingerprints"] for result in sarif["runs"][0]["results"]]
    assert len({json.dumps(one, sort_keys=True) for one in prints}) == len(prints)


def test_junit_keeps_failure_error_and_skipped_apart(tmp_path: Path) -> None:
    from xml.etree import ElementTree as ET

    old = version(tmp_path, "old", 0.3)
    policy = tmp_path / "p.yaml"
    rules = [
        {"name": "fails", "metric": "true_positive_rate", "limit": 0.05},
        {"name": "warns", "metric": "true_positive_rate", "limit": 0.06, "severity": "warn"},
        {"name": "open", "metric": "false_positive_rate", "limit": 0.02},
        {"name": "passes", "metric": "false_positive_rate", "limit": 0.5},
        {"name": "needs a baseline", "metric": "accuracy", "margin": 0.1},
    ]
    for inconclusive, kind in (("warn", "skipped"), ("fail", "error")):
        policy.write_text(yaml.safe_dump({"rules": rules, "on_inconclusive": inconclusive}))
        call(["gate", str(old), "--policy", str(policy), "--out", str(tmp_path / "o")])
        cases = ET.fromstring((tmp_path / "o" / "junit.xml").read_text()).iter("testcase")
        kinds = {case.get("classname"): [child.tag for child in case] for case in cases}
        assert kinds == {
            "fails": ["failure"], "warns": ["skipped"], "open": [kind], "passes": ["system-out"],
            "needs a baseline": ["error"],
        }  # fmt: skip


def test_waivers_in_a_file_of_their_own(tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    old, new = version(tmp_path, "old", 0.0), version(tmp_path, "new", 0.15)
    today = datetime.now(UTC).date()
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(
        yaml.safe_dump(
            {
                "waivers": [
                    {"rule": "no worse", "ceiling": 0.4, "reason": "r", "owner": "a", "approver": "b",
                     "granted": today, "expires": today + timedelta(days=9)}
                ]
            }
        )
    )  # fmt: skip
    arguments = ["gate", str(new), "--baseline", str(old), "--waivers", str(waivers)]
    assert call(arguments) == ExitCode.PASSED
    waivers.write_text("waivers: [{rule: no worse}]")
    assert call(arguments) == ExitCode.USAGE


def test_aucs_of_many_groups_are_said_to_be_compared_as_of_different_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def scored(name: str, groups: int) -> Path:
        rows = [f"{i},{i // 2 % 2},{i * 37 % 100 / 100},g{i % groups}" for i in range(1300)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["id,y,s,g", *rows]))
        columns = {"label": "y", "score": "s", "id": "id"}
        data = {"path": str(tmp_path / f"{name}.csv"), "columns": columns, "positive_label": "1"}
        output = {"folder": str(tmp_path / name)}
        audit.run({"data": data, "attributes": ["g"], "metrics": ["auc"], "output": output})
        return tmp_path / name

    for groups, told in ((60, False), (61, True)):
        run = scored(f"of{groups}", groups)
        capsys.readouterr()
        assert call(["compare", str(run), str(run)]) == ExitCode.PASSED
        assert ("over g, which has more than 60 groups" in flat(capsys.readouterr().out)) is told


def test_a_baseline_that_no_rule_uses_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = version(tmp_path, "old", 0.0), version(tmp_path, "new", 0.0)
    policy = tmp_path / "policy.yaml"
    policy.write_text("rules: [{metric: selection_rate, limit: 0.9}]\n")
    call(["gate", str(new), "--policy", str(policy), "--baseline", str(old)])
    assert "the baseline decided nothing" in capsys.readouterr().err
    call(["gate", str(new), "--baseline", str(old)])
    assert "the baseline decided nothing" not in capsys.readouterr().err
