"""Two halves of the scored decisions: thresholds are chosen on one, and judged on the other.

Halves are drawn at random within every group and label, so that both are like the whole. A row that stands for many
equal decisions is split by lot as well, as if its decisions were rows (multivariate hypergeometric): if each row were
cut in the middle, both halves would be the same data, and the half that judges would forgive what was overfitted on the
other. Rows of a cluster stay together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from audit.fairness.metrics.tables import Bools, Ints


def halve(rows: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split scored and labelled decisions.

    Parameters
    ----------
    rows
        `group`, `label` and `predicted` (0 or 1), `score`, `weight`, `cluster` (None for a row that is one of its own)
        and `count`.

    Returns
    -------
    fitted, judged
        Both with the same columns; rows of no decision are left out.
    """
    rng = np.random.default_rng([seed, 1])
    counts = rows["count"].to_numpy(np.int64)
    known = rows["cluster"].notna().to_numpy(bool)
    taken = np.zeros(len(rows), np.int64)
    lone = np.flatnonzero(~known)
    stratum = np.asarray(rows.groupby(["group", "label"], sort=True, dropna=False).ngroup(), np.int64)
    for at in _each(lone, stratum[lone]):
        taken[at] = _drawn(counts[at], rng)
    if known.any():
        at = np.flatnonzero(known)
        chosen = _clusters(rows["cluster"].to_numpy(object)[at], stratum[at], counts[at], rng)
        taken[at] = np.where(chosen, counts[at], 0)
    return tuple(  # type: ignore[return-value]
        rows.assign(count=part)[part > 0].reset_index(drop=True) for part in (taken, counts - taken)
    )


def _each(rows: Ints, strata: Ints) -> Sequence[Ints]:
    """Rows of every stratum."""
    if not len(rows):
        return []
    order = np.argsort(strata, kind="stable")
    cuts = np.flatnonzero(np.diff(strata[order])) + 1
    return np.split(rows[order], cuts)


def _drawn(counts: Ints, rng: np.random.Generator) -> Ints:
    """How many of each row's decisions are drawn, if half of all are; where their number is odd, a lot decides."""
    total = int(counts.sum())
    half = total // 2 + int(rng.integers(0, 2)) * (total % 2)
    if (counts == 1).all():
        chosen = np.zeros(len(counts), np.int64)
        chosen[rng.permutation(len(counts))[:half]] = 1
        return chosen
    return np.asarray(rng.multivariate_hypergeometric(counts, half, method="marginals"), np.int64)


def _clusters(names: np.ndarray, strata: Ints, counts: Ints, rng: np.random.Generator) -> Bools:
    """Draw half of the clusters, each with all its rows, within the stratum that most of its decisions are of."""
    codes, clusters = pd.factorize(names)
    sums = pd.DataFrame({"cluster": codes, "stratum": strata, "n": counts}).groupby(["cluster", "stratum"])["n"].sum()
    most = sums.reset_index().sort_values(["n", "stratum"], ascending=[False, True], kind="stable")
    of = most.drop_duplicates("cluster").set_index("cluster")["stratum"].reindex(range(len(clusters)))
    chosen = np.zeros(len(clusters), bool)
    for at in _each(np.arange(len(clusters)), of.to_numpy(np.int64)):
        half = len(at) // 2 + int(rng.integers(0, 2)) * (len(at) % 2)
        chosen[rng.permutation(at)[:half]] = True
    return np.asarray(chosen[codes], bool)
