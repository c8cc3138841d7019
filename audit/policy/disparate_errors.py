"""Decisions that are wrong in the direction of a gap: in the group that is worse off, by the error that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from audit.result import ClearGaps, RuleVerdict
from audit.store.columns import group_column


@dataclass(frozen=True)
class FailedGap:
    """A disparity that failed a rule, or was found clear of chance, between two groups.

    Attributes
    ----------
    why
        `failed` a rule, was `found`, or `asked` for.
    """

    attributes: tuple[str, ...]
    metric: str
    cls: str | None
    low_group: tuple[str, ...]
    high_group: tuple[str, ...]
    why: str


def failed_gaps(verdicts: Iterable[RuleVerdict], found: ClearGaps) -> list[FailedGap]:
    """Disparities that failed a rule, in the order of the rules, then those found clear of chance."""
    out = [
        FailedGap(
            tuple(rule.attributes), rule.metric, rule.cls, tuple(rule.low_group), tuple(rule.high_group), "failed"
        )
        for rule in verdicts
        if rule.status == "fail" and rule.kind == "gap" and rule.low_group and rule.high_group
    ]
    out += [
        FailedGap(tuple(item.attributes), item.metric, item.cls, tuple(item.low_group), tuple(item.high_group), "found")
        for item in found.items
    ]
    seen: dict[tuple[Any, ...], FailedGap] = {}
    for gap in out:
        seen.setdefault((gap.attributes, gap.metric, gap.cls, gap.low_group, gap.high_group), gap)
    return list(seen.values())


#: What is wrong with a decision: the class was missed, it was wrongly given, or either.
Kind = Literal["missed", "given", "wrong"]
#: Metric of a class -> the group that is worse off, and which of its errors show it.
_ERRORS: dict[str, tuple[tuple[str, Kind], ...]] = {
    "selection_rate": (("low", "missed"), ("high", "given")),
    "true_positive_rate": (("low", "missed"),),
    "false_negative_rate": (("high", "missed"),),
    "false_positive_rate": (("high", "given"),),
    "true_negative_rate": (("low", "given"),),
}
#: The same of metrics over all classes.
_OVERALL: dict[str, tuple[tuple[str, Kind], ...]] = {
    "accuracy": (("low", "wrong"),),
    "balanced_accuracy": (("low", "wrong"),),
}
#: More of them, where rows have several decisions and one class says that there is nothing: to miss is to find nothing
#: of what there is, to give wrongly is to find what is not there.
_ERRORS_OF_SEVERAL: dict[str, tuple[tuple[str, Kind], ...]] = {
    **_ERRORS,
    "precision": (("low", "given"),),
    "false_discovery_rate": (("high", "given"),),
    "f1_score": (("low", "wrong"),),
}
_OVERALL_OF_SEVERAL: dict[str, tuple[tuple[str, Kind], ...]] = {
    "micro_recall": (("low", "missed"),),
    "micro_precision": (("low", "given"),),
    "macro_recall": (("low", "missed"),),
    "macro_precision": (("low", "given"),),
    "micro_f1": (("low", "wrong"),),
    "macro_f1": (("low", "wrong"),),
    "hamming_loss": (("high", "wrong"),),
    "exact_match": (("low", "wrong"),),
    "visible_characters": (("high", "missed"),),
}


@dataclass(frozen=True)
class _Wrong:
    attributes: tuple[str, ...]
    group: tuple[str, ...]
    metric: str
    cls: str | None
    kind: Kind

    def among(self, frame: pd.DataFrame, nothing: str | None) -> npt.NDArray[np.bool_]:
        """Say which labelled decisions are wrong in this way."""
        true, found = (frame[name].to_numpy(object) for name in ("y_true", "y_pred"))
        here = np.asarray(true != found, bool)
        for name, value in zip(self.attributes, self.group, strict=True):
            here &= (frame[group_column(name)] == value).to_numpy(bool)
        sides = {"missed": [true], "given": [found], "wrong": [true, found]}[self.kind]
        if self.cls is not None:
            here &= np.any([side == self.cls for side in sides], axis=0)
        elif nothing is not None:
            here &= np.any([side != nothing for side in sides], axis=0)
        return here


def _wrong(gaps: Sequence[FailedGap], *, several: bool) -> list[_Wrong]:
    of_class = _ERRORS_OF_SEVERAL if several else _ERRORS
    overall = _OVERALL_OF_SEVERAL if several else _OVERALL
    return [
        _Wrong(gap.attributes, gap.low_group if end == "low" else gap.high_group, gap.metric, gap.cls, kind)
        for gap in gaps
        for end, kind in (overall if gap.cls is None else of_class).get(gap.metric, ())
    ]


def disparate_errors(
    batches: Iterable[pa.Table], gaps: Sequence[FailedGap], nothing: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find decisions that are wrong in the direction of a failed disparity.

    Parameters
    ----------
    nothing
        Where rows have several decisions, the class that says that there is nothing.

    Returns
    -------
    errors, looked_at
        `row_id` and `OF_ERROR` of each error; sums of all labelled decisions, as `rate_of_cells`
        takes them.
    """
    asked = _wrong(gaps, several=nothing is not None)
    found, seen = [], []
    for batch in batches:
        frame = batch.to_pandas()
        frame = frame[frame["y_true"].notna() & ~frame["status"].isin(["failed", "nothing"])]
        hit = np.zeros(len(frame), bool)
        for wrong in asked:
            here = wrong.among(frame, nothing)
            hit = hit | here
            said = dict(zip(OF_ERROR, (wrong.metric, wrong.cls, wrong.kind), strict=False))
            said |= {"attributes": " × ".join(wrong.attributes), "group": " × ".join(wrong.group)}
            found.append(pd.DataFrame({"row_id": frame["row_id"][here]}).assign(**said))
        weight = (frame["weight"] * frame["count"]).to_numpy(float)
        columns = {"hit": hit, "n": frame["count"], "w": weight, "w2": weight * frame["weight"]}
        seen.append(_summed(pd.DataFrame(columns | {"cluster": frame["cluster"].astype(object)})))
        if len(seen) == MOST_PARTS:
            seen = [_summed(pd.concat(seen))]
    errors = pd.concat(found) if found else pd.DataFrame(columns=["row_id", *OF_ERROR])
    return errors, _summed(pd.concat(seen)) if seen else pd.DataFrame(columns=["hit", "n", "w", "w2", "cluster"])


#: What is told of an error, beside its decision.
OF_ERROR = ("metric", "class", "error", "attributes", "group")
#: Parts that wait to be added up.
MOST_PARTS = 16


def _summed(cells: pd.DataFrame) -> pd.DataFrame:
    return cells.groupby(["cluster", "hit"], dropna=False, as_index=False, sort=True)[["n", "w", "w2"]].sum()
