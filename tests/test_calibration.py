"""A short version of `benchmarks/calibration.py`, with fixed seeds: error rates of verdicts for every metric family.

At a true error rate of 5 %, more than 5 of 24 data sets would come up in less than 0.1 % of tries.
"""

from __future__ import annotations

import numpy as np
import pytest

from audit.fairness.bounds.class_means import LEAST_OF_A_CLASS
from audit.fairness.compare import frame
from benchmarks import calibration, calibration_classes, calibration_designs, calibration_score_changes
from benchmarks.designs import DESIGNS, Design
from benchmarks.several import SEVERAL

RUNS, MOST = 24, 5


@pytest.mark.parametrize("metric", calibration.APART)
def test_a_rule_at_the_true_gap_rarely_errs(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "FAMILY_DESIGNS", [([250, 60, 400], "250 + 60 + 400")])
    plain = calibration.true_gap
    monkeypatch.setattr(calibration, "true_gap", lambda groups, name: plain(groups, name, 100_000))
    for _, _, label, fail, passed in calibration.families(RUNS, {metric: calibration.APART[metric]}):
        assert fail.count <= MOST, label
        assert passed.count <= MOST, label


def test_proportions_keep_their_error_rates_and_beat_the_threshold() -> None:
    rng = np.random.default_rng(0)
    for sizes in ([100, 100], [333] * 6, [2000, 20, 8]):
        true = np.full(len(sizes), 0.3)
        none = calibration.proportions(rng, sizes, true, RUNS, is_ratio=False)
        assert none.fail.count <= MOST
        true[-1] += calibration.LIMIT if sizes[-1] > 10 else 0.0
        at = calibration.proportions(rng, sizes, true, RUNS, is_ratio=False)
        assert max(at.fail.count, at.passed.count) <= MOST
        assert at.naive.count > MOST
        assert at.covered.count >= RUNS - MOST


def test_clusters_enter_the_bounds() -> None:
    kind = calibration.Population(cluster_size=10, spread=0.2)
    groups, sizes = [kind] * 3, [300] * 3
    fail, _ = calibration._simulate(groups, sizes, "true_positive_rate", 0.0, RUNS, clustered=True)
    ignored, _ = calibration._simulate(groups, sizes, "true_positive_rate", 0.0, RUNS)
    assert fail.count <= MOST
    assert ignored.count > fail.count


def test_a_model_against_itself_rarely_fails() -> None:
    assert calibration.same_model(200).count <= 20


#: Without the slowest; of macro averages one.
AWKWARD = [
    design for design in DESIGNS[:-1] if design.metric != "macro_f1" or design.name.startswith("macro F1, ten c")
] + list(SEVERAL)


@pytest.mark.parametrize("design", AWKWARD, ids=lambda design: design.name)
def test_awkward_designs_rarely_err(design: Design, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "RESAMPLES", 200)
    at = calibration_designs.measure(design, "at", RUNS)
    assert max(at.failed.count, at.passed.count) <= MOST
    assert calibration_designs.measure(design, "none", RUNS // 2).above_zero.count <= MOST


@pytest.mark.parametrize("design", AWKWARD, ids=lambda design: design.name)
def test_bounds_of_a_design_give_the_verdict_of_a_whole_result(design: Design) -> None:
    rng = np.random.default_rng(4)
    for gap in design.gaps:
        frame = design.rows(rng, design.apart(gap))
        for limit in (0.0, design.limit):
            found = calibration_designs.status_of(*calibration_designs.bounded(design, frame), limit)
            assert found == calibration_designs.verdict(design, frame, limit)


@pytest.mark.parametrize(("metric", "clustered"), [("balanced_accuracy", False), ("macro_f1", True)])
def test_means_over_classes_rarely_err_where_a_class_is_rare(
    metric: str, clustered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame, "RESAMPLES", 200)
    for design in calibration_classes.designs(4, LEAST_OF_A_CLASS, metric, clustered=clustered):
        at = calibration_designs.measure(design, "at", RUNS)
        assert max(at.failed.count, at.passed.count) <= MOST, design.name


@pytest.mark.parametrize("metric", calibration_score_changes.METRICS)
def test_changes_of_scores_rarely_err(metric: str) -> None:
    margin = calibration_score_changes.true_change(metric, 0.6, 0.8, 200_000)
    fail, passed, _, _ = calibration_score_changes.verdicts(metric, 200, 0.6, 0.8, margin, RUNS)
    assert max(fail.count, passed.count) <= MOST
