"""Scores in the tally: exact where nothing is binned, a stated error where it is, and standard errors that hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sm

from audit.fairness import scores as scores_module
from audit.fairness.bounds.score_metrics import group_scores, ranking
from audit.fairness.compare.disparities import compare
from audit.fairness.compare.score_report import score_report
from audit.fairness.scores import bin_of, tally_scores
from audit.fairness.tally import Slicing, tally_decisions
from audit.result import CalibrationBin
from tests.fairness.helpers import ask, compare_rows, decisions, gap, values

RANKING = ("auc", "bpsn_auc", "bnsp_auc")
ERRORS = ("mean_prediction", "mean_absolute_error", "mean_squared_error", "log_loss")


def rows(n: int, seed: int, *, weighted: bool = False, shift: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    score = 1 / (1 + np.exp(-rng.normal(shift * (y - 0.5), 1.0)))
    frame = pd.DataFrame({"g": rng.choice(list("abc"), n), "y_true": y.astype(str), "score": score})
    frame["y_pred"] = (score >= 0.5).astype(int).astype(str)
    frame["weight"] = rng.uniform(0.5, 2, n) if weighted else 1.0
    return frame


@pytest.mark.parametrize("weighted", [False, True])
def test_every_metric_of_scores_is_fairlearns_on_the_rows(weighted: bool) -> None:
    frame = rows(900, 4, weighted=weighted)
    done = compare_rows(frame, ["g"], ask(["0", "1"], "1", (*ERRORS, "auc"), scored=True))
    y, s, w = frame["y_true"].astype(int), frame["score"], frame["weight"]
    theirs = {
        "mean_absolute_error": sm.mean_absolute_error,
        "mean_squared_error": sm.mean_squared_error,
        "log_loss": lambda y, s, sample_weight: sm.log_loss(y, s, sample_weight=sample_weight, labels=[0, 1]),
        "auc": sm.roc_auc_score,
    }
    params = {name: {"sample_weight": w} for name in theirs}
    reference = MetricFrame(metrics=theirs, y_true=y, y_pred=s, sensitive_features=frame["g"], sample_params=params)
    for name in theirs:
        for group, value in reference.by_group[name].items():
            assert values(done, name)[group] == pytest.approx(value, abs=1e-12)
        assert gap(done, name, "difference").value == pytest.approx(reference.difference()[name], abs=1e-12)


def test_subgroup_aucs_are_borkans() -> None:
    frame = rows(900, 5)
    done = compare_rows(frame, ["g"], ask(["0", "1"], "1", RANKING, scored=True))
    y, s, inside = frame["y_true"].astype(int), frame["score"], frame["g"] == "a"
    kept = {
        "bpsn_auc": (inside & (y == 0)) | (~inside & (y == 1)),
        "bnsp_auc": (inside & (y == 1)) | (~inside & (y == 0)),
    }
    for name, mask in kept.items():
        assert values(done, name)["a"] == pytest.approx(sm.roc_auc_score(y[mask], s[mask]), abs=1e-12)


def test_binning_keeps_its_stated_error(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = rows(4000, 6)
    question = ask(["0", "1"], "1", RANKING, scored=True)
    exact = compare_rows(frame, ["g"], question)
    monkeypatch.setattr(scores_module, "MOST_DISTINCT", 50)
    binned = compare_rows(frame, ["g"], question)
    from audit.fairness.compare.score_report import score_report

    report = score_report(binned.scores, binned.slicing, 0.05)
    assert not report.exact
    assert 0 < report.binning_error < 0.01
    for name in RANKING:
        for group, value in values(exact, name).items():
            assert abs(values(binned, name)[group] - value) <= 2 * report.binning_error


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40))
def test_bins_rise_with_the_score_and_every_hundredth_starts_one(score: list[float]) -> None:
    ordered = np.sort(np.array(score))
    assert (np.diff(bin_of(ordered)) >= 0).all()
    edges = np.arange(1, 100) / 100
    assert (bin_of(edges) > bin_of(edges - 1e-6)).all()


def delong(positive: np.ndarray, negative: np.ndarray) -> tuple[float, float]:
    """AUC and DeLong's variance, from all pairs."""
    wins = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    v10, v01 = wins.mean(1), wins.mean(0)
    return wins.mean(), v10.var(ddof=1) / len(positive) + v01.var(ddof=1) / len(negative)


