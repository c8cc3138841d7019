"""Do two versions of a model give the same reasons? Explanations of the same decisions, word by word.

Both are of the same F, the class that the candidate predicts: of two classes, F of one is one minus F of the other, or
its negative in log-odds, so the sign of the baseline's φ is turned where the decision changed. Words are those that
both versions can tell apart: where their tokenizers cut differently, words that overlap are taken together. What one
of them did not read has no attribution there.

The share that moved is Σ|φ − φ′| / (Σ|φ| + Σ|φ′|), over words and the frame: 0 for the same explanation, 1 where no
word keeps anything. Each explanation has an estimated error in L1; two that differ by no more than the sum of both are
not called different.

A decision is in both samples with the smaller of its two probabilities, since both are drawn by one ticket
(`sampling`), so means are weighted by its inverse. The mean's interval is Gaffke's, which holds at any skewness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import spearmanr

from audit.fairness.bounds.outcomes import mean_of
from audit.fairness.bounds.sketch import Sketches
from audit.result import ComparedDecision, ExplanationComparison, ExplanationShift, UnitAttributions
from audit.store.columns import group_column
from audit.store.decisions import read_decisions
from audit.store.runfolder import RunFolder
from audit.store.tables import read_table

Floats = npt.NDArray[np.float64]
READ = [
    *("row_id", "target_class", "baseline", "scale", "f_input", "f_baseline", "error", "reason", "starts", "ends"),
    *("attributions", "frame", "inclusion_probability"),
]
#: Explanations that say nothing of any word.
EMPTY = frozenset({"failed", "no_contrast", "no_input"})
#: Changed decisions, and others, whose two explanations are kept to be shown.
SHOWN_FLIPPED, SHOWN_OTHERS = 12, 4
#: Fewer words have no order worth comparing.
LEAST_WORDS = 3


@dataclass(frozen=True)
class Pair:
    """Two explanations of one decision on common words.

    Attributes
    ----------
    starts, ends, before, after : array of shape (words,)
    frame_before, frame_after
        φ of what belongs to no word.
    error
        Of both explanations together, in L1.
    """

    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    before: Floats
    after: Floats
    frame_before: float
    frame_after: float
    error: float

    @property
    def mass(self) -> float:
        """Σ|φ| of both."""
        frames = abs(self.frame_before) + abs(self.frame_after)
        return float(np.abs(self.before).sum() + np.abs(self.after).sum() + frames)

    @property
    def distance(self) -> float:
        """How far φ moved, in L1."""
        return float(np.abs(self.after - self.before).sum() + abs(self.frame_after - self.frame_before))

    @property
    def rank_correlation(self) -> float | None:
        """Spearman's, over words; None where either gives no order."""
        if len(self.before) < LEAST_WORDS or not np.ptp(self.before) or not np.ptp(self.after):
            return None
        return float(spearmanr(self.before, self.after).statistic)

    @property
    def same_strongest(self) -> bool:
        """Whether the same word counts most, by amount."""
        return bool(len(self.before)) and int(np.abs(self.before).argmax()) == int(np.abs(self.after).argmax())


#: Starts, ends and φ of the units of one explanation.
Placed = tuple[Sequence[int], Sequence[int], Floats]


def common_words(before: Placed, after: Placed) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats, Floats]:
    """Put two explanations on the finest words that both can tell apart.

    Returns
    -------
    starts, ends, before, after : array of shape (words,)
    """
    units = [
        (start, end, side, value)
        for side, (starts, ends, values) in enumerate((before, after))
        for start, end, value in zip(starts, ends, values, strict=True)
        if end > start
    ]
    rows: list[list[float]] = []
    reach = -1
    for start, end, side, value in sorted(units):
        if start >= reach:
            rows.append([start, end, 0.0, 0.0])
        reach = max(reach, end)
        rows[-1][1] = reach
        rows[-1][2 + side] += value
    table = np.array(rows, np.float64).reshape(-1, 4)
    return table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2], table[:, 3]


