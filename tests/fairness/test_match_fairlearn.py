"""Every value from cells equals Fairlearn's and scikit-learn's on the raw rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fm
from sklearn import metrics as sm

from tests.fairness.helpers import ask, compare_rows, gap, values


def rows(n: int, classes: str, groups: str, seed: int, weighted: bool) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": rng.choice(list(groups), n), "y_true": rng.choice(list(classes), n)})
    right = rng.random(n) < 0.6
    frame["y_pred"] = np.where(right, frame["y_true"], rng.choice(list(classes), n))
    frame["score"] = rng.random(n).round(3)
    frame["weight"] = rng.uniform(0.2, 3, n) if weighted else 1.0
    return frame


@pytest.mark.parametrize("weighted", [False, True])
def test_binary(weighted: bool) -> None:
    frame = rows(700, "nY", "abcd", 3, weighted)
    done = compare_rows(frame, ["g"], ask(["Y", "n"], "Y", scored=True))
    t, p = (frame["y_true"] == "Y").astype(int), (frame["y_pred"] == "Y").astype(int)
    theirs = {
        "selection_rate": fm.selection_rate,
        "true_positive_rate": fm.true_positive_rate,
        "false_positive_rate": fm.false_positive_rate,
        "true_negative_rate": fm.true_negative_rate,
        "false_negative_rate": fm.false_negative_rate,
        "precision": sm.precision_score,
        "f1_score": sm.f1_score,
        "accuracy": sm.accuracy_score,
        "balanced_accuracy": sm.balanced_accuracy_score,
    }
    params = {name: {"sample_weight": frame["weight"]} for name in theirs}
    reference = fm.MetricFrame(metrics=theirs, y_true=t, y_pred=p, sensitive_features=frame["g"], sample_params=params)
    for name in theirs:
        ours = values(done, name)
        for group, value in reference.by_group[name].items():
            assert ours[group] == pytest.approx(value, abs=1e-12)
        assert gap(done, name, "difference").value == pytest.approx(reference.difference()[name], abs=1e-12)
        assert gap(done, name, "ratio").value == pytest.approx(reference.ratio()[name], abs=1e-12)
    given = {"y_true": t, "y_pred": p, "sensitive_features": frame["g"], "sample_weight": frame["weight"]}
    for criterion in ("demographic_parity", "equalized_odds", "equal_opportunity"):
        for aggregate in ("difference", "ratio"):
            expected = getattr(fm, f"{criterion}_{aggregate}")(**given)
            assert gap(done, criterion, aggregate).value == pytest.approx(expected, abs=1e-12)
    mean = {group: np.average(d["score"], weights=d["weight"]) for group, d in frame.groupby("g")}
    for group, value in values(done, "mean_prediction").items():
        assert value == pytest.approx(mean[group], abs=1e-12)
    for name, value in values(done, "false_omission_rate").items():
        here = (frame["g"] == name) & (p == 0)
        assert value == pytest.approx(np.average(t[here], weights=frame["weight"][here]), abs=1e-12)
    for name, value in values(done, "false_discovery_rate").items():
        here = (frame["g"] == name) & (p == 1)
        assert value == pytest.approx(np.average(1 - t[here], weights=frame["weight"][here]), abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_multi_class(weighted: bool) -> None:
    frame = rows(900, "xyz", "ab", 5, weighted)
    done = compare_rows(frame, ["g"], ask(["x", "y", "z"], None))
    for group, part in frame.groupby("g"):
        t, p, w = part["y_true"], part["y_pred"], part["weight"]
        expected = {
            "accuracy": sm.accuracy_score(t, p, sample_weight=w),
            "balanced_accuracy": sm.balanced_accuracy_score(t, p, sample_weight=w),
            "macro_f1": sm.f1_score(t, p, average="macro", sample_weight=w),
            "macro_precision": sm.precision_score(t, p, average="macro", sample_weight=w),
            "worst_class_recall": sm.recall_score(t, p, average=None, sample_weight=w).min(),
        }
        for name, value in expected.items():
            assert values(done, name)[group] == pytest.approx(value, abs=1e-12)
        precision, recall, f1, support = sm.precision_recall_fscore_support(t, p, sample_weight=w)
        for i, cls in enumerate("xyz"):
            report = next(r for r in done.class_reports if r.group == [group] and r.cls == cls)
            got = (report.precision, report.recall, report.f1_score)
            assert got == pytest.approx((precision[i], recall[i], f1[i]), abs=1e-12)
            assert report.support == (t == cls).sum()
            assert values(done, "true_positive_rate", cls)[group] == pytest.approx(recall[i], abs=1e-12)
            if not weighted:
                assert report.support == support[i]


def test_counts_are_rows() -> None:
    frame = rows(300, "01", "ab", 1, weighted=False)
    counted = frame.groupby(["g", "y_true", "y_pred"], as_index=False).size().rename(columns={"size": "count"})
    question = ask(["0", "1"], "1")
    from_rows, from_counts = compare_rows(frame, ["g"], question), compare_rows(counted, ["g"], question)
    assert [(m.group, m.metric, m.n) for m in from_rows.metrics] == [
        (m.group, m.metric, m.n) for m in from_counts.metrics
    ]
    for ours, theirs in zip(from_rows.metrics, from_counts.metrics, strict=True):
        assert (ours.value, ours.lower, ours.upper) == pytest.approx(
            (theirs.value, theirs.lower, theirs.upper), abs=1e-12
        )


def test_without_labels_only_what_needs_none() -> None:
    frame = rows(100, "01", "ab", 1, weighted=False).assign(y_true=None)
    done = compare_rows(frame, ["g"], ask(["0", "1"], "1", labelled=False))
    assert {item.metric for item in done.metrics} == {"selection_rate"}
    assert {item.metric for item in done.disparities} == {"demographic_parity", "selection_rate"}


def test_unlabelled_rows_enter_only_metrics_that_need_none() -> None:
    frame = pd.DataFrame({"g": list("aabb"), "y_true": ["1", None, "1", "0"], "y_pred": ["1", "0", "1", "1"]})
    done = compare_rows(frame, ["g"], ask(["0", "1"], "1"))
    assert values(done, "selection_rate") == {"a": 0.5, "b": 1.0}
    assert values(done, "accuracy") == {"a": 1.0, "b": 0.5}
    assert next(m.n for m in done.metrics if m.metric == "accuracy" and m.group == ["a"]) == 1
