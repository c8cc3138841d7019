"""Values of all groups and classes at once are those of Fairlearn and scikit-learn, one group at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.fairness.compare.frame import evaluate
from audit.fairness.compare.library import check_sample
from audit.fairness.compare.values import GroupedCells
from audit.fairness.metrics.definitions import Metric, known_metrics, of_several
from audit.fairness.metrics.forms import FIRST, SLOPES, worst_class_recall, worst_recall_of_labels

CLASSES = ["a", "b", "c"]
CLOSED = [metric for metric in known_metrics().values() if metric.closed and metric.scope in {"class", "all"}]


@st.composite
def cells(draw: st.DrawFn) -> pd.DataFrame:
    """Cells as a tally has them: missing labels, weights of zero, classes that do not occur."""
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 3),
                st.sampled_from([*CLASSES[: draw(st.integers(2, 3))], None]),
                st.sampled_from(CLASSES),
                st.integers(1, 40),
                st.sampled_from([0.0, 0.1, 0.7, 1.0, 1 / 3, 12.5]),
            ),
            min_size=1,
            max_size=30,
        )
    )
    frame = pd.DataFrame(rows, columns=["group", "y_true", "y_pred", "n", "weight"])
    frame["w"] = frame["n"] * frame["weight"]
    frame["w2"] = frame["w"] * frame["weight"]
    return frame


def one_by_one(metric: Metric, group: pd.DataFrame, cls: str | None) -> float | None:
    """What the library says of one group; None where some set that the metric needs is empty."""
    used = group[(group["w"] > 0) & (group["y_true"].notna() | (not metric.needs_labels))]
    codes = {c: i for i, c in enumerate(CLASSES)} if cls is None else {cls: 1}
    truth, predicted = (
        np.array([codes.get(v, -1 if cls is None else 0) for v in used[column]], int) for column in ("y_true", "y_pred")
    )
    if not len(used) or any(not where(truth, predicted).any() for where in metric.needs):
        return None
    if metric.every_class and len(set(truth)) < len(CLASSES):
        return None
    return float(metric.compute(truth, predicted, sample_weight=used["w"].to_numpy()))


@settings(max_examples=25, deadline=None)
@given(cells())
def test_closed_forms_are_the_library_in_every_group_and_class(frame: pd.DataFrame) -> None:
    grouped = GroupedCells(frame, frame["group"].to_numpy(np.int64), 4)
    for values in evaluate(grouped, CLOSED, classes=CLASSES, asked=CLASSES, alpha=0.05):
        for group in range(4):
            expected = one_by_one(values.metric, frame[frame["group"] == group], values.cls)
            assert (values.why[group] is None) == (expected is not None)
            if expected is None:
                assert np.isnan(values.value[group])
            else:
                assert values.value[group] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_value_that_is_not_the_librarys_stops_the_audit() -> None:
    frame = pd.DataFrame({"y_true": ["a", "b"], "y_pred": ["a", "a"], "n": [3, 1], "w": [3.0, 1.0], "w2": [3.0, 1.0]})
    coded = GroupedCells(frame, np.zeros(2, np.int64), 1).coded(["a", "b"])
    accuracy = known_metrics()["accuracy"]
    rng = np.random.default_rng(0)
    assert check_sample(coded, [accuracy], {"accuracy": np.array([0.75])}, groups=1, rng=rng).values == 1
    with pytest.raises(RuntimeError, match=r"accuracy is 0\.7 by its closed form"):
        check_sample(coded, [accuracy], {"accuracy": np.array([0.7])}, groups=1, rng=rng)


@pytest.mark.parametrize("form", SLOPES, ids=lambda form: form.__name__)
def test_slopes_are_the_change_of_the_form_when_a_cell_grows(form: object) -> None:
    rng = np.random.default_rng(3)
    table = rng.uniform(1, 9, (2, 4, 4))
    slope, step = SLOPES[form](table), 1e-6  # type: ignore[index]
    for i, j in np.ndindex(4, 4):
        up, down = table.copy(), table.copy()
        up[:, i, j] += step
        down[:, i, j] -= step
        change = (form(up) - form(down)) / (2 * step)  # type: ignore[operator]
        np.testing.assert_allclose(slope[:, i, j], change, rtol=1e-5, atol=1e-8)


def one_more(form: object, table: np.ndarray, i: int, j: int, step: float) -> np.ndarray:
    grown = table.copy()
    grown[:, i, j] += step
    return (form(grown) - form(table)) / step  # type: ignore[operator]


# The smallest recall rises no further than to the next one.
WORST = {worst_class_recall, worst_recall_of_labels}


@pytest.mark.parametrize("form", [f for f in SLOPES if f not in WORST], ids=lambda form: form.__name__)
def test_a_first_decision_of_a_class_moves_a_form_at_once(form: object) -> None:
    """A class that nobody has, nor was given, leaves the bounds of a change open, as one more decision shows."""
    table = np.array([[[30.0, 10.0, 0.0], [5.0, 25.0, 0.0], [0.0, 0.0, 0.0]], [[0, 0, 0], [0, 0, 0], [0, 3.0, 4.0]]])
    slope = SLOPES[form](table)  # type: ignore[index]
    for i, j in np.ndindex(3, 3):
        change = one_more(form, table[:1], i, j, FIRST * table[0].sum())
        np.testing.assert_allclose(slope[:1, i, j], change, rtol=1e-3, atol=1e-4)
    assert np.isfinite(slope).all()


def test_every_form_of_a_metric_has_a_slope() -> None:
    known = known_metrics().values()
    forms = {metric.form for metric in [*known, *map(of_several, known)] if metric.form is not None}
    assert forms == set(SLOPES)