def test_the_error_of_an_auc_is_delongs() -> None:
    frame = rows(600, 7)
    slicing = Slicing(("g",))
    (tally,) = tally_scores([decisions(frame, ["g"])], [slicing], "1")
    code = {group: i for i, group in enumerate("abc")}
    grouped = group_scores(
        tally, tally.sums["group:g"].map(code).to_numpy(), tally.counts["group:g"].map(code).to_numpy(), 3
    )
    found = ranking(grouped, "auc")
    for group, i in code.items():
        mine = frame[frame["g"] == group]
        s, y = mine["score"].to_numpy(), mine["y_true"].to_numpy()
        auc, variance = delong(s[y == "1"], s[y == "0"])
        assert found.value[i] == pytest.approx(auc, abs=1e-12)
        assert found.error[i] ** 2 == pytest.approx(variance, rel=1e-9)


def test_background_shared_by_groups_ties_their_aucs_together() -> None:
    """Correlation of BPSN AUCs between groups, against many simulated data sets."""
    found = []
    for seed in range(150):
        frame = rows(240, 100 + seed)
        done = compare_rows(frame, ["g"], ask(["0", "1"], "1", ("bpsn_auc",), scored=True))
        found.append((list(values(done, "bpsn_auc").values()), done.correlations[0].matrix[0][1]))
    seen = np.corrcoef(np.array([value for value, _ in found]).T)[0, 1]
    said = np.mean([r for _, r in found])
    assert said == pytest.approx(seen, abs=0.15)


def test_the_error_of_a_mean_is_its_spread_over_many_samples() -> None:
    means, errors = [], []
    for seed in range(80):
        done = compare_rows(rows(400, 300 + seed), ["g"], ask(["0", "1"], "1", ("log_loss",), scored=True))
        mine = next(v for v in done.metrics if v.group == ["a"])
        means.append(mine.value)
        errors.append(mine.standard_error)
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.25)


def test_parts_add_up_whatever_the_batches() -> None:
    frame = rows(500, 8)
    table = decisions(frame, ["g"])
    whole = tally_scores([table], [Slicing(("g",))], "1")[0]
    parts = tally_scores([table.slice(i, 50) for i in range(0, 500, 50)], [Slicing(("g",))], "1")[0]
    for column in ("n", "w", "score", "logloss", "truth2"):
        ours = parts.sums.groupby("group:g")[column].sum().to_numpy()
        np.testing.assert_allclose(ours, whole.sums.groupby("group:g")[column].sum().to_numpy())
    pd.testing.assert_frame_equal(parts.counts, whole.counts)


def test_perfect_ranking_is_not_certainty() -> None:
    frame = pd.DataFrame({"g": ["a"] * 30 + ["b"] * 30, "y_true": ["0", "1"] * 30, "y_pred": "0"})
    frame["score"] = np.where(frame["y_true"] == "1", 0.9, 0.1)
    done = compare_rows(frame, ["g"], ask(["0", "1"], "1", ("auc",), scored=True))
    mine = next(v for v in done.metrics if v.group == ["a"])
    assert mine.value == 1.0
    assert mine.lower is not None
    assert mine.lower < 0.85


def test_one_label_only_has_no_auc() -> None:
    frame = rows(90, 9)
    frame.loc[frame["g"] == "a", "y_true"] = "1"
    done = compare_rows(frame, ["g"], ask(["0", "1"], "1", ("auc",), scored=True))
    assert {v.group[0]: v.note for v in done.metrics}["a"] == "one_label_only"


