"""A short version of `benchmarks/calibration.py`, with fixed seeds: error rates of verdicts for every metric family.

At a true error rate of 5 %, more than 7 of 40 data sets would come up in less than 0.1 % of tries.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import calibration, calibration_designs

RUNS, MOST = 40, 7


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
        assert at.naive.count > 8
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


#: Weights, clusters across controls, clusters that carry all hits, rare classes.
@pytest.mark.parametrize("number", [0, 2, 4, 6])
def test_awkward_designs_rarely_err(number: int) -> None:
    design = calibration_designs.DESIGNS[number]
    gap = "at" if "at" in design.gaps else "none"
    ((_, share),) = calibration_designs.measure(replace(design, gaps=(gap,)), RUNS)
    assert round(share["fail"] * RUNS) <= MOST
    assert gap == "none" or round(share["pass"] * RUNS) <= MOST
