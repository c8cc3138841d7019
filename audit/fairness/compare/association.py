"""Whether a share is the same in all groups, and whether groups have the shares that they should have.

Both tests draw tables as they would be if it were so, and count how many are as far off as the one at hand: exact
however few the rows, but for the rounding of a p-value to one part in `DRAWS` (Davison and Hinkley 1997, 4.2). For the
first, totals stay: what is drawn is who among all has the property, which is Fisher's test for any number of groups.

With weights and clusters the counts are those of as many independent rows as the design is worth, in each group
(`audit.fairness.bounds.effective`), or in all for shares of groups (the mean design effect of Rao and Scott 1981). Few
clusters estimate that badly, so they count for less still (Korn and Graubard 1998).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student

from audit.fairness.bounds.effective import clustered, weighted

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Tables that are drawn: no p-value is smaller than one in so many and one.
DRAWS = 19_999


def equal_shares(cells: pd.DataFrame, groups: Ints, size: int, rng: np.random.Generator) -> float | None:
    """Test whether a property has the same share in all groups.

    Parameters
    ----------
    cells
        `hit`, `n` rows, `w` = Σw, `w2` = Σw², and `cluster`, None for rows that are clusters of their own.
    groups : array of shape (cells,)
        Group code of each cell.
    size
        Number of groups.

    Returns
    -------
    float or None
        The p-value; None where there is nothing to compare: one group, or all rows alike.
    """
    hit = cells["hit"].to_numpy(bool)
    worth, share = _worth(cells, groups, size, hit)
    counts = np.round(worth).astype(np.int64)
    hits = np.round(share * worth).astype(np.int64)
    kept = counts > 0
    counts, hits = counts[kept], hits[kept]
    total = int(hits.sum())
    if len(counts) < 2 or total in {0, int(counts.sum())}:
        return None
    expected = counts * (total / counts.sum())

    def far(drawn: Ints) -> Floats:
        return np.asarray(((drawn - expected) ** 2 / counts).sum(-1))

    drawn = rng.multivariate_hypergeometric(counts, total, size=DRAWS, method="marginals")
    return _p_value(far(hits), far(drawn))


def right_shares(
    cells: pd.DataFrame, groups: Ints, reference: Sequence[float], rng: np.random.Generator
) -> float | None:
    """Test whether groups have the shares of a reference.

    Parameters
    ----------
    cells
        As of `equal_shares`, but for `hit`.
    groups : array of shape (cells,)
        Group code of each cell.
    reference
        Share of each group by code; all above zero, one in all.

    Returns
    -------
    float or None
        The p-value; None without rows, or with one group.
    """
    expected = np.asarray(reference, np.float64)
    weight = np.bincount(groups, cells["w"].to_numpy(np.float64), len(expected))
    if weight.sum() <= 0 or len(expected) < 2:
        return None
    share = weight / weight.sum()
    everybody = np.zeros(len(cells), np.int64)
    sizes = [float(_worth(cells, everybody, 1, groups == code)[0][0]) for code in range(len(expected))]
    total = round(float((len(expected) - 1) / ((1 - share) / np.maximum(sizes, 1e-9)).sum()))
    if total < 1:
        return None

    def far(counts: Floats) -> Floats:
        return np.asarray(((counts - total * expected) ** 2 / (total * expected)).sum(-1))

    return _p_value(far(total * share), far(rng.multinomial(total, expected, size=DRAWS).astype(np.float64)))


def holm(p_values: Mapping[str, float | None]) -> dict[str, float]:
    """Correct p-values for all that was looked at (Holm 1979); those that are None count as not looked at."""
    known = sorted(((p, name) for name, p in p_values.items() if p is not None), key=lambda item: item[0])
    corrected, least = {}, 0.0
    for place, (p, name) in enumerate(known):
        least = max(least, min(1.0, p * (len(known) - place)))
        corrected[name] = least
    return corrected


def _worth(cells: pd.DataFrame, groups: Ints, size: int, hit: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """How many independent rows each group is worth for a share, and the share."""
    weight, squared = (cells[name].to_numpy(np.float64) for name in ("w", "w2"))
    sums = [np.bincount(groups[at], of[at], size).astype(np.float64) for at in (hit, ~hit) for of in (weight, squared)]
    whole = sums[0] + sums[2]
    share = np.divide(sums[0], whole, out=np.zeros(size), where=whole > 0)
    worth = weighted(*sums)
    if cells["cluster"].notna().any():
        everything = np.ones(len(cells), bool)
        worth, clusters, _ = clustered(cells, groups, share, hit, everything, worth)
        worth = worth * (norm.ppf(0.025) / student.ppf(0.025, np.maximum(clusters - 1, 1))) ** 2
    return worth, share


def _p_value(seen: Floats, drawn: Floats) -> float:
    # What rounding makes of two equal distances is no difference.
    return float((1 + (drawn >= seen * (1 - 1e-9)).sum()) / (len(drawn) + 1))
