"""Gaps that widened and gaps that narrowed, at one level over all of them."""

from __future__ import annotations

import numpy as np
import pytest

from audit.fairness.compare.change import Changes, change_of_each
from audit.fairness.compare.gap_changes import gap_changes
from audit.result import Change, Group, SlicingFacts, ValueEstimate

METRICS = ("selection_rate", "true_positive_rate", "false_negative_rate")


def slicing(attribute: str, groups: list[str], outside: tuple[str, ...] = ()) -> SlicingFacts:
    blank = {"n": 1, "share": 0.5, "weight": 1.0, "effective_n": 1.0, "n_labelled": 1, "by_label": {}}
    return SlicingFacts(
        attributes=[attribute],
        groups=[
            Group(values=[name], **blank, by_prediction={}, in_gaps=name not in outside, note=None) for name in groups
        ],
    )


def change(attribute: str, group: str, metric: str, before: float, after: float, n: float, doubt: str | None) -> Change:
    values = [ValueEstimate(value=v, effective_n=n, clusters=None, standard_error=None) for v in (before, after)]
    blank = Change(
        attributes=[attribute], group=[group], metric=metric, cls="1", baseline=values[0], candidate=values[1],
        correlation=0.0, sketch=None, difference=after - before, lower=None, upper=None, doubt=doubt,
    )  # fmt: skip
    low, high = change_of_each(Changes.of([blank]), 0.025)
    return blank.model_copy(update={"lower": float(low[0]), "upper": float(high[0])})


def found(values: dict[str, tuple[float, float]], n: float = 2000, **keys: object) -> dict[tuple[str, str], object]:
    doubt = keys.get("doubt", {})
    changes = [
        change("g", group, metric, *pair, n, doubt.get(group)) for metric in METRICS for group, pair in values.items()
    ]
    facts = [slicing("g", list(values), keys.get("outside", ()))]
    return {(gap.metric, gap.direction): gap for gap in gap_changes(changes, facts, 0.95)}


def test_the_pair_that_went_apart_is_named_with_its_gap_before_and_after() -> None:
    gaps = found({"a": (0.5, 0.5), "b": (0.45, 0.25), "c": (0.5, 0.51)})
    widened, narrowed = gaps["selection_rate", "widened"], gaps["selection_rate", "narrowed"]
    assert sorted(map(tuple, widened.groups)) in ([("a",), ("b",)], [("b",), ("c",)])
    assert (widened.before, widened.after) == (pytest.approx(0.05), pytest.approx(0.25, abs=0.011))
    assert 0 < widened.lower < 0.21 < widened.most
    assert narrowed.lower < 0


def test_directions_mirror_each_other() -> None:
    there = found({"a": (0.5, 0.5), "b": (0.45, 0.25)})
    back = found({"a": (0.5, 0.5), "b": (0.25, 0.45)})
    for one, other in (("widened", "narrowed"), ("narrowed", "widened")):
        a, b = there["selection_rate", one], back["selection_rate", other]
        assert (a.before, a.after) == (b.after, b.before)
        assert (a.lower, a.most) == (pytest.approx(b.lower), pytest.approx(b.most))


def test_complements_doubted_groups_and_those_outside_are_left_out() -> None:
    values = {"a": (0.5, 0.5), "b": (0.45, 0.05), "c": (0.5, 0.5)}
    assert not [key for key in found(values) if key[0] == "false_negative_rate"]
    for keys in ({"outside": ("b",)}, {"doubt": {"b": "skewed"}}):
        gaps = found(values, **keys)
        assert gaps["selection_rate", "widened"].lower < 0
        assert sorted(gaps["selection_rate", "widened"].groups) == [["a"], ["c"]]
    assert found(values, outside=("b", "c")) == {}


def test_more_looks_ask_for_more() -> None:
    one = [
        change("g", group, "selection_rate", *pair, 900, None)
        for group, pair in (("a", (0.5, 0.5)), ("b", (0.45, 0.3)))
    ]
    alone = gap_changes(one, [slicing("g", ["a", "b"])], 0.95)[0].lower
    more = [change("h", group, "selection_rate", 0.5, 0.5, 900, None) for group in ("a", "b")]
    beside = gap_changes([*one, *more], [slicing("g", ["a", "b"]), slicing("h", ["a", "b"])], 0.95)[0].lower
    assert beside < alone


def test_nothing_changed_is_hardly_ever_found() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(60):
        drawn = {g: tuple(rng.binomial(400, 0.3, 2) / 400) for g in "abcd"}
        hits += any(gap.lower > 0 for gap in found(drawn, 400).values())
    assert hits <= 6


def test_estimates_of_one_group_compare_nothing() -> None:
    assert found({"a": (0.5, 0.6)}) == {}
