"""Shares of texts that a model gives back, by side and group, and what two of them differ by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import Estimates
from audit.fairness.bounds.outcomes import Rate, rate_of
from audit.fairness.compare.adverse_impact import holm
from audit.fairness.membership.pairs import pairs_of
from audit.result import ExtractedPair, ExtractedRate
from audit.store.columns import group_column

MEMBERS, HELD_OUT = "members", "held_out"


@dataclass(frozen=True)
class _Share:
    """The rate of some texts, and who they are."""

    told: ExtractedRate
    rate: Rate


def extracted(
    rows: pd.DataFrame, attributes: Sequence[str], level: float
) -> tuple[list[ExtractedRate], list[ExtractedPair]]:
    """Sum up which texts were given back.

    Parameters
    ----------
    rows
        `side`, `same` (bool), `cluster`, and groups, of texts that are long enough.
    attributes
        To compare groups by.
    level
        Of every interval.

    Returns
    -------
    rates, pairs
        Members against other texts come first, then every two groups of members, the least likely to be chance first.
    """
    sides = [side for side in (MEMBERS, HELD_OUT) if (rows["side"] == side).any()]
    whole = [_share(rows[rows["side"] == side], side, [], [], level) for side in sides]
    shares, pairs = list(whole), _pairs(whole, [MEMBERS, HELD_OUT], [], level)
    for name in attributes:
        column = rows[group_column(name)].astype(str)
        of_side = {
            side: [
                _share(rows[(rows["side"] == side) & (column == group)], side, [name], [group], level)
                for group in sorted(set(column[rows["side"] == side]))
            ]
            for side in sides
        }
        shares += [share for found in of_side.values() for share in found]
        found = of_side.get(MEMBERS, [])
        pairs += _pairs(found, [share.told.group[0] for share in found], [name], level)
    adjusted = holm(np.array([pair.p_value for pair in pairs]), len(pairs))
    pairs = [pair.model_copy(update={"holm_p": float(p)}) for pair, p in zip(pairs, adjusted, strict=True)]
    pairs.sort(key=lambda pair: (bool(pair.attributes), pair.p_value, -pair.difference, pair.low_group))
    return [share.told for share in shares], pairs


def _share(rows: pd.DataFrame, side: str, attributes: list[str], group: list[str], level: float) -> _Share:
    hits = rows["same"].to_numpy(bool)
    rate = rate_of(hits, np.ones(len(rows)), rows["cluster"].reset_index(drop=True), 1 - level)
    told = ExtractedRate(
        side="members" if side == MEMBERS else "held_out",
        attributes=attributes,
        group=group,
        n=rate.n,
        extracted=rate.hits,
        rate=rate.value,
        lower=rate.lower,
        upper=rate.upper,
    )
    return _Share(told, rate)


def _pairs(shares: Sequence[_Share], names: Sequence[str], attributes: list[str], level: float) -> list[ExtractedPair]:
    usable = [i for i, share in enumerate(shares) if (share.rate.effective_n or 0.0) >= EVIDENCE_FLOOR]
    rates = [shares[i].rate for i in usable]
    clusters = None
    if rates and all(rate.clusters is not None for rate in rates):
        clusters = np.array([rate.clusters for rate in rates], float)
    estimates = Estimates(
        np.array([rate.value for rate in rates], float), np.array([rate.effective_n for rate in rates], float), clusters
    )
    return [
        ExtractedPair(
            attributes=attributes,
            low_group=[names[usable[pair.low]]],
            high_group=[names[usable[pair.high]]],
            low_value=float(estimates.value[pair.low]),
            high_value=float(estimates.value[pair.high]),
            difference=pair.difference,
            lower=pair.lower,
            upper=pair.upper,
            p_value=pair.p_value,
            holm_p=1.0,
        )
        for pair in pairs_of(estimates, level)
    ]
