"""How well attacks tell members from other rows: of everybody, of each group, of rows unlike the others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import Estimates, one_sided
from audit.fairness.bounds.operating import Operating, operating
from audit.fairness.bounds.score_metrics import GroupedScores, ranking
from audit.fairness.compare.adverse_impact import holm
from audit.fairness.membership.pairs import pairs_of
from audit.fairness.membership.signals import signals_of
from audit.fairness.metrics.names import MEMBERSHIP_RATES
from audit.fairness.scores import BLOCKS
from audit.result import MembershipPair, MembershipValue, OperatingPoint, RocCurve
from audit.store.columns import group_column

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: False positive rates at which true positive rates are told (Carlini et al. 2022).
RATES = tuple(MEMBERSHIP_RATES.values())
#: Pairs of groups that the result keeps, and points of a curve.
MOST_PAIRS, ROC_POINTS = 200, 48
OUTLIER, REST = "outlier", "rest"


@dataclass(frozen=True)
class Attacked:
    """What attacks come to."""

    attacks: list[str]
    values: list[MembershipValue]
    outliers: list[MembershipValue]
    pairs: list[MembershipPair]
    comparisons: int
    roc: list[RocCurve]


def attack(rows: pd.DataFrame, attributes: Sequence[str], level: float, seed: int) -> Attacked:
    """Attack rows of which it is known who is a member.

    Parameters
    ----------
    rows
        One per row: `member` (bool), `loss`, `cluster` (None for a row that is a cluster of its own), one column per
        attribute as `audit.store.columns` names them, and where they are known `label`, `reference_loss` and `outlier`
        (bool).
    attributes
        To compare groups by.
    level
        Of every interval.
    seed
        Of the folds in which classes are calibrated.
    """
    member = rows["member"].to_numpy(bool)
    labels = rows["label"].to_numpy(object) if "label" in rows else None
    reference = rows["reference_loss"].to_numpy(np.float64) if "reference_loss" in rows else None
    signals = signals_of(rows["loss"].to_numpy(np.float64), member, labels, reference, seed)
    slices = [_Slice((name,), rows[group_column(name)].astype(str).to_numpy(object)) for name in attributes]
    everybody = _Slice((), np.full(len(rows), "", object))
    cluster = rows["cluster"]
    values: list[MembershipValue] = []
    pairs: list[MembershipPair] = []
    for name, signal in signals.items():
        values += _compare(name, signal, member, cluster, everybody, level)[0]
        for one in slices:
            of_groups, estimates = _compare(name, signal, member, cluster, one, level)
            values += of_groups
            pairs += _pairs(of_groups, estimates, level)
    adjusted = holm(np.array([pair.p_value for pair in pairs]), len(pairs))
    pairs = [pair.model_copy(update={"holm_p": float(p)}) for pair, p in zip(pairs, adjusted, strict=True)]
    pairs.sort(key=lambda pair: (pair.p_value, -pair.difference, pair.attack, pair.attributes, pair.low_group))
    outliers = []
    if "outlier" in rows:
        unlike = _Slice(("outlier",), np.where(rows["outlier"].to_numpy(bool), OUTLIER, REST).astype(object))
        for name, signal in signals.items():
            outliers += [
                value.model_copy(update={"attributes": []})
                for value in _compare(name, signal, member, cluster, unlike, level)[0]
            ]
    curves = [roc(name, signal[member], signal[~member]) for name, signal in signals.items()]
    return Attacked(list(signals), values, outliers, pairs[:MOST_PAIRS], len(pairs), curves)


@dataclass(frozen=True)
class _Slice:
    """An attribute, or everybody, with the group of each row."""

    attributes: tuple[str, ...]
    of: npt.NDArray[np.object_]


def _compare(
    name: str, signal: Floats, member: Bools, cluster: pd.Series, within: _Slice, level: float
) -> tuple[list[MembershipValue], Estimates]:
    groups = sorted(set(within.of.tolist()))
    codes = pd.Index(groups, dtype=object).get_indexer(pd.Index(within.of, dtype=object)).astype(np.int64)
    found = ranking(_scores(signal, member, cluster, codes, len(groups)), "auc")
    estimates = Estimates(found.value, found.effective, found.blocks, None, found.correlation)
    known = Estimates(np.nan_to_num(found.value), found.effective, found.blocks)
    lower, upper = one_sided(known, (1 - level) / 2)
    values = []
    for code, group in enumerate(groups):
        mine = codes == code
        inside, outside = signal[mine & member], signal[mine & ~member]
        sizes = [_cluster_size(cluster[mine & side]) for side in (member, ~member)]
        defined = not math.isnan(found.value[code])
        values.append(
            MembershipValue(
                attack=name,
                attributes=list(within.attributes),
                group=[group] if within.attributes else [],
                members=len(inside),
                held_out=len(outside),
                auc=float(found.value[code]) if defined else None,
                lower=float(lower[code]) if defined else None,
                upper=float(upper[code]) if defined else None,
                effective_n=float(found.effective[code]) if defined else None,
                clusters=float(found.blocks[code]) if defined and found.blocks is not None else None,
                note=None if defined else "no_members" if not len(inside) else "no_held_out",
                member_cluster=sizes[0],
                held_out_cluster=sizes[1],
                rates=[_point(operating(rate, inside, outside, *sizes), level) for rate in RATES],
            )
        )
    return values, estimates


def _scores(signal: Floats, member: Bools, cluster: pd.Series, codes: Ints, size: int) -> GroupedScores:
    """Arrange signals, by their ranks, as scores of which members are the positives."""
    clustered = bool(cluster.notna().any())
    ones = np.ones(len(signal))
    rank = rankdata(signal) / (len(signal) + 1)
    counts = pd.DataFrame(
        {
            "is_positive": member, "score_block": _blocks(cluster) if clustered else 0, "score_key": rank,
            "n": ones, "w": ones, "w2": ones, "score": rank,
        }
    )  # fmt: skip
    return GroupedScores({}, counts, codes, size, clustered, exact=True)


def _blocks(cluster: pd.Series) -> Ints:
    """Put every cluster into one block; rows that are clusters of their own are dealt out evenly."""
    known = cluster.notna().to_numpy(bool)
    blocks = np.arange(len(cluster), dtype=np.int64) % BLOCKS
    names = cluster[known].astype(str).to_numpy(object)
    blocks[known] = (pd.util.hash_array(names, categorize=False) % BLOCKS).astype(np.int64)
    return blocks


def _cluster_size(cluster: pd.Series) -> float:
    """Rows of the cluster that a row is in, on average."""
    sizes = [*cluster.value_counts().tolist(), *[1] * int(cluster.isna().sum())]
    return float(sum(n * n for n in sizes) / sum(sizes)) if sizes else 1.0


def _point(found: Operating, level: float) -> OperatingPoint:
    value, note = found.value, None
    if not found.members:
        note = "no_members"
    elif value is None:
        note = "held_out_too_few"
    lower, upper = found.bounds((1 - level) / 2) if note is None else (None, None)
    return OperatingPoint(
        rate=found.rate,
        value=value if note is None else None,
        lower=lower,
        upper=upper,
        note=note,
        above=list(found.above),
        reached=list(found.reached),
    )


def _pairs(values: list[MembershipValue], estimates: Estimates, level: float) -> list[MembershipPair]:
    """Compare every two groups of which enough is known."""
    usable = [i for i, value in enumerate(values) if (value.effective_n or 0.0) >= EVIDENCE_FLOOR]
    if len(usable) < 2:
        return []
    at = np.array(usable)
    r = None if estimates.correlation is None else estimates.correlation[np.ix_(at, at)]
    blocks = None if estimates.clusters is None else estimates.clusters[at]
    among = Estimates(estimates.value[at], estimates.effective[at], blocks, None, r)
    return [
        MembershipPair(
            attack=values[0].attack,
            attributes=values[0].attributes,
            low_group=values[at[pair.low]].group,
            high_group=values[at[pair.high]].group,
            low_value=float(among.value[pair.low]),
            high_value=float(among.value[pair.high]),
            difference=pair.difference,
            lower=pair.lower,
            upper=pair.upper,
            p_value=pair.p_value,
            holm_p=1.0,
        )
        for pair in pairs_of(among, level)
    ]


def roc(name: str, members: Floats, held_out: Floats) -> RocCurve:
    """Give the curve of one attack, at false positive rates that rise by a constant factor.

    Parameters
    ----------
    members, held_out : array of shape (members,), (held-out rows,)
    """
    n = len(held_out)
    if not n or not len(members):
        return RocCurve(attack=name, false_positive=[], true_positive=[])
    thresholds, ordered = np.sort(held_out)[::-1], np.sort(members)
    allowed = np.unique(np.round(np.geomspace(1, n, min(ROC_POINTS, n))).astype(int))
    # At most so many rows of those held out are above the next one.
    above = [len(ordered) - int(np.searchsorted(ordered, thresholds[k], side="right")) for k in allowed if k < n]
    return RocCurve(
        attack=name,
        false_positive=[float(k / n) for k in allowed],
        true_positive=[*(hits / len(ordered) for hits in above), 1.0],
    )


def strongest(values: Iterable[MembershipValue]) -> MembershipValue | None:
    """The attack that tells members best, among values of the same rows; None where none has a value."""
    return max((value for value in values if value.auc is not None), key=lambda v: v.auc or 0.0, default=None)
