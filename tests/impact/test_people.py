"""Numbers of people: each is computed a second time, from the rows, by other code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from audit.config.deployment import CostsConfig
from audit.impact.concentration import concentration
from audit.impact.costs import costs_of
from audit.impact.harms import AGAINST, MISSED, WRONGLY_GIVEN, HarmRates
from audit.impact.people import Volume, affected
from audit.result import AffectedPeople
from tests.impact.helpers import drawn, sliced

YEAR = 50_000.0
ROWS = {
    "false_negative": lambda rows: (rows.y_true == "yes") & (rows.y_pred == "no"),
    "false_positive": lambda rows: (rows.y_true == "no") & (rows.y_pred == "yes"),
    "unfavourable": lambda rows: rows.y_pred == "no",
}
BASE = {
    "false_negative": lambda rows: rows.y_true == "yes",
    "false_positive": lambda rows: rows.y_true == "no",
    "unfavourable": lambda rows: rows.y_true.notna(),
}
HARMS = (MISSED, WRONGLY_GIVEN, AGAINST["benefit"])


def both_bounds(hits: float, n: float, alpha: float = 0.05) -> tuple[float, float]:
    """Wilson's interval; Clopper and Pearson's where hits or misses are few."""
    method = "wilson" if min(hits, n - hits) >= 15 else "beta"
    low, high = proportion_confint(hits, n, alpha=alpha, method=method)
    return float(low), float(high)


def by_group(lines: list[AffectedPeople]) -> dict[str, AffectedPeople]:
    return {" × ".join(line.group): line for line in lines}


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.harm)
def test_counts_rates_and_numbers_per_year_are_those_of_the_rows(harm: HarmRates) -> None:
    rows = drawn(1)
    found = by_group(affected(sliced(rows), Volume(YEAR, None), harm, "yes")[0])
    assert sorted(found) == ["a", "b", "c"]
    for name, line in found.items():
        mine = rows[rows.group == name]
        hits = int(ROWS[harm.harm](mine).sum())
        assert (line.n, line.in_sample) == (len(mine), hits)
        assert line.rate == pytest.approx(hits / len(mine))
        assert [line.lower, line.upper] == pytest.approx(both_bounds(hits, len(mine)))
        # Who belongs to the group and is harmed, among everybody: so the size of the group counts as unsure, too.
        low, high = both_bounds(hits, len(rows))
        assert line.per_year == pytest.approx(YEAR * hits / len(rows))
        assert [line.per_year_lower, line.per_year_upper] == pytest.approx([YEAR * low, YEAR * high])
        assert (line.note, line.doubt, line.share) == (None, None, None)


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.harm)
def test_the_best_group_is_held_against_by_bounds_for_all_pairs(harm: HarmRates) -> None:
    rows = drawn(2, rows=3000)
    lines, gain = affected(sliced(rows), Volume(None, None), harm, "yes")
    base, hits = rows[BASE[harm.harm](rows)], ROWS[harm.harm]
    n = base.groupby("group").size()
    k = base[hits(base)].groupby("group").size()
    rates = k / n
    best = rates.idxmin()
    found = by_group(lines)
    assert found[best].excess is None and gain is not None and gain.reference == [best]
    total, low, high = 0.0, 0.0, 0.0
    for name in set(rates.index) - {best}:
        excess = found[name].excess
        assert excess is not None and excess.reference == [best]
        assert excess.difference == pytest.approx(rates[name] - rates[best])
        assert excess.in_sample == pytest.approx(k[name] - n[name] * rates[best])
        assert excess.shortfall == max(0, int(np.ceil(k[name] - n[name] * rates[best] - 1e-9)))
        # Three groups, three pairs that might have been compared.
        bounds = confint_proportions_2indep(k[name], n[name], k[best], n[best], method="newcomb", alpha=0.05 / 3)
        assert [excess.difference_lower, excess.difference_upper] == pytest.approx(bounds)
        assert excess.in_sample_lower == pytest.approx(n[name] * bounds[0])
        assert (excess.per_year, excess.per_year_lower) == (None, None)
        total += excess.in_sample
        low += max(n[name] * bounds[0], 0.0)
        high += max(n[name] * bounds[1], 0.0)
    assert [gain.in_sample, gain.in_sample_lower, gain.in_sample_upper] == pytest.approx([total, low, high])


def test_excess_per_year_shares_the_level_with_how_many_it_may_befall() -> None:
    rows = drawn(3, rows=3000)
    found = by_group(affected(sliced(rows), Volume(YEAR, None), MISSED, "yes")[0])
    base = rows[rows.y_true == "yes"]
    n, k = base.groupby("group").size(), base[base.y_pred == "no"].groupby("group").size()
    best = (k / n).idxmin()
    for name in set(n.index) - {best}:
        excess = found[name].excess
        assert excess is not None and excess.per_year is not None
        assert excess.per_year == pytest.approx(YEAR * n[name] / len(rows) * excess.difference)
        low, high = confint_proportions_2indep(k[name], n[name], k[best], n[best], method="newcomb", alpha=0.025 / 3)
        few, many = (YEAR * end for end in both_bounds(n[name], len(rows), alpha=0.025 / 3))
        assert excess.per_year_lower == pytest.approx(low * (few if low >= 0 else many))
        assert excess.per_year_upper == pytest.approx(high * (many if high >= 0 else few))


def test_shares_of_the_configuration_replace_those_of_the_data() -> None:
    rows = drawn(4)
    shares = {"a": 0.5, "b": 0.5}
    found = by_group(affected(sliced(rows), Volume(YEAR, shares), WRONGLY_GIVEN, "yes")[0])
    for name, share in shares.items():
        mine = rows[rows.group == name]
        hits = int(ROWS["false_positive"](mine).sum())
        low, high = both_bounds(hits, len(mine))
        line = found[name]
        assert [line.per_year, line.per_year_lower, line.per_year_upper] == pytest.approx(
            [YEAR * share * rate for rate in (hits / len(mine), low, high)]
        )
        assert line.share == share
    assert (found["c"].per_year, found["c"].note) == (None, "no_share")
    # How many decisions are about a group is then known: the differences have the whole level.
    lines = by_group(affected(sliced(rows), Volume(YEAR, shares), AGAINST["benefit"], "yes")[0])
    for name in shares:
        excess = lines[name].excess
        if excess is not None:
            assert excess.difference_lower is not None
            assert excess.per_year_lower == pytest.approx(YEAR * 0.5 * excess.difference_lower)


def test_few_errors_have_exact_bounds() -> None:
    rows = pd.DataFrame({"group": "a", "y_true": ["yes"] * 40, "y_pred": ["no"] * 3 + ["yes"] * 37})
    rows = pd.concat([rows, rows.assign(group="b", y_pred="yes")], ignore_index=True)
    line = by_group(affected(sliced(rows), Volume(YEAR, None), MISSED, "yes")[0])["a"]
    exact = binomtest(3, 40).proportion_ci(0.95, "exact")
    assert [line.lower, line.upper] == pytest.approx([exact.low, exact.high])
    exact = binomtest(3, 80).proportion_ci(0.95, "exact")
    assert [line.per_year_lower, line.per_year_upper] == pytest.approx([YEAR * exact.low, YEAR * exact.high])


def test_counts_are_as_many_rows() -> None:
    rows = drawn(5)
    counted = rows.groupby(["group", "y_true", "y_pred"]).size().rename("count").reset_index()
    by_rows, by_counts = (affected(sliced(frame), Volume(YEAR, None), MISSED, "yes") for frame in (rows, counted))
    assert by_rows == by_counts


def test_weights_make_shares_and_intervals_those_of_the_population() -> None:
    rows = drawn(6).assign(weight=lambda frame: np.where(frame.group == "c", 10.0, 1.0))
    line = by_group(affected(sliced(rows), Volume(YEAR, None), MISSED, "yes")[0])["c"]
    hit = ROWS["false_negative"](rows) & (rows.group == "c")
    share = rows.weight[hit].sum() / rows.weight.sum()
    assert line.in_sample == int(hit.sum())
    assert line.per_year == pytest.approx(YEAR * share)
    # Fewer effective decisions than rows: a wider interval than equal weights would have.
    low, high = proportion_confint(share * len(rows), len(rows), method="wilson")
    assert line.per_year_lower is not None and line.per_year_upper is not None
    assert line.per_year_upper - line.per_year_lower > YEAR * (high - low)


def test_rows_of_a_cluster_count_as_the_cluster() -> None:
    few = drawn(7, rows=400)
    copies = pd.concat([few.assign(cluster=[str(i) for i in range(len(few))])] * 5, ignore_index=True)
    once = by_group(affected(sliced(few), Volume(YEAR, None), MISSED, "yes")[0])
    for name, line in by_group(affected(sliced(copies), Volume(YEAR, None), MISSED, "yes")[0]).items():
        assert line.in_sample == 5 * (once[name].in_sample or 0)
        assert line.per_year == pytest.approx(once[name].per_year)
        for now, then in (("per_year_lower", "per_year_upper"), ("lower", "upper")):
            width = getattr(line, then) - getattr(line, now)
            alone = getattr(once[name], then) - getattr(once[name], now)
            # As wide as of the clusters, and a little wider for the share of clusters without an error.
            assert alone <= width < 1.35 * alone


def test_several_classes_have_each_its_missed_and_its_wrongly_given() -> None:
    rng = np.random.default_rng(8)
    names = np.array(["x", "y", "z"])
    truth = rng.choice(names, 900)
    rows = pd.DataFrame({
        "group": rng.choice(["a", "b"], 900), "y_true": truth,
        "y_pred": np.where(rng.random(900) < 0.7, truth, rng.choice(names, 900)),
    })  # fmt: skip
    one = sliced(rows, classes=("x", "y", "z"))
    missed, given = 0, 0
    for cls in names:
        for name, line in by_group(affected(one, Volume(None, None), MISSED, cls)[0]).items():
            mine = rows[rows.group == name]
            assert line.in_sample == ((mine.y_true == cls) & (mine.y_pred != cls)).sum()
            assert line.note == "no_volume"
            missed += line.in_sample or 0
        given += sum(line.in_sample or 0 for line in affected(one, Volume(None, None), WRONGLY_GIVEN, cls)[0])
    # Whatever is missed of one class is wrongly given of another.
    assert missed == given == (rows.y_true != rows.y_pred).sum()


def test_what_is_undefined_says_why() -> None:
    rows = drawn(9)
    unlabelled = rows.assign(y_true=rows.y_true.where(rows.group != "a"))
    found = by_group(affected(sliced(unlabelled), Volume(YEAR, None), MISSED, "yes")[0])
    assert (found["a"].in_sample, found["a"].rate, found["a"].excess, found["a"].note) == (
        None,
        None,
        None,
        "no_labels",
    )
    without = rows.assign(y_true=rows.y_true.where(rows.group != "a", "no"))
    found = by_group(affected(sliced(without), Volume(YEAR, None), MISSED, "yes")[0])
    line = found["a"]
    assert (line.in_sample, line.rate, line.excess, line.note) == (0, 0.0, None, "no_positives")
    alone = rows.assign(cluster="one")
    line = by_group(affected(sliced(alone), Volume(YEAR, None), MISSED, "yes")[0])["a"]
    assert (line.doubt, line.lower, line.per_year_lower) == ("one_cluster", None, None)


def test_the_smallest_groups_share_of_errors() -> None:
    rows = drawn(10, groups=("a", "b", "c", "d"))
    found = concentration(sliced(rows))
    assert found is not None
    wrong = rows[rows.y_true != rows.y_pred]
    sizes = rows.groupby("group").size().sort_values()
    small = [name for name, upto in (sizes.cumsum() / len(rows)).items() if upto <= 0.2]
    assert found.groups == [[name] for name in small] and small
    hits = int(wrong.group.isin(small).sum())
    assert (found.errors, found.people_share) == (len(wrong), pytest.approx(sizes[small].sum() / len(rows)))
    assert found.errors_share == pytest.approx(hits / len(wrong))
    assert [found.lower, found.upper] == pytest.approx(both_bounds(hits, len(wrong)))
    assert [item.group for item in found.curve] == [[name] for name in sizes.index]
    errors = wrong.groupby("group").size()[sizes.index].cumsum() / len(wrong)
    assert [item.errors for item in found.curve] == pytest.approx(list(errors))
    nothing = concentration(sliced(rows.assign(y_pred=rows.y_true)))
    assert nothing is not None
    assert (nothing.errors, nothing.errors_share, nothing.note) == (0, None, "no_errors")


def test_costs_are_those_of_the_configuration() -> None:
    rows = drawn(11)
    lines = [
        line for harm in (MISSED, WRONGLY_GIVEN) for line in affected(sliced(rows), Volume(YEAR, None), harm, "yes")[0]
    ]
    both = costs_of(CostsConfig(false_negative=100, false_positive=7), lines, clustered=False)
    for cost in both:
        mine = rows[rows.group == cost.group[0]]
        value = np.where(ROWS["false_negative"](mine), 100, np.where(ROWS["false_positive"](mine), 7, 0))
        assert cost.in_sample == value.sum()
        assert cost.per_decision == pytest.approx(value.mean())
        assert cost.per_year == pytest.approx(YEAR * value.sum() / len(rows))
        # The mean cost of a decision, bounded as a mean: no wider than from the two bounds apart.
        half = 1.96 * value.std() / np.sqrt(len(mine))
        assert cost.lower is not None and cost.upper is not None
        assert cost.lower < cost.per_decision - 0.8 * half < cost.per_decision + 0.8 * half < cost.upper
    one = costs_of(CostsConfig(false_negative=100), lines, clustered=False)
    assert [cost.in_sample for cost in one] == [
        100.0 * (line.in_sample or 0) for line in lines if line.harm == "false_negative"
    ]
    assert costs_of(CostsConfig(), lines, clustered=False) == []
