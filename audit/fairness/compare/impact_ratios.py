"""Selection rates of all categories against the highest one, as New York City's Local Law 144 asks (6 RCNY 5-301).

Other than in the columns of `adverse_impact`, the standard is the highest rate, however few it rests on: so the law has
it. Categories that nobody knows enter no rate and are counted. Those under 2 % of the data are left out where an
auditor gives a reason for it, and only there.
"""

from __future__ import annotations

import math
from typing import Literal

from audit.config import MISSING
from audit.fairness.compare.scope import LEAST_SHARE
from audit.fairness.compare.values import Values
from audit.result import CategoryRate, Group, ImpactTable, SlicingFacts


def impact_table(slicing: SlicingFacts, selected: Values, *, small_left_out: bool) -> ImpactTable:
    """Put the rates of all groups against the highest.

    Parameters
    ----------
    selected
        Selection rates of the groups.
    small_left_out
        Whether categories under `LEAST_SHARE` are left out, for which there is a reason.
    """
    standings = [_standing(group, small_left_out=small_left_out) for group in slicing.groups]
    rates = [None if math.isnan(rate) else float(rate) for rate in selected.value]
    compared = [
        rate for rate, standing in zip(rates, standings, strict=True) if standing == "compared" and rate is not None
    ]
    highest = max(compared, default=None)
    cls = selected.cls or ""
    rows = [
        CategoryRate(
            group=group.values,
            n=int(selected.n[at]),
            selected=group.by_prediction.get(cls, 0),
            share=group.share,
            rate=rates[at],
            impact_ratio=_ratio(rates[at], highest) if standings[at] == "compared" else None,
            standing=standings[at],
        )
        for at, group in enumerate(slicing.groups)
    ]
    unknown = sum(int(n) for n, standing in zip(selected.n, standings, strict=True) if standing == "unknown")
    return ImpactTable(attributes=slicing.attributes, cls=cls, highest=highest, unknown=unknown, groups=rows)


def _standing(group: Group, *, small_left_out: bool) -> Literal["compared", "excluded", "unknown"]:
    if MISSING in group.values or not group.in_gaps:
        return "unknown"
    return "excluded" if small_left_out and group.share < LEAST_SHARE else "compared"


def _ratio(rate: float | None, highest: float | None) -> float | None:
    return rate / highest if rate is not None and highest else None