def regression(frame: pd.DataFrame) -> Any:
    from audit.fairness.compare.disparities import compare
    from audit.fairness.compare.question import Question
    from audit.fairness.metrics.choosing import choose_metrics
    from audit.fairness.tally import tally_decisions

    metrics, _ = choose_metrics((), outcome="number", labelled=True, scored=True)
    table, slicing = decisions(frame, ["g"]), Slicing(("g",))
    scores = tally_scores([table], [slicing], None)[0]
    return compare(tally_decisions([table], [slicing])[0], Question(metrics, [], [], None, 0.95), scores)


def test_regression_metrics_are_fairlearns_on_the_rows() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"g": rng.choice(list("ab"), 300), "y_value": rng.normal(10, 3, 300), "y_true": None})
    frame["score"] = frame["y_value"] + rng.normal(0, 1, 300)
    frame["y_pred"] = None
    done = regression(frame)
    theirs = {
        "mean_absolute_error": sm.mean_absolute_error,
        "mean_squared_error": sm.mean_squared_error,
        "r2_score": sm.r2_score,
    }
    reference = MetricFrame(
        metrics=theirs, y_true=frame["y_value"], y_pred=frame["score"], sensitive_features=frame["g"]
    )
    for name in theirs:
        for group, value in reference.by_group[name].items():
            assert values(done, name)[group] == pytest.approx(value, abs=1e-10)


def test_the_error_of_r_squared_is_its_spread() -> None:
    found, errors = [], []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"g": "a", "y_value": rng.normal(0, 1, 300), "y_true": None, "y_pred": None})
        frame["score"] = frame["y_value"] * 0.7 + rng.normal(0, 0.5, 300)
        value = next(v for v in regression(frame).metrics if v.metric == "r2_score")
        found.append(value.value)
        errors.append(value.standard_error)
    assert np.mean(errors) == pytest.approx(np.std(found), rel=0.25)


def test_calibration_and_sweeps_count_the_rows() -> None:
    frame = rows(800, 10)
    from audit.fairness.compare.score_report import THRESHOLDS, score_report

    done = compare_rows(frame, ["g"], ask(["0", "1"], "1", ("auc",), scored=True))
    report = score_report(done.scores, done.slicing, 0.05)
    mine = frame[frame["g"] == "a"]
    y, s = mine["y_true"].astype(int), mine["score"]
    group = next(item for item in report.groups if item.group == ["a"])
    for threshold, rate, tpr, fpr in zip(
        THRESHOLDS, group.selection_rate, group.true_positive_rate, group.false_positive_rate, strict=True
    ):
        assert rate == pytest.approx((s >= threshold).mean())
        assert (tpr, fpr) == pytest.approx(((s[y == 1] >= threshold).mean(), (s[y == 0] >= threshold).mean()))
    bins = np.minimum((s * 10).astype(int), 9)
    error = sum(
        (bins == b).mean() * abs(s[bins == b].mean() - y[bins == b].mean()) for b in range(10) if (bins == b).any()
    )
    assert group.calibration_error == pytest.approx(error)
    assert group.roc[0] == (0.0, 0.0)
    assert group.roc[-1] == (1.0, 1.0)


def test_chance_alone_explains_the_calibration_error_of_a_calibrated_model() -> None:
    from audit.fairness.compare.score_report import score_report

    errors, chances = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        s = rng.uniform(0, 1, 300)
        y = (rng.random(300) < s).astype(int).astype(str)
        frame = pd.DataFrame({"g": "a", "y_true": y, "y_pred": y, "score": s})
        done = compare_rows(frame, ["g"], ask(["0", "1"], "1", ("auc",), scored=True))
        group = score_report(done.scores, done.slicing, 0.05).groups[0]
        errors.append(group.calibration_error)
        chances.append(group.calibration_error_by_chance)
    assert np.mean(chances) == pytest.approx(np.mean(errors), rel=0.15)


