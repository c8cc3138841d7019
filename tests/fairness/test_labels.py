"""Several labels per row: what scikit-learn says of the 0/1 matrices, label by label and group by group."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics
from sklearn.exceptions import UndefinedMetricWarning

from audit.fairness.compare.adverse_impact import adverse_impact
from audit.fairness.compare.disparities import compare
from audit.fairness.compare.movement import movement
from audit.fairness.compare.paired import joint_batches, tally_pairs
from audit.fairness.compare.stratified import stratified_tests
from audit.fairness.metrics.definitions import known_metrics, of_several
from audit.fairness.tally import Slicing, kept_apart, tally_decisions
from audit.store.columns import control_column
from audit.store.decisions import decision_schema, several
from tests.fairness.several import NO_LABEL, SCHEMA, compared, labels, question, quickly, rows_of, slicing, value

NAMES = ["#anger", "joy", "joy 100%"]
CLASSES = [NO_LABEL, *NAMES]
ONE_VS_REST = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "false_negative_rate", "true_negative_rate",
    "precision", "false_discovery_rate", "false_omission_rate", "f1_score",
)  # fmt: skip
OVER_ALL = (
    "micro_precision", "micro_recall", "micro_f1", "macro_precision", "macro_recall", "macro_f1", "hamming_loss",
)  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, list[str], list[float]]:
    size = draw(st.integers(1, 12))
    matrix = st.lists(st.lists(st.integers(0, 1), min_size=3, max_size=3), min_size=size, max_size=size)
    groups = draw(st.lists(st.sampled_from("ab"), min_size=size, max_size=size))
    weights = draw(st.lists(st.sampled_from([0.25, 1.0, 3.5]), min_size=size, max_size=size))
    return np.array(draw(matrix)), np.array(draw(matrix)), groups, weights


@quickly()
@settings(max_examples=12, deadline=None)
@given(cases())
def test_numbers_are_scikit_learns_on_the_matrices(case: tuple[np.ndarray, np.ndarray, list[str], list[float]]) -> None:
    truth, predicted, groups, weights = case
    done = compared(
        "labels", labels(truth, predicted, NAMES), rows_of(groups, weights), CLASSES, (*ONE_VS_REST, *OVER_ALL)
    )
    assert done.checked.values > 0
    for group in sorted(set(groups)):
        mine = np.array(groups) == group
        t, p, w = truth[mine], predicted[mine], np.array(weights)[mine]
        tables = sklearn_metrics.multilabel_confusion_matrix(t, p, sample_weight=w)
        for name, ((tn, fp), (fn, tp)) in zip(NAMES, tables.astype(float), strict=True):
            shares = {
                "selection_rate": (tp + fp, tn + fp + fn + tp),
                "true_positive_rate": (tp, tp + fn),
                "false_negative_rate": (fn, tp + fn),
                "false_positive_rate": (fp, fp + tn),
                "true_negative_rate": (tn, fp + tn),
                "precision": (tp, tp + fp),
                "false_discovery_rate": (fp, tp + fp),
                "false_omission_rate": (fn, fn + tn),
                "f1_score": (2 * tp, 2 * tp + fp + fn),
            }
            for metric, (above, below) in shares.items():
                found = value(done, metric, group, name)
                assert found.value == (pytest.approx(above / below, abs=1e-12) if below else None), metric
        for metric, expected in over_all(t, p, w).items():
            found = value(done, metric, group)
            assert found.value == (None if expected is None else pytest.approx(expected, abs=1e-12)), metric


def over_all(t: np.ndarray, p: np.ndarray, w: np.ndarray) -> dict[str, float | None]:
    """What scikit-learn says of all labels; None where this tool says nothing rather than zero."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        micro, macro = (
            sklearn_metrics.precision_recall_fscore_support(t, p, average=kind, sample_weight=w)
            for kind in ("micro", "macro")
        )
    every_label = bool(t.any(0).all())
    return {
        "micro_precision": micro[0] if p.any() else None,
        "micro_recall": micro[1] if t.any() else None,
        "micro_f1": micro[2] if (t | p).any() else None,
        "macro_precision": macro[0] if every_label else None,
        "macro_recall": macro[1] if every_label else None,
        "macro_f1": macro[2] if every_label else None,
        "hamming_loss": sklearn_metrics.hamming_loss(t, p, sample_weight=w),
    }


