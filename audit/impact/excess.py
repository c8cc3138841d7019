"""How many more are harmed than if every group were treated as the one that is treated best.

The best group is the one that happens to have the lowest rate among those of which enough is known, so it is chosen by
the data. The bounds of each difference hold for all pairs that this choice looked at (Bonferroni): whichever group came
out best, they cover.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import Estimates, Floats, contrast
from audit.fairness.compare.values import Values
from audit.impact.grouped import Sliced, number
from audit.result.social import Excess, Gain, Harm

#: A group with a smaller share of the decisions that can be looked at is no reference, as in tables of adverse impact.
LEAST_SHARE = 0.02


@dataclass(frozen=True)
class PerYear:
    """How many decisions of a year a harm may befall, in every group.

    Attributes
    ----------
    value, lower, upper : array of shape (groups,)
        Decisions in a year. NaN where undefined.
    sure
        They are known and not estimated.
    """

    value: Floats
    lower: Floats
    upper: Floats
    sure: bool


@dataclass(frozen=True)
class Compared:
    """Excess of each group, None where there is none; and who would gain under equal rates."""

    of_group: list[Excess | None]
    gain: Gain | None


def compare_with_best(
    sliced: Sliced, values: Values, harm: Harm, cls: str, year: PerYear | None, tail: float
) -> Compared:
    """Hold the rate of every group against the lowest one.

    Parameters
    ----------
    values
        Share of those whom the harm may befall, in every group.
    year
        How many these are in a year; None where nobody said how many decisions there are.
    tail
        Chance of missing that bounds of a number per year leave to the differences; one minus the level, where `year`
        is sure.
    """
    none: list[Excess | None] = [None] * len(sliced.groups)
    codes = sliced.compared
    codes = codes[~np.isnan(values.value[codes])]
    if len(codes) < 2:
        return Compared(none, None)
    size = values.effective[codes]
    eligible = np.flatnonzero(size >= max(EVIDENCE_FLOOR, LEAST_SHARE * float(size.sum())))
    if not len(eligible):
        return Compared(none, None)
    at = min(eligible.tolist(), key=lambda i: (values.value[codes[i]], -size[i]))
    pairs = math.comb(len(eligible), 2) + len(eligible) * (len(codes) - len(eligible))
    estimates = values.among(codes)
    sample = _differences(estimates, at, sliced.alpha / 2 / pairs)
    yearly = _differences(estimates, at, tail / 2 / pairs)
    found: list[Excess] = []
    for i, code in enumerate(codes.tolist()):
        if i == at:
            continue
        doubts = [(values.doubt or [])[side] for side in (code, int(codes[at]))]
        doubt = next((code for code in doubts if code), None)
        difference = float(estimates.value[i] - estimates.value[at])
        low, high = (None, None) if doubt else (number(sample[0][i]), number(sample[1][i]))
        n = int(values.n[code])
        bounds = (None, None) if doubt else _times(year, code, number(yearly[0][i]), number(yearly[1][i]))
        found.append(
            Excess(
                reference=sliced.groups[int(codes[at])].values,
                n=n,
                rate=float(estimates.value[i]),
                reference_rate=float(estimates.value[at]),
                difference=difference,
                difference_lower=low,
                difference_upper=high,
                in_sample=n * difference,
                in_sample_lower=None if low is None else n * low,
                in_sample_upper=None if high is None else n * high,
                shortfall=max(0, math.ceil(n * difference - 1e-9)),
                per_year=None if year is None else number(year.value[code] * difference),
                per_year_lower=bounds[0],
                per_year_upper=bounds[1],
                doubt=doubt,
            )
        )
        none[code] = found[-1]
    return Compared(none, _gain(sliced, none, harm, cls))


def _differences(estimates: Estimates, at: int, tail: float) -> tuple[Floats, Floats]:
    lower, upper = contrast(estimates, tail)
    lone = np.zeros(len(estimates.value), bool) if estimates.clusters is None else estimates.clusters < 2
    lone = lone | lone[at]
    return np.where(lone, np.nan, lower[:, at]), np.where(lone, np.nan, upper[:, at])


def _times(year: PerYear | None, code: int, low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """Bounds of a difference times a number of decisions, from bounds of both."""
    if year is None or low is None or high is None:
        return None, None
    few, many = year.lower[code], year.upper[code]
    return number(low * (few if low >= 0 else many)), number(high * (many if high >= 0 else few))


def _gain(sliced: Sliced, excess: list[Excess | None], harm: Harm, cls: str) -> Gain | None:
    """Add up over the groups what equal rates would change: bounds that hold at once may be added."""
    known = [(group.values, item) for group, item in zip(sliced.groups, excess, strict=True) if item is not None]
    if not known:
        return None

    def total(name: str) -> float | None:
        numbers = [getattr(item, name) for _, item in known]
        return None if None in numbers else float(sum(max(value, 0.0) for value in numbers))

    gaining = sorted(((item.in_sample, group) for group, item in known if item.in_sample > 0), reverse=True)
    return Gain(
        attributes=sliced.facts.attributes,
        harm=harm,
        cls=cls,
        reference=known[0][1].reference,
        groups=[group for _, group in gaining],
        **{
            f"{where}{end}": total(f"{where}{end}")
            for where in ("in_sample", "per_year")
            for end in ("", "_lower", "_upper")
        },
    )