def test_empty_batches_do_no_harm() -> None:
    empty = decisions(rows(3, 1), ["g"]).slice(0, 0)
    (tally,) = tally_scores([empty], [Slicing(("g",))], "1")
    assert tally.sums.empty


def test_calibration_bins_know_clusters() -> None:
    rng = np.random.default_rng(4)
    owner = np.repeat(np.arange(30), 20)
    positive = rng.random(30) < 0.5
    truth = np.where(positive[owner], "1", "0")
    frame = pd.DataFrame({"g": "a", "cluster": owner.astype(str), "score": 0.55, "y_pred": "1", "y_true": truth})

    def bin_of_all(*, clustered: bool) -> CalibrationBin:
        slicing = Slicing(("g",), (), clustered)
        tallied = tally_decisions([decisions(frame, ["g"])], [slicing])[0]
        (scores,) = tally_scores([decisions(frame, ["g"])], [slicing], "1")
        done = compare(tallied, ask(["0", "1"], "1", ("auc",), scored=True), scores)
        assert done.scores is not None
        assert done.slicing is not None
        report = score_report(done.scores, done.slicing, 0.05)
        assert report is not None
        return report.groups[0].calibration[5]

    together, apart = bin_of_all(clustered=True), bin_of_all(clustered=False)
    assert apart.effective_n == 600
    # All rows of a cluster agree: thirty decisions, whatever their rows.
    assert together.effective_n == pytest.approx(30, rel=0.3)
    assert (together.upper or 1) - (together.lower or 0) > 3 * ((apart.upper or 1) - (apart.lower or 0))


def test_aucs_within_controls_say_that_they_are_not_computed() -> None:
    frame = rows(200, 6).assign(k=np.arange(200) % 2)
    done = compare_rows(frame, ["g"], ask(["0", "1"], "1", ("auc",), scored=True), controls=["k"])
    assert {value.note for value in done.metrics if value.stratum} == {"not_within_controls"}
    assert {value.note for value in done.metrics if not value.stratum} == {None}


def test_decisions_that_weigh_nothing_calibrate_nothing() -> None:
    frame = rows(60, 8)
    frame.loc[frame["score"] >= 0.9, "score"] = 0.8
    frame.loc[len(frame)] = {"g": "a", "y_true": "1", "score": 0.95, "y_pred": "1", "weight": 0.0}
    done = compare_rows(frame, ["g"], ask(["0", "1"], "1", ("auc",), scored=True))
    assert done.scores is not None
    last = score_report(done.scores, done.slicing, 0.05).groups[0].calibration[-1]
    assert (last.n, last.weight, last.mean_score, last.positive_rate, last.lower) == (1, 0.0, None, None, None)
    without = compare_rows(frame[:-1], ["g"], ask(["0", "1"], "1", ("auc",), scored=True))
    assert without.scores is not None
    errors = [score_report(of.scores, of.slicing, 0.05).groups[0].calibration_error for of in (done, without)]
    assert errors[0] == pytest.approx(errors[1])


def test_scores_of_one_with_any_weights_have_a_mean_of_one() -> None:
    for seed in range(8):
        weight = np.random.default_rng(seed).choice([0.1, 3.25, 10, 0.7], 40)
        frame = pd.DataFrame({"g": "a", "y_true": ["0", "1"] * 20, "y_pred": "1", "score": 1.0, "weight": weight})
        done = compare_rows(frame, ["g"], ask(["0", "1"], "1", ("auc",), scored=True))
        assert done.scores is not None
        report = score_report(done.scores, done.slicing, 0.05)
        assert report is not None
        assert report.groups[0].calibration[-1].mean_score == pytest.approx(1)
        assert report.groups[0].calibration_error_by_chance == pytest.approx(0, abs=1e-6)