def drawn(size: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    truth = (rng.random((size, 3)) < [0.5, 0.3, 0.1]).astype(int)
    predicted = np.where(rng.random((size, 3)) < 0.2, 1 - truth, truth)
    return truth, predicted, rng.choice(["a", "b"], size).tolist()


def test_a_label_has_the_bounds_of_an_audit_of_this_label_alone() -> None:
    """Rows are independent, and each has one decision about a label: nothing is lost to the other labels."""
    truth, predicted, groups = drawn()
    done = compared("labels", labels(truth, predicted, NAMES), rows_of(groups), CLASSES)
    one = labels(truth[:, 1:2], predicted[:, 1:2], ["joy"])
    table = several(rows_of(groups), one, decision_schema(["group"]))
    (tally,) = tally_decisions([table], [Slicing(("group",))])
    asked = question("labels", [NO_LABEL, "joy"], ONE_VS_REST)
    alone = compare(tally, asked)
    for metric in ("selection_rate", "true_positive_rate", "precision"):
        here, there = (value(found, metric, "a", "joy") for found in (done, alone))
        assert (here.n, here.value, here.lower, here.upper) == (there.n, there.value, there.lower, there.upper)
        assert here.clusters is None


def test_what_all_labels_say_together_knows_that_a_rows_decisions_belong_together() -> None:
    """A row of which every label is wrong at once is one mishap, and not three."""
    truth, _, groups = drawn()
    wrong = np.random.default_rng(1).random(len(truth)) < 0.2
    predicted = np.where(wrong[:, None], 1 - truth, truth)
    done = compared("labels", labels(truth, predicted, NAMES), rows_of(groups), CLASSES, ("hamming_loss", "micro_f1"))
    loss = value(done, "hamming_loss", "a")
    rows = groups.count("a")
    assert (loss.n, loss.clusters) == (3 * rows, rows)
    assert loss.effective_n == pytest.approx(rows, rel=0.01)
    assert value(done, "micro_f1", "a").effective_n < 1.2 * rows


def test_the_class_that_says_nothing_is_neither_asked_about_nor_reported() -> None:
    truth, predicted, groups = drawn(60)
    done = compared("labels", labels(truth, predicted, NAMES), rows_of(groups), CLASSES)
    assert {v.cls for v in done.metrics} == {None, *NAMES}
    assert {report.cls for report in done.class_reports} == set(NAMES)
    joy = next(report for report in done.class_reports if (report.cls, report.group) == ("joy", ["a"]))
    mine = np.array(groups) == "a"
    assert joy.support == truth[mine, 1].sum()
    assert joy.recall == pytest.approx(sklearn_metrics.recall_score(truth[mine, 1], predicted[mine, 1]))


def test_adverse_impact_is_that_of_the_labels_own_decisions() -> None:
    truth, predicted, groups = drawn()
    done = compared("labels", labels(truth, predicted, NAMES), rows_of(groups), CLASSES)
    assert len(done.selected) == 3
    selected = next(v for v in done.selected if v.cls == "joy")
    (row,) = adverse_impact(done.slicing, selected, 0.05)
    mine = np.array(groups) == row.group[0]
    assert (row.n, row.selected) == (mine.sum(), predicted[mine, 1].sum())
    assert row.fisher_p is not None


def test_stratified_tests_are_of_the_labels_own_decisions() -> None:
    truth, predicted, groups = drawn()
    rows = rows_of(groups).append_column(control_column("site"), [["x", "y"] * (len(groups) // 2)])
    schema = decision_schema(["group"], ["site"])
    found = []
    for columns, asked in ((slice(0, 3), slicing("labels", ("site",))), (slice(1, 2), Slicing(("group",), ("site",)))):
        table = several(rows, labels(truth[:, columns], predicted[:, columns], NAMES[columns]), schema)
        if asked.also == ():
            table = table.set_column(table.schema.get_field_index("cluster"), "cluster", [[None] * table.num_rows])
        (tally,) = tally_decisions([table], [asked])
        done = compare(tally, question("labels", CLASSES))
        found += stratified_tests(tally, done.slicing, "joy")
        adjusted = [v for v in done.adjusted if (v.metric, v.cls) == ("selection_rate", "joy")]
        found.append(tuple((v.group, v.n, pytest.approx(v.value, abs=1e-12)) for v in adjusted))
    assert found[0].counts
    assert found[:2] == found[2:]


def test_a_change_of_two_versions_is_that_of_the_labels_own_decisions() -> None:
    truth, before, groups = drawn()
    after = np.where(np.random.default_rng(2).random(truth.shape) < 0.3, truth, before)
    one = slice(1, 2)
    moved = {}
    for columns, also in ((slice(0, 3), kept_apart("labels")), (one, ())):
        versions = [
            several(rows_of(groups), labels(truth[:, columns], version[:, columns], NAMES[columns]), SCHEMA)
            for version in (after, before)
        ]
        pairs = joint_batches([(versions[0], versions[1])])
        (tally,) = tally_pairs(pairs, [Slicing(("group",), (), True, also)], None)
        codes = (tally.cells["group:group"] == "b").to_numpy(np.int64)
        for name in ("true_positive_rate", "f1_score", "selection_rate"):
            found = movement(tally, codes, 2, known_metrics()[name], {"joy": 1}).sketches
            assert found is not None
            moved.setdefault(name, []).append((found.mean, found.size))
        if also:
            for name, average in (("macro_f1", "macro"), ("micro_f1", "micro"), ("macro_recall", "macro")):
                metric = of_several(known_metrics()[name])
                found = movement(tally, codes, 2, metric, {cls: code for code, cls in enumerate(CLASSES)}).sketches
                score = sklearn_metrics.recall_score if "recall" in name else sklearn_metrics.f1_score
                for code, group in enumerate("ab"):
                    mine = np.array(groups) == group
                    scores = [score(truth[mine], version[mine], average=average) for version in (after, before)]
                    assert found.mean[code] == pytest.approx(scores[0] - scores[1], abs=1e-6)
    for here, there in moved.values():
        np.testing.assert_allclose(here, there, rtol=1e-9)
