"""Which gaps are taken apart, and what is said of those that are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from audit import run
from audit.explain.path import Attribution, PathIntegrator

Make = Callable[..., dict[str, Any]]
EXPLAIN = {"sample": 1, "sanity": 0, "shown": 0, "most_flagged": 0}


def test_gaps_that_are_asked_for_add_up_under_each_condition(model_case: Make) -> None:
    metrics = ["selection_rate", "true_positive_rate", "false_positive_rate"]
    gaps = run(model_case(rows=150, explanations=EXPLAIN, gaps={"sample": 150, "metrics": metrics})).gaps
    assert {gap.condition for gap in gaps} == {"all", "positive", "negative"}
    for gap in gaps:
        assert sum(part.value for part in gap.parts) == pytest.approx(gap.score_gap, abs=1e-9)
        # Everybody was drawn, so that nothing is left for the line that tells of sampling.
        assert next(part for part in gap.parts if part.kind == "sampling").value == pytest.approx(0, abs=1e-6)


def test_too_few_decisions_of_a_group_are_told(model_case: Make) -> None:
    result = run(model_case(explanations=EXPLAIN, gaps={"sample": 20, "metrics": ["selection_rate"]}))
    assert result.gaps == []
    (note,) = [note for note in result.notes if note.code == "gap_too_few_explained"]
    assert sorted(note.params["groups"]) == ["a", "b"]


def test_attributions_that_are_no_numbers_are_counted(model_case: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    attribute = PathIntegrator.attribute

    def first_fails(self: PathIntegrator, *given: Any) -> tuple[list[Attribution], dict[str, int]]:
        found, spent = attribute(self, *given)
        return [replace(found[0], values=found[0].values * np.float32("nan")), *found[1:]], spent

    monkeypatch.setattr(PathIntegrator, "attribute", first_fails)
    shown = {**EXPLAIN, "sample": 3, "shown": 3}
    result = run(model_case(explanations=shown, gaps={"sample": 60, "metrics": ["selection_rate"]}))
    assert result.explanations is not None
    assert result.explanations.outcomes[0].reasons["failed"] == 1
    (note,) = [note for note in result.notes if note.code == "attributions_failed"]
    assert note.params == {"n": 1}
    assert result.gaps
    assert sum(part.value for part in result.gaps[0].parts) == pytest.approx(result.gaps[0].score_gap, abs=1e-9)
