"""People whom decisions harm: in the sample, and in a year of decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from audit.fairness.bounds.doubt import ONE_CLUSTER
from audit.fairness.bounds.inference import Estimates, Floats
from audit.fairness.compare.scope import name_of
from audit.fairness.compare.values import Values
from audit.fairness.metrics.sets import Where, rows
from audit.impact.excess import Compared, PerYear, compare_with_best
from audit.impact.grouped import Sliced, bounds_of, number
from audit.impact.harms import HarmRates
from audit.impact.joint import joint_shares
from audit.result.social import AffectedPeople, Gain


@dataclass(frozen=True)
class Volume:
    """How many decisions there are in a year, and about whom.

    Attributes
    ----------
    decisions
        In a year; None where nobody said.
    shares
        Group -> its share of the people, for one slicing; None: as in the data.
    """

    decisions: float | None
    shares: Mapping[str, float] | None


@dataclass(frozen=True)
class Scaled:
    """A number per year in every group, with its bounds at a tail; NaN where undefined.

    Attributes
    ----------
    sure
        It follows from the configuration alone.
    """

    value: Floats
    lower: Floats
    upper: Floats
    sure: bool = False


def scale(sliced: Sliced, volume: Volume, harm: HarmRates, cls: str, where: Where, tail: float) -> Scaled | None:
    """Say how many decisions of a kind there are in a year, in every group; None where nobody said how many in all.

    Parameters
    ----------
    where
        Which decisions are counted.
    tail
        Chance that each bound may miss it by.
    """
    if volume.decisions is None:
        return None
    if volume.shares is None:
        found = joint_shares(
            sliced.tally, sliced.codes(sliced.tally), len(sliced.groups), sliced.everybody, harm, cls, where
        )
        low, high = bounds_of(found, tail)
        return Scaled(volume.decisions * found.value, volume.decisions * low, volume.decisions * high)
    each = volume.decisions * np.array([volume.shares.get(name_of(group.values), np.nan) for group in sliced.groups])
    if where is rows:
        return Scaled(each, each, each, sure=True)
    metric = harm.of_all if where is not harm.base else harm.may_befall
    values = sliced.evaluate([metric], cls)[metric.name]
    low, high = bounds_of(_estimates(values), tail)
    return Scaled(each * values.value, each * low, each * high)


def affected(sliced: Sliced, volume: Volume, harm: HarmRates, cls: str) -> tuple[list[AffectedPeople], Gain | None]:
    """Count whom one kind of harm befalls in every group of a slicing, and hold the groups against the best one.

    Returns
    -------
    people, gain
        One line per group; who would gain under equal rates, None where no groups can be compared.
    """
    found = sliced.evaluate([harm.of_all, harm.of_base], cls)
    of_all, of_base = found[harm.of_all.name], found[harm.of_base.name]
    low, high = bounds_of(_estimates(of_all), sliced.alpha / 2)
    year = scale(sliced, volume, harm, cls, harm.both, sliced.alpha / 2)
    compared = _compared(sliced, volume, harm, cls, of_base)
    hits = harm.cells(sliced.tally.cells, cls, harm.both)
    codes = sliced.codes(sliced.tally)
    harmed = np.bincount(codes[hits], sliced.tally.cells["n"].to_numpy(np.float64)[hits], len(sliced.groups))
    lines = []
    for code, group in enumerate(sliced.groups):
        unknown = of_all.why[code]
        per_year = [None] * 3 if year is None else [number(a[code]) for a in (year.value, year.lower, year.upper)]
        share = None if volume.shares is None else volume.shares.get(name_of(group.values))
        excess = compared.of_group[code]
        lines.append(
            AffectedPeople(
                attributes=sliced.facts.attributes,
                group=group.values,
                harm=harm.harm,
                cls=cls,
                n=int(of_all.n[code]),
                in_sample=None if unknown else int(harmed[code]),
                rate=number(of_all.value[code]),
                lower=number(low[code]),
                upper=number(high[code]),
                share=share,
                per_year=per_year[0],
                per_year_lower=per_year[1],
                per_year_upper=per_year[2],
                excess=excess,
                note=unknown or _why(sliced, volume, code, share, of_base, compared),
                doubt=_doubt(of_all, code),
            )
        )
    return lines, compared.gain


def _compared(sliced: Sliced, volume: Volume, harm: HarmRates, cls: str, of_base: Values) -> Compared:
    """Where decisions of a year are estimated, each of both estimates may miss by half of what the level leaves."""
    if len(sliced.groups) < 2:
        return Compared([None] * len(sliced.groups), None)
    tail = sliced.alpha / 2
    base = scale(sliced, volume, harm, cls, harm.base, tail / 2 / len(sliced.groups))
    if base is None:
        return compare_with_best(sliced, of_base, harm.harm, cls, None, tail)
    year = PerYear(base.value, base.lower, base.upper, base.sure)
    return compare_with_best(sliced, of_base, harm.harm, cls, year, sliced.alpha if base.sure else tail)


def _why(
    sliced: Sliced, volume: Volume, code: int, share: float | None, of_base: Values, compared: Compared
) -> str | None:
    """Say what is missing of a group whose rate is known."""
    if volume.decisions is None:
        return "no_volume"
    if volume.shares is not None and share is None:
        return "no_share"
    if not sliced.facts.attributes or compared.of_group[code] is not None:
        return None
    if not sliced.groups[code].in_gaps:
        return "outside_gaps"
    if of_base.why[code]:
        return of_base.why[code]
    # The best group has no excess over itself.
    return None if compared.gain is not None else "none_to_compare"


def _estimates(values: Values) -> Estimates:
    return Estimates(values.value, values.effective, values.clusters)


def _doubt(values: Values, code: int) -> str | None:
    if np.isnan(values.value[code]):
        return None
    alone = values.clusters is not None and values.clusters[code] < 2
    return ONE_CLUSTER if alone else (values.doubt or [None] * (code + 1))[code]
