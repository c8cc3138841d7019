"""Thresholds that decide the same about everybody close every gap, and are no remedy."""

from __future__ import annotations

from typing import Any

import pytest

from audit.report.beside.remedies import decides_alike, says
from audit.report.wording import Catalogue
from audit.result import Remedies, ThresholdWhatIf


def rate(metric: str, value: float) -> dict[str, Any]:
    return {"metric": metric, "n": 100, "value": value, "lower": 0.0, "upper": 1.0, "note": None, "doubt": None}


def remedy(code: str, selected: tuple[float, float], accuracy: float) -> dict[str, Any]:
    apart = abs(selected[0] - selected[1])
    gap = {"metric": "selection_rate", "value": apart, "lower": 0.0, "upper": apart + 0.01, "low_group": ["a"],
           "high_group": ["b"], "note": None}  # fmt: skip
    groups = [
        {"group": [name], "rules": [], "rates": [rate("selection_rate", value)], "newly_positive": None,
         "newly_negative": None}
        for name, value in zip("ab", selected, strict=True)
    ]  # fmt: skip
    return {"code": code, "groups": groups, "gaps": [gap], "overall": [rate("accuracy", accuracy)],
            "fitted_objective": None}  # fmt: skip


def tried(*remedies: dict[str, Any]) -> tuple[ThresholdWhatIf, Remedies]:
    item = ThresholdWhatIf.model_validate(
        {"attributes": ["g"], "class": "yes", "fitted": 200, "judged": 200, "exact": True, "remedies": list(remedies),
         "frontier": [], "left_out": [], "note": None}
    )  # fmt: skip
    return item, Remedies.model_construct(objective="accuracy", thresholds=[item])


@pytest.mark.parametrize(("selected", "alike"), [((1.0, 0.99), True), ((0.0, 0.01), True), ((0.9, 0.99), False)])
def test_what_decides_alike_is_known_by_its_selection_rates(selected: tuple[float, float], alike: bool) -> None:
    item, _ = tried(remedy("demographic_parity", selected, 0.7))
    assert decides_alike(item.remedies[0]) is alike


@pytest.mark.parametrize("language", ["en", "zh"])
def test_such_a_rule_is_not_told_as_a_remedy(language: str) -> None:
    t = Catalogue(language)
    decided = remedy("as_decided", (0.3, 0.7), 0.66)
    everybody = remedy("demographic_parity", (1.0, 1.0), 0.7)
    assert says(*tried(decided, everybody), t) == t("remedies.says.alike")
    real = remedy("equalized_odds", (0.5, 0.5), 0.65)
    real["gaps"] = [{**real["gaps"][0], "metric": "true_positive_rate"}]
    with_both = {**decided, "gaps": [*decided["gaps"], {**decided["gaps"][0], "metric": "true_positive_rate"}]}
    said = says(*tried(with_both, everybody, real), t)
    assert said is not None
    assert t.phrase("equalized_odds") in said
