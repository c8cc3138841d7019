"""Remedies of whole audits: what is tried, what cannot be, what is advised, and what the public reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import audit
from audit.disclosure.public import made_public
from audit.errors import ConfigError
from tests.remedies.test_thresholds import scored


def config(folder: Path, rows: pd.DataFrame, **more: Any) -> dict[str, Any]:
    rows.to_csv(folder / "rows.csv", index=False)
    return {
        "data": {
            "path": str(folder / "rows.csv"),
            "columns": {"label": "label", "score": "score"} | more.pop("columns", {}),
            "positive_label": "1",
            **more.pop("data", {}),
        },
        "attributes": ["group"],
        "metrics": ["selection_rate", "true_positive_rate", "false_positive_rate", "accuracy"],
        "output": {"folder": str(folder / "run")},
        **more,
    }


def test_thresholds_are_tried_told_and_advised(tmp_path: Path) -> None:
    rows = scored(1, rows=3000, digits=2)[["group", "label", "score"]]
    policy = {"rules": [{"metric": "selection_rate", "limit": 0.05}]}
    asked = config(tmp_path, rows, remedies={"frontier": 3, "constraints": ["demographic_parity"]}, policy=policy)
    result = audit.run(asked)
    found = result.remedies
    assert found is not None and found.notes == [] and len(found.cautions) == 6
    (tried,) = found.thresholds
    assert [remedy.code for remedy in tried.remedies] == ["as_decided", "one_threshold", "demographic_parity"]
    assert len(tried.frontier) == 3 and len(found.reweighting) == 1
    steps = [step for one in result.findings.items for step in one.next_steps if step.code == "try_thresholds"]
    assert steps, [step.code for one in result.findings.items for step in one.next_steps]
    (pointer,) = steps[0].evidence
    assert pointer == "/remedies/thresholds/0/remedies/2"
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "42 U.S.C. 2000e-2(l)" in page and "Kamiran" in page
    copy = made_public(result)
    assert copy.publication is not None
    assert copy.remedies is None and "remedies" in copy.publication.left_out
    assert not [step for one in copy.findings.items for step in one.next_steps if step.code == "try_thresholds"]


def test_thresholds_are_told_in_the_scores_of_the_data(tmp_path: Path) -> None:
    rows = scored(2, rows=1500)[["group", "label", "score"]]
    rows["score"] = (1 + 9 * rows["score"]).round()
    asked = config(tmp_path, rows, remedies={"frontier": 0}, data={"score_range": [1, 10], "threshold": 5})
    found = audit.run(asked).remedies
    assert found is not None
    rules = [rule for remedy in found.thresholds[0].remedies for group in remedy.groups for rule in group.rules]
    above = {round(rule.above, 6) for rule in rules if rule.above is not None}
    assert above <= {low + 0.5 for low in range(1, 10)} and above


@pytest.mark.parametrize(("drop", "code"), [("score", "remedies_without_scores"), ("label", "remedies_without_labels")])
def test_what_cannot_be_tried_says_why_and_the_rest_is_there(tmp_path: Path, drop: str, code: str) -> None:
    rows = scored(3)[["group", "label", "score"]].assign(decision=lambda frame: (frame.score > 0.5).astype(int))
    asked = config(tmp_path, rows.drop(columns=drop), remedies={}, columns={"prediction": "decision"})
    del asked["data"]["columns"][drop]
    asked["metrics"] = ["selection_rate"]
    found = audit.run(asked).remedies
    assert found is not None and found.thresholds == []
    assert [note.code for note in found.notes] == [code]
    assert bool(found.reweighting) is (drop == "score")


def test_what_is_unknown_is_refused(tmp_path: Path) -> None:
    rows = scored(4, rows=60)[["group", "label", "score"]]
    with pytest.raises(ConfigError, match="remedies: 'grope' is no attribute"):
        audit.run(config(tmp_path, rows, remedies={"attributes": ["grope"]}))
    with pytest.raises(ConfigError, match="one stands twice"):
        audit.run(config(tmp_path, rows, remedies={"constraints": ["equalized_odds"] * 2}))


def test_nothing_is_tried_unless_asked_for_and_again_it_is_the_same(tmp_path: Path) -> None:
    rows = scored(5, rows=400)[["group", "label", "score"]]
    told = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        asked = config(tmp_path / name, rows, remedies={"frontier": 2, "constraints": ["equalized_odds"]})
        told.append(json.dumps(audit.run(asked).model_dump()["remedies"]))
    assert told[0] == told[1]
    (tmp_path / "c").mkdir()
    assert audit.run(config(tmp_path / "c", rows)).remedies is None
