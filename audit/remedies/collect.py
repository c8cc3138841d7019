"""Which groups need more rows before a gap of some size could be seen, and how many.

Every group is held against the one with most decisions by a two-sided test of two proportions, at the level shared by
all these comparisons (Bonferroni), around the rate of all groups together: the gap that is found four times in five
now, as in tables of adverse impact, and the rows after which the wanted one is. New rows are taken to be like the old.
"""

from __future__ import annotations

import numpy as np

from audit.fairness.compare.adverse_impact import minimum_detectable
from audit.fairness.metrics.definitions import known_metrics
from audit.impact.grouped import Sliced
from audit.policy.needed import ScopedGroup, more_rows
from audit.result.remedies import CollectMore

#: Rates whose gaps are looked for.
METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate")


def collect(sliced: Sliced, cls: str, smallest: float, *, labelled: bool) -> list[CollectMore]:
    """Say of every group that is too small how many rows it needs.

    Parameters
    ----------
    smallest
        Gap that is to be found.
    labelled
        Whether there are labels.
    """
    names = METRICS if labelled else METRICS[:1]
    known = known_metrics()
    return [
        line
        for name, values in sliced.evaluate([known[name] for name in names], cls).items()
        for line in _of_metric(sliced, name, cls, smallest, values.value, values.effective, values.n, values.why)
    ]


def _of_metric(
    sliced: Sliced,
    metric: str,
    cls: str,
    smallest: float,
    value: np.ndarray,
    effective: np.ndarray,
    n: np.ndarray,
    why: list[str | None],
) -> list[CollectMore]:
    codes = sliced.compared
    defined = codes[~np.isnan(value[codes]) & (effective[codes] > 0)]
    if len(codes) < 2 or not len(defined):
        return []
    reference = int(defined[np.argmax(effective[defined])])
    rate = float((value * effective)[defined].sum() / effective[defined].sum())
    # Spread is the same on both sides of a half, and widest there: towards it is the harder side to see.
    rate = max(rate, 1 - rate)
    alpha = sliced.alpha / (len(codes) - 1)
    out = []
    for code in codes.tolist():
        if code == reference:
            continue
        sizes = float(effective[code]), float(effective[reference])
        now = minimum_detectable(rate, *sizes, alpha) if sizes[0] > 0 else None
        if now is not None and now <= smallest:
            continue
        rows = _rows(sliced, (code, reference), effective, rate, smallest, alpha) if sizes[0] > 0 else None
        out.append(
            CollectMore(
                attributes=sliced.facts.attributes,
                group=sliced.groups[code].values,
                reference=sliced.groups[reference].values,
                metric=metric,
                cls=cls,
                n=int(n[code]),
                effective_n=sizes[0],
                detectable=now,
                rows=None if rows is None else rows[0],
                reference_rows=0 if rows is None else rows[1],
                note=why[code] if sizes[0] <= 0 else "rows_do_not_settle" if rows is None else None,
            )
        )
    return out


def _rows(
    sliced: Sliced, pair: tuple[int, int], effective: np.ndarray, rate: float, smallest: float, alpha: float
) -> tuple[int, int] | None:
    """Rows that a group, and the reference, lack; None where no number of them shows the gap."""
    scoped = [
        ScopedGroup(sliced.groups[code].values, float(sliced.groups[code].n), float(effective[code])) for code in pair
    ]

    def settled(size: float) -> bool:
        first, second = (max(size, float(effective[code])) for code in pair)
        found = minimum_detectable(rate, first, second, alpha)
        return found is not None and found <= smallest

    lacking = more_rows(scoped, settled)
    if lacking is None:
        return None
    found = {tuple(item.group): item.n or 0 for item in lacking}
    return found.get(tuple(scoped[0].name), 0), found.get(tuple(scoped[1].name), 0)
