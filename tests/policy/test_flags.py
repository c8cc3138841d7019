"""Flags from known evidence: codes, severity, order, rates."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from audit.policy.disparate_errors import OF_ERROR
from audit.policy.flags import CODES, PROBE_HIT, Evidence, flag, flag_rates, lines, summary

MISSED = {"metric": "true_positive_rate", "class": "yes", "error": "missed", "attributes": "g", "group": "a"}
NO_ERRORS = pd.DataFrame(columns=["row_id", *OF_ERROR])
NO_LABELS = pd.DataFrame(columns=["hit", "weight", "cluster"])


def exchanged(row: str, after: str, f: float, f_after: float) -> dict[str, Any]:
    return {
        "row_id": row, "axis": "gender", "source": "male", "target": "female", "both": False, "y_pred": "yes",
        "y_pred_exchanged": after, "f": f, "f_exchanged": f_after, "starts": [0], "ends": [2], "replacements": ["she"],
        "weight": 1.0, "cluster": None,
    }  # fmt: skip


def under_names(row: str, *found: tuple[str, str, bool]) -> list[dict[str, Any]]:
    """Outcomes of one entity: the group of a name, the name, and whether the entity is found."""
    return [
        {
            "row_id": row, "group:origin": group, "written": name, "y_true": "per", "y_pred": "per" if hit else "O",
            "status": "ok", "weight": 1.0, "cluster": None,
        }
        for group, name, hit in found
    ]  # fmt: skip


EVIDENCE = Evidence(
    scored=pd.DataFrame(
        [
            exchanged("flips", "no", 0.6, 0.4),
            exchanged("moves", "yes", 0.9, 0.7),
            exchanged("moves", "yes", 0.9, 0.6),
            exchanged("stays", "yes", 0.9, 0.89),
        ]
    ),
    errors=pd.DataFrame([{"row_id": row, **MISSED} for row in ("moves", "wrong")]),
    names=pd.DataFrame(
        [
            *under_names("goes", ("a", "Ann", True), ("a", "Amy", True), ("b", "Bob", False), ("c", "Cy", True)),
            *under_names("varies", ("a", "Ann", True), ("a", "Amy", False), ("b", "Bob", False), ("c", "Cy", False)),
            *under_names("stays", ("a", "Ann", True), ("a", "Amy", True), ("b", "Bob", True), ("c", "Cy", True)),
        ]
    ),
    labelled=pd.DataFrame({"hit": [True, False], "n": [2, 8], "w": [2.0, 8.0], "w2": [2.0, 8.0], "cluster": None}),
    explained=pd.DataFrame(
        {
            "row_id": ["flips", "dark", "rests", "clear"],
            "outcome": ["explained", "unexplained", "weak", "explained"],
            "reason": [None, "no_contrast", "not_sufficient", None],
            "weight": 1.0,
            "inclusion_probability": [1.0, 0.5, 0.5, 0.5],
            "cluster": None,
        }
    ),
    reliance=pd.DataFrame(
        {
            "row_id": ["rests", "clear"],
            "share": [0.5, 0.4],
            "masked": [0.3, 0.0],
            "flips": [True, False],
            "confirmed_by": ["masking", None],
        }
    ),
)


def test_codes_severity_and_order() -> None:
    found = flag(EVIDENCE, 0.1)
    told = [tuple(row) for row in found[["row_id", "severity", "codes"]].itertuples(index=False)]
    # High where the decision changes; then more codes, then the farther move.
    assert told == [
        ("flips", "high", ["counterfactual_flip"]),
        ("goes", "high", ["name_flip"]),
        ("rests", "high", ["identity_reliance"]),
        ("moves", "medium", ["counterfactual_flip", "disparate_error"]),
        ("wrong", "medium", ["disparate_error"]),
        ("dark", "low", ["unexplained:no_contrast"]),
    ]
    assert found["moved"].tolist() == pytest.approx([0.2, 0, 0, 0.3, 0, 0])
    moves = found["evidence"][3]
    assert [item["score_exchanged"] for item in moves["exchanges"]] == [0.7, 0.6]
    assert moves["exchanges"][0]["edits"] == [{"start": 0, "end": 2, "new": "she"}]
    assert moves["disparities"] == [MISSED]
    assert found["evidence"][2]["reliance"]["confirmed_by"] == "masking"
    assert found["evidence"][1]["names"] == [
        {"group": ["a"], "found": True, "names": ["Ann", "Amy"]},
        {"group": ["c"], "found": True, "names": ["Cy"]},
        {"group": ["b"], "found": False, "names": ["Bob"]},
    ]


def test_a_higher_threshold_leaves_decisions_that_change() -> None:
    found = flag(EVIDENCE, 0.9)
    assert [row for row, codes in zip(found["row_id"], found["codes"], strict=True) if CODES[0] in codes] == ["flips"]


def test_rates_are_over_the_decisions_looked_at() -> None:
    rates = {rate.code: rate for rate in flag_rates(EVIDENCE, 0.1, 0.95)}
    # No probe was asked.
    assert set(rates) == {*CODES} - {PROBE_HIT}
    # Three decisions were exchanged, ten have a label, four are explained for a population of seven.
    assert (rates["counterfactual_flip"].flagged, rates["counterfactual_flip"].n) == (2, 3)
    assert (rates["disparate_error"].flagged, rates["disparate_error"].n) == (2, 10)
    assert (rates["name_flip"].flagged, rates["name_flip"].n) == (1, 3)
    assert rates["unexplained"].rate == pytest.approx(2 / 7)
    assert rates["identity_reliance"].rate == pytest.approx(2 / 7)


def test_nothing_looked_at_nothing_flagged() -> None:
    nothing = Evidence(None, NO_ERRORS, NO_LABELS)
    found = flag(nothing, None)
    assert found.empty
    assert flag_rates(nothing, None, 0.95) == []
    told = summary(found, [], set(), [])
    assert (told.decisions, told.by_severity) == (0, {"high": 0, "medium": 0, "low": 0})


def test_lines_are_strict_json_whatever_the_model_says() -> None:
    decisions = {
        row: {"y_true": None, "y_pred": "yes", "score": np.float32("nan"), "group:g": "a"}
        | dict.fromkeys(("example", "output", "position", "start", "end"))
        for row in ("flips", "goes", "rests", "moves", "wrong", "dark")
    }
    explanation = {
        "outcome": "unexplained", "reason": "failed", "f_input": np.nan, "f_baseline": 0.5,
        "scale": "probability", "starts": np.array([0]),
        "ends": np.array([2]), "attributions": np.array([np.nan]), "frame": 0.0,
    }  # fmt: skip
    read = [json.loads(line) for line in lines(flag(EVIDENCE, 0.1), decisions, {"dark": explanation}, ["g"])]
    assert [row["rank"] for row in read] == [1, 2, 3, 4, 5, 6]
    assert read[0]["score"] is None
    assert read[0]["groups"] == {"g": "a"}
    assert read[0]["example"] == read[0]["row_id"]
    assert read[0]["explanation"] is None
    assert read[5]["explanation"]["attributions"] == [None]