def compare_explanations(
    candidate: RunFolder, baseline: RunFolder, classes: Sequence[str], attributes: Sequence[str], level: float
) -> ExplanationComparison | None:
    """Compare explanations of the same decisions, whose texts are the same; None if either run has none.

    Parameters
    ----------
    attributes
        Single attributes whose groups are told apart.
    level
        Of the intervals.
    """
    if not (candidate.attributions.exists() and baseline.attributions.exists()):
        return None
    after, before = (read_table(folder.attributions, READ).to_pandas() for folder in (candidate, baseline))
    both = after.merge(before, on="row_id", suffixes=("", "_before"), validate="one_to_one")
    both["flipped"] = both["target_class"] != both["target_class_before"]
    reasons = [_incomparable(row, classes) for row in both.to_dict("records")]
    known = both[np.array([reason is None for reason in reasons], bool)].reset_index(drop=True)
    pairs = [_pair(row) for row in known.to_dict("records")]
    table = _with_groups(known, candidate, attributes)
    table["moved"] = [pair.distance / pair.mass if pair.mass > 0 else 0.0 for pair in pairs]
    table["share"] = [min(pair.error / pair.mass, 1.0) if pair.mass > 0 else 0.0 for pair in pairs]
    table["beyond"] = [pair.distance > pair.error for pair in pairs]
    table["rank"] = np.array([pair.rank_correlation for pair in pairs], np.float64)
    table["strongest"] = [pair.same_strongest for pair in pairs]
    return ExplanationComparison(
        baseline=len(before),
        candidate=len(after),
        both=len(both),
        flipped=int(both["flipped"].sum()),
        left_out=dict(sorted(Counter(reason for reason in reasons if reason is not None).items())),
        shifts=_shifts(table, attributes, level),
        shown=[_shown(table.loc[at].to_dict(), pairs[at]) for at in _to_show(table)],
    )


def _incomparable(row: dict[Any, Any], classes: Sequence[str]) -> str | None:
    if row["reason"] in EMPTY or row["reason_before"] in EMPTY:
        return "not_explained"
    if row["scale"] != row["scale_before"]:
        return "other_scale"
    if row["baseline"] != row["baseline_before"]:
        return "other_reference"
    if row["flipped"] and len(classes) != 2:
        return "other_class"
    numbers = [row[name] for name in ("error", "error_before", "frame", "frame_before")]
    sums = [np.sum(row[name]) for name in ("attributions", "attributions_before")]
    return None if np.isfinite([*numbers, *sums]).all() else "not_explained"


def _pair(row: dict[Any, Any]) -> Pair:
    sign = -1.0 if row["flipped"] else 1.0
    starts, ends, before, after = common_words(
        (row["starts_before"], row["ends_before"], sign * np.asarray(row["attributions_before"], np.float64)),
        (row["starts"], row["ends"], np.asarray(row["attributions"], np.float64)),
    )
    error = float(row["error"] + row["error_before"])
    return Pair(starts, ends, before, after, sign * float(row["frame_before"]), float(row["frame"]), error)


def _with_groups(known: pd.DataFrame, folder: RunFolder, attributes: Sequence[str]) -> pd.DataFrame:
    """Add the groups, the cluster and the weight of every decision."""
    names = [group_column(name) for name in attributes]
    wanted = pa.array(known["row_id"], pa.string())
    parts = []
    for batch in read_decisions(folder.decisions, ["row_id", "weight", "count", "cluster", *names]):
        mine = batch.filter(pc.is_in(batch["row_id"].combine_chunks(), value_set=wanted))
        parts.append(mine.to_pandas())
    table = known.merge(pd.concat(parts), on="row_id", how="left", validate="one_to_one")
    drawn = np.minimum(table["inclusion_probability"], table["inclusion_probability_before"])
    return table.assign(weight=table["weight"] * table["count"] / drawn)


