"""Attacks on membership: equal to independent computations, at chance where nothing is remembered, found where planted.

`python -m benchmarks calibration_membership` looks at more designs, and at more data sets of each.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, norm
from sklearn.metrics import roc_auc_score, roc_curve

from audit.fairness.bounds.operating import operating
from audit.fairness.membership.attacks import attack
from audit.fairness.membership.signals import CLASS, DIFFICULTY, LOSS, confidence, signals_of
from audit.result import MembershipValue
from benchmarks.calibration_membership import Design, outcome


def rows(design: Design, seed: int = 0) -> pd.DataFrame:
    return design.draw(np.random.default_rng(seed))


def everybody(values: list[MembershipValue], name: str = LOSS) -> MembershipValue:
    return next(value for value in values if value.attack == name and not value.attributes)


@pytest.mark.parametrize("design", [Design(800, 1200, 1.0), Design(300, 500, 0.3, tied=True)])
def test_values_are_those_of_scikit_learn(design: Design) -> None:
    table = rows(design)
    found = everybody(attack(table, [], 0.95, 0).values)
    member, signal = table["member"].to_numpy(bool), -table["loss"].to_numpy()
    assert found.auc == pytest.approx(roc_auc_score(member, signal), rel=1e-12)
    named, right, _ = roc_curve(member, signal, drop_intermediate=False)
    for rate in found.rates:
        best = right[named <= rate.rate].max()
        assert rate.value == (pytest.approx(best, rel=1e-12) if design.held_out >= 1 / rate.rate else None)


def test_the_interval_is_that_of_delong_by_hand() -> None:
    """The variance of placements, written out over all pairs; Newcombe's interval of a share that has it."""
    table = rows(Design(120, 150, 0.6))
    found = everybody(attack(table, [], 0.95, 0).values)
    signal, member = -table["loss"].to_numpy(), table["member"].to_numpy(bool)
    pairs = np.sign(signal[member][:, None] - signal[~member][None, :]) / 2 + 0.5
    auc = pairs.mean()
    variance = pairs.mean(1).var(ddof=1) / member.sum() + pairs.mean(0).var(ddof=1) / (~member).sum()
    size = auc * (1 - auc) / variance
    assert found.effective_n == pytest.approx(size, rel=1e-9)
    z = norm.isf(0.025)
    middle = (auc + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(auc * (1 - auc) / size + z**2 / (4 * size**2))
    assert (found.lower, found.upper) == pytest.approx((middle - half, middle + half), rel=1e-9)


def test_clusters_count() -> None:
    alone, together = Design(600, 600), Design(600, 600, cluster=6)
    table = rows(together)
    wide = everybody(attack(table, [], 0.95, 0).values)
    narrow = everybody(attack(table.assign(cluster=None), [], 0.95, 0).values)
    assert wide.auc == narrow.auc
    assert (wide.effective_n or 0) < (narrow.effective_n or 0)
    assert (wide.member_cluster, narrow.member_cluster) != (1.0, 1.0)
    assert (wide.rates[0].upper or 0) > (narrow.rates[0].upper or 1)
    assert everybody(attack(rows(alone), [], 0.95, 0).values).member_cluster == 1.0


def test_bounds_of_a_rate_are_those_of_its_definition() -> None:
    """The threshold's rank by summing the beta distribution, then Clopper and Pearson, as the text says."""
    rng = np.random.default_rng(3)
    members, held_out = rng.normal(1.0, 1.0, 400), rng.normal(0.0, 1.0, 900)
    lower, upper = operating(0.01, members, held_out).bounds(0.025)
    highest = np.sort(held_out)[::-1]
    low = max(k for k in range(1, 900) if beta.sf(0.01, k, 900 - k + 1) <= 0.0125)
    high = min(k for k in range(1, 900) if beta.cdf(0.01, k, 900 - k + 1) <= 0.0125)
    above, reached = (members > highest[low - 1]).sum(), (members >= highest[high - 1]).sum()
    assert lower == pytest.approx(beta.ppf(0.0125, above, 400 - above + 1), rel=1e-9)
    assert upper == pytest.approx(beta.isf(0.0125, reached + 1, 400 - reached), rel=1e-9)


@pytest.mark.parametrize("shift", [0.0, 1.5, 5.0])
def test_bounds_of_a_rate_hold_it(shift: float) -> None:
    rng, true = np.random.default_rng(4), norm.cdf(shift - norm.isf(0.01))
    held = 0
    for _ in range(100):
        low, high = operating(0.01, rng.normal(shift, 1.0, 500), rng.normal(0.0, 1.0, 500)).bounds(0.025)
        held += low <= true <= high
    assert held >= 95


def test_a_model_that_remembers_nothing_is_at_chance() -> None:
    found = outcome(Design(400, 400), 100, seed=1, by=())
    assert found.auc >= 95
    assert found.one_percent >= 95
    assert found.above <= 5
    assert outcome(Design(300, 300), 20, seed=2).named <= 3


def test_a_planted_group_is_found_and_its_size_too() -> None:
    found = attack(rows(Design(1500, 1500, 0.2, more=0.8)), ["g"], 0.95, 0)
    clear = [pair for pair in found.pairs if pair.holm_p < 0.05 and pair.attack == LOSS]
    assert {tuple(pair.high_group) for pair in clear} == {("a",)}
    assert {tuple(pair.low_group) for pair in clear} == {("b",), ("c",)}
    true = norm.cdf(1.0 / 2**0.5) - norm.cdf(0.2 / 2**0.5)
    for pair in clear:
        assert pair.lower <= true <= pair.upper
        assert pair.p_value <= pair.holm_p
    assert found.comparisons == 6


def test_classes_of_other_difficulty_hide_members_that_calibration_finds() -> None:
    rng = np.random.default_rng(0)
    table = rows(Design(1000, 1000, 1.0))
    hard = rng.random(len(table)) < 0.5
    table["label"] = np.where(hard, "hard", "easy")
    table["loss"] = np.logaddexp(0.0, np.log(np.expm1(table["loss"])) + 8.0 * hard)
    values = attack(table, [], 0.95, 0).values
    assert (everybody(values, CLASS).lower or 0) > (everybody(values, LOSS).upper or 1)
    assert (everybody(values, CLASS).auc or 0) == pytest.approx(norm.cdf(1.0 / 2**0.5), abs=0.03)


def test_a_reference_corrects_for_difficulty() -> None:
    table = rows(Design(1000, 1000, 1.0))
    difficulty = np.random.default_rng(5).exponential(5.0, len(table))
    table["loss"] += difficulty
    table["reference_loss"] = difficulty + np.random.default_rng(6).exponential(0.1, len(table))
    table["outlier"] = difficulty > np.quantile(difficulty, 0.9)
    found = attack(table, [], 0.95, 0)
    assert found.attacks == [LOSS, CLASS, DIFFICULTY]
    assert (everybody(found.values, DIFFICULTY).lower or 0) > (everybody(found.values, LOSS).upper or 1)
    assert {(value.attack, *value.group) for value in found.outliers} == {
        (name, group) for name in found.attacks for group in ("outlier", "rest")
    }


def test_what_cannot_be_known_has_a_reason() -> None:
    table = rows(Design(50, 60))
    table["group:g"] = np.where(table["member"] & (table.index < 10), "new", table["group:g"])
    found = attack(table, ["g"], 0.95, 0)
    new = next(value for value in found.values if value.group == ["new"] and value.attack == LOSS)
    assert (new.auc, new.note, new.held_out) == (None, "no_held_out", 0)
    assert {rate.note for value in found.values for rate in value.rates} == {"held_out_too_few"}
    lonely = attack(table[~table["member"]].reset_index(drop=True), [], 0.95, 0)
    assert {value.note for value in lonely.values} == {"no_members"}
    assert lonely.roc[0].false_positive == []


def test_a_loss_of_nothing_and_a_loss_without_end_are_ranked() -> None:
    loss = np.array([0.0, 1e-300, 1e-30, 1e-3, 1.0, 700.0, 5000.0])
    assert np.isfinite(confidence(loss)).all()
    assert (np.diff(confidence(loss)) <= 0).all()
    assert confidence(np.array([np.log(2.0)]))[0] == pytest.approx(0.0, abs=1e-12)


def test_calibration_never_looks_at_who_is_a_member() -> None:
    """Within a fold, members and others are held against the same rows; swapping two rows of one fold swaps signals."""
    rng = np.random.default_rng(2)
    loss, member = rng.exponential(1.0, 400), np.arange(400) < 200
    labels = np.array(["a", "b"] * 200, dtype=object)
    fold = np.random.default_rng(0).permutation(400) % 5
    first = next(i for i in range(200) if labels[i] == "a")
    second = next(i for i in range(200, 400) if labels[i] == "a" and fold[i] == fold[first])
    swapped = loss.copy()
    swapped[[first, second]] = loss[[second, first]]
    before = signals_of(loss, member, labels, None, 0)[CLASS]
    after = signals_of(swapped, member, labels, None, 0)[CLASS]
    assert after[first] == pytest.approx(before[second])
    assert after[second] == pytest.approx(before[first])
