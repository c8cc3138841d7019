"""Rates of counts with noise, with bounds that hold for sampling and noise together."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import beta

from audit.disclosure.outcomes import Share
from audit.disclosure.private.tables import Noisy, Values

#: Share of the error that the noise may have; the rest is for sampling.
OF_NOISE = 0.2


@dataclass(frozen=True)
class PrivateRate:
    """A rate.

    Attributes
    ----------
    n
        Decisions in its denominator, as the noise has it; none if that is negative.
    value
        None where the denominator is not positive.
    lower, upper
        Bounds of the rate that the sample was drawn from.
    """

    n: int
    value: float | None
    lower: float
    upper: float


def rate(table: Noisy, group: Values, share: Share, alpha: float, per_unit: int = 1) -> PrivateRate:
    """Estimate a rate.

    Of the error α, a part is given to the noise: but for that, the true numbers of hits and of misses lie within what
    the noise can be. The rest is given to sampling: Clopper and Pearson's bounds at the worst of those numbers. Both
    together miss with probability α at most.

    Parameters
    ----------
    alpha
        One minus the level of the bounds.
    per_unit
        Decisions of one cluster that were counted at most. They may all say the same, so the sample is taken to be
        so many times smaller.
    """
    misses_mask = share.base - share.hits
    hits, misses = table.sum(group, share.hits), table.sum(group, misses_mask)
    off_hits = table.largest(share.hits, alpha * OF_NOISE / 2)
    off_misses = table.largest(misses_mask, alpha * OF_NOISE / 2)
    left = alpha * (1 - OF_NOISE)
    lower = _lower(max(hits - off_hits, 0) / per_unit, max(misses + off_misses, 0) / per_unit, left / 2)
    upper = 1 - _lower(max(misses - off_misses, 0) / per_unit, max(hits + off_hits, 0) / per_unit, left / 2)
    n = hits + misses
    value = None if n <= 0 else min(max(hits / n, 0.0), 1.0)
    if value is not None:
        lower, upper = min(lower, value), max(upper, value)
    return PrivateRate(max(n, 0), value, lower, upper)


def _lower(hits: float, misses: float, alpha: float) -> float:
    """Clopper and Pearson's lower bound."""
    return 0.0 if hits <= 0 else float(beta.ppf(alpha, hits, misses + 1))


@dataclass(frozen=True)
class PrivateGap:
    """The widest difference, or the smallest ratio, of the rates of several groups."""

    value: float
    lower: float
    upper: float
    low: Values
    high: Values


def gap(rates: dict[Values, PrivateRate], aggregate: str) -> PrivateGap | None:
    """Compare groups; None of fewer than two that have a rate.

    Parameters
    ----------
    rates
        With bounds that hold for all groups at once.
    aggregate
        `difference`: highest less lowest; `ratio`: lowest over highest.
    """
    known = {group: found for group, found in rates.items() if found.value is not None}
    if len(known) < 2:
        return None
    value = {group: found.value or 0.0 for group, found in known.items()}
    low, high = min(value, key=value.__getitem__), max(value, key=value.__getitem__)
    # The lowest and the highest true rate lie between these, whichever groups have them.
    lowest = min(found.lower for found in known.values()), min(found.upper for found in known.values())
    highest = max(found.lower for found in known.values()), max(found.upper for found in known.values())
    if aggregate == "difference":
        lower, upper = max(highest[0] - lowest[1], 0.0), highest[1] - lowest[0]
        found = value[high] - value[low]
    else:
        if value[high] == 0:
            return None
        lower = lowest[0] / highest[1] if highest[1] else 0.0
        upper = min(lowest[1] / highest[0], 1.0) if highest[0] else 1.0
        found = value[low] / value[high]
    return PrivateGap(found, min(lower, found), max(upper, found), low, high)