def _shifts(table: pd.DataFrame, attributes: Sequence[str], level: float) -> list[ExplanationShift]:
    flipped = table["flipped"].to_numpy(bool)
    everything = np.ones(len(table), bool)
    kinds = (("all", everything), ("flipped", flipped), ("kept", ~flipped))
    out = [_shift([], [], kind, table[which], level) for kind, which in kinds]
    for name in attributes:
        for group, part in table.groupby(group_column(name), sort=True):
            out.append(_shift([name], [str(group)], "all", part, level))
    return out


def _shift(attributes: list[str], group: list[str], which: str, part: pd.DataFrame, level: float) -> ExplanationShift:
    weight = part["weight"].to_numpy(np.float64)
    whole = float(weight.sum())

    def mean(name: str) -> float | None:
        values = part[name].to_numpy(np.float64)
        known = ~np.isnan(values)
        total = float(weight[known].sum())
        return float((weight[known] * values[known]).sum() / total) if total > 0 else None

    lower, upper = _bounds(part, weight, 1 - level) if whole > 0 else (None, None)
    return ExplanationShift.model_validate(
        {
            "attributes": attributes,
            "group": group,
            "which": which,
            "n": len(part),
            "moved": mean("moved"),
            "lower": lower,
            "upper": upper,
            "error": mean("share"),
            "beyond_error": int(part["beyond"].sum()),
            "rank_correlation": mean("rank"),
            "same_strongest": int(part["strongest"].sum()),
        }
    )


def _bounds(part: pd.DataFrame, weight: Floats, alpha: float) -> tuple[float, float]:
    """Two-sided bounds of the mean share that moved, at the effective number of decisions."""
    moved, shares = part["moved"].to_numpy(np.float64), weight / weight.sum()
    size, freedom = float(1 / (shares**2).sum()), None
    if part["cluster"].notna().any():
        clusters = int(part["cluster"].nunique()) + int(part["cluster"].isna().sum())
        error = mean_of(moved, weight, part["cluster"], alpha).error
        spread = float((shares * (moved - (shares * moved).sum()) ** 2).sum())
        size = min(size, spread / error**2 if 0 < error < np.inf else size, clusters)
        freedom = np.array([max(clusters - 1, 1)], np.float64)
    one = np.ones(1)
    found = Sketches(moved[None], shares[None], 0 * one, one, np.array([size]), freedom).bounds(alpha / 2)
    return float(found[0][0]), float(found[1][0])


def _to_show(table: pd.DataFrame) -> list[int]:
    """Changed decisions, those that moved most first, then some of the others."""
    ordered = table.assign(surplus=table["moved"] - table["share"])
    ordered = ordered.sort_values(["surplus", "row_id"], ascending=[False, True], kind="stable")
    flipped = ordered["flipped"].to_numpy(bool)
    return [*ordered.index[flipped][:SHOWN_FLIPPED].tolist(), *ordered.index[~flipped][:SHOWN_OTHERS].tolist()]


def _shown(row: dict[Any, Any], pair: Pair) -> ComparedDecision:
    def side(suffix: str, values: Floats, frame: float, *, turned: bool) -> UnitAttributions:
        ends = [float(row[f"{name}{suffix}"]) for name in ("f_input", "f_baseline")]
        if turned:
            ends = [1 - f if row["scale"] == "probability" else -f for f in ends]
        return UnitAttributions(
            f_input=ends[0],
            f_baseline=ends[1],
            starts=pair.starts.tolist(),
            ends=pair.ends.tolist(),
            attributions=[round(float(value), 6) for value in values],
            frame=round(frame, 6),
        )

    return ComparedDecision(
        row_id=row["row_id"],
        y_before=row["target_class_before"],
        y_pred=row["target_class"],
        moved=row["moved"],
        error=row["share"],
        rank_correlation=pair.rank_correlation,
        before=side("_before", pair.before, pair.frame_before, turned=row["flipped"]),
        after=side("", pair.after, pair.frame_after, turned=False),
    )
