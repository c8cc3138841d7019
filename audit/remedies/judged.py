"""What rules do on the half that had no part in choosing them, with the bounds of every other rate and gap.

Where a lot decides, a decision counts as positive by its chance: the same as drawing lots, without their noise. Its
bounds are those of drawn decisions, so they are a little wider than need be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from audit.fairness.compare.disparities import Compared, compare
from audit.fairness.compare.gaps import compose
from audit.fairness.compare.question import Question
from audit.fairness.metrics.definitions import known_metrics
from audit.fairness.metrics.tables import Floats
from audit.fairness.tally import SUMS, Slicing, Tally
from audit.remedies.thresholds import Lot
from audit.result import Disparity, MetricValue
from audit.result.remedies import JudgedGap, JudgedGroup, JudgedRate, ThresholdRule
from audit.store.columns import group_column

#: Rates of groups that are compared.
COMPARED = ("selection_rate", "true_positive_rate", "false_positive_rate")
#: Constraint -> the rates that it is about.
OF = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}


@dataclass(frozen=True)
class Bench:
    """The half that judges, and what is asked of it.

    Attributes
    ----------
    rows
        `group`, `label` and `predicted` (0 or 1), `score`, `weight`, `cluster` and `count`.
    classes
        What is not positive, and what is.
    left_out
        Groups that enter no gap.
    """

    rows: pd.DataFrame
    attribute: str
    classes: tuple[str, str]
    left_out: tuple[str, ...]
    question: Question
    objective: str
    clustered: bool

    def chances(self, lots: Mapping[str, Lot]) -> Floats:
        """Chance of each decision to be positive under the rules of its group."""
        groups, scores = self.rows["group"].to_numpy(object), self.rows["score"].to_numpy(np.float64)
        out = np.zeros(len(groups))
        for name, lot in lots.items():
            mine = groups == name
            out[mine] = lot.positive(scores[mine])
        return out

    def judge(self, chances: Floats) -> tuple[Compared, Compared]:
        """Compare the groups, and everybody, if decisions are positive by these chances."""
        cells = self._cells(chances)
        weight = float(cells["w"].sum())
        known = known_metrics()
        outside = {self.attribute: dict.fromkeys(self.left_out, "left_out")}
        question = replace(
            self.question, metrics=[known[name] for name in COMPARED], criteria=[], classes=list(self.classes),
            positive=self.classes[1], outside=outside, scopes=(),
        )  # fmt: skip
        by_group = compare(Tally(Slicing((self.attribute,), (), self.clustered), cells, weight), question)
        keys = [*(["cluster"] if self.clustered else []), "y_true", "y_pred"]
        everybody = cells.groupby(keys, as_index=False, dropna=False)[SUMS].sum()
        if self.clustered:
            everybody["cluster"] = everybody["cluster"].astype(object).where(everybody["cluster"].notna(), None)
        question = replace(question, metrics=[known[self.objective], known["selection_rate"]])
        return by_group, compare(Tally(Slicing((), (), self.clustered), everybody, weight), question)

    def _cells(self, chances: Floats) -> pd.DataFrame:
        rows, count = self.rows, self.rows["count"].to_numpy(np.float64)
        weight = rows["weight"].to_numpy(np.float64)
        frame = pd.DataFrame({"group": rows["group"], "cluster": rows["cluster"], "label": rows["label"]})
        sums = {"n": count, "w": weight * count, "w2": weight**2 * count}
        for name, values in sums.items():
            frame[name], frame[f"{name}+"] = values, values * chances
        keys = ["group", *(["cluster"] if self.clustered else []), "label"]
        frame = frame.drop(columns=[] if self.clustered else ["cluster"])
        summed = frame.groupby(keys, as_index=False, dropna=False, sort=True).sum()
        summed["n+"] = summed["n+"].round()
        parts = []
        for side in (0, 1):
            part = pd.DataFrame({group_column(self.attribute): summed["group"]})
            if self.clustered:
                part["cluster"] = summed["cluster"].astype(object).where(summed["cluster"].notna(), None)
            part["y_true"] = [self.classes[label] for label in summed["label"]]
            part["y_pred"] = self.classes[side]
            for name in SUMS:
                given = summed[f"{name}+"]
                part[name] = given if side else np.maximum(summed[name] - given, 0.0)
            parts.append(part[(part["w"] > 0) | (part["n"] > 0)])
        return pd.concat(parts, ignore_index=True)

    def groups(self, by_group: Compared, chances: Floats, lots: Mapping[str, Lot] | None) -> list[JudgedGroup]:
        """Tell what each group gets, and how many of its decisions would change."""
        rows = self.rows
        weight = rows["weight"].to_numpy(np.float64) * rows["count"].to_numpy(np.float64)
        before = rows["predicted"].to_numpy(np.float64)
        moved = {"newly_positive": chances * (1 - before), "newly_negative": (1 - chances) * before}
        out = []
        for group in by_group.slicing.groups:
            name = group.values[0]
            mine = (rows["group"] == name).to_numpy(bool)
            total = float(weight[mine].sum())
            shares = {
                key: float((weight * values)[mine].sum() / total) if total and lots is not None else None
                for key, values in moved.items()
            }
            out.append(
                JudgedGroup(
                    group=group.values,
                    rules=[] if lots is None else _rules(lots[name]),
                    rates=[rate(value) for value in by_group.metrics if value.group == group.values],
                    **shares,
                )
            )
        return out


def _rules(lot: Lot) -> list[ThresholdRule]:
    def rule(share: float, threshold: float) -> ThresholdRule:
        if np.isinf(threshold):
            return ThresholdRule(share=share, rule="nobody" if threshold > 0 else "everybody", above=None)
        return ThresholdRule(share=share, rule="above", above=threshold)

    tidy = lot.tidy()
    return [rule(share, threshold) for share, threshold in zip(tidy.chances, tidy.thresholds, strict=True)]


def rate(value: MetricValue) -> JudgedRate:
    """Keep what is told of a rate."""
    return JudgedRate(
        metric=value.metric,
        n=value.n or 0,
        value=value.value,
        lower=value.lower,
        upper=value.upper,
        note=value.note,
        doubt=value.doubt,
    )


def gap(found: Disparity) -> JudgedGap:
    """Keep what is told of a gap, its lower end first."""
    ends = [found.worst_group, found.best_group]
    if found.metric == "false_positive_rate":  # of which more is worse
        ends.reverse()
    return JudgedGap(
        metric=found.metric,
        value=found.value,
        lower=found.lower,
        upper=found.upper,
        low_group=ends[0],
        high_group=ends[1],
        note=found.note,
    )


def differences(by_group: Compared) -> dict[str, Disparity]:
    """Differences by metric."""
    return {found.metric: found for found in by_group.disparities if found.aggregate == "difference"}


def gap_of(by_group: Compared, constraint: str) -> JudgedGap:
    """Take the gap that a constraint is about: of two rates the wider, which is bounded by both."""
    parts = [differences(by_group)[name] for name in OF[constraint]]
    widest = gap(compose(constraint, parts))
    uppers = [part.upper for part in parts]
    return widest.model_copy(update={"upper": None if None in uppers else max(upper or 0.0 for upper in uppers)})
