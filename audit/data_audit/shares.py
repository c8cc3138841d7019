"""Who is in the data: shares of groups against a reference, and labels by group."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.data_audit.rates import Looks
from audit.data_audit.rows import Grouped
from audit.fairness.bounds.outcomes import mean_of, rate_of_cells
from audit.fairness.compare.association import right_shares
from audit.result import GroupMean, MeansByAttribute, ReferenceShare, Representation, RowCheck

Floats = npt.NDArray[np.float64]


def representation(looks: Looks, reference: Mapping[str, Mapping[str, float]]) -> list[Representation]:
    """Hold shares of groups against the reference, among the rows of groups that it names.

    A group of the reference that is not in the data has a share of zero.
    """
    found = []
    for name, wanted in reference.items():
        grouped = looks.rows.groups[name]
        names = list(wanted)
        code = np.array([names.index(group) if group in wanted else -1 for group in grouped.names], np.int64)
        everyone = np.ones(looks.rows.size, bool)
        cells, groups = looks.cells(grouped, everyone, everyone)
        groups = code[groups]
        others = {
            group: int(cells["n"][cells["group"] == at].sum()) for at, group in enumerate(grouped.names) if code[at] < 0
        }
        cells, groups = cells[groups >= 0].reset_index(drop=True), groups[groups >= 0]
        total = sum(wanted.values())
        expected = [share / total for share in wanted.values()]
        shares = []
        for at, group in enumerate(names):
            rate = rate_of_cells(cells.assign(hit=groups == at), looks.alpha)
            shares.append(
                ReferenceShare(
                    group=group, n=rate.hits, share=rate.value, lower=rate.lower, upper=rate.upper,
                    reference=expected[at],
                )
            )  # fmt: skip
        p_value = right_shares(cells, groups, expected, looks.rng()) if len(cells) else None
        part = Representation(attribute=name, groups=shares, others=others, p_value=p_value)
        looks.tested.append(part)
        found.append(part)
    return found


def label_rates(looks: Looks) -> list[RowCheck]:
    """How often each class is true, by group."""
    return [looks.check("label", cls, holds, looks.rows.labelled) for cls, holds in looks.rows.holds.items()]


def label_means(looks: Looks) -> list[MeansByAttribute]:
    """Mean true number of every group, where numbers are predicted."""
    numbers = looks.rows.numbers
    if numbers is None:
        return []
    return [
        MeansByAttribute(attribute=name, groups=list(filter(None, _means(looks, grouped, numbers))))
        for name, grouped in looks.rows.groups.items()
    ]


def _means(looks: Looks, grouped: Grouped, numbers: Floats) -> list[GroupMean | None]:
    rows = looks.rows
    found: list[GroupMean | None] = []
    for code, group in enumerate(grouped.names):
        mine = (grouped.group == code) & rows.labelled[grouped.row]
        row, weight = grouped.row[mine], rows.weight[grouped.row[mine]] * grouped.share[mine]
        if weight.sum() <= 0:
            found.append(None)
            continue
        cluster = None if rows.cluster is None else pd.Series(rows.cluster[row], dtype=object).replace(-1, None)
        mean = mean_of(numbers[row], weight, cluster, looks.alpha)
        ends = (mean.lower, mean.upper) if np.isfinite(mean.error) else (None, None)
        found.append(GroupMean(group=group, n=len(row), value=mean.value, lower=ends[0], upper=ends[1]))
    return found
