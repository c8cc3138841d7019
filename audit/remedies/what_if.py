"""Thresholds for the groups of one attribute: chosen on one half, judged on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.compare.question import Question
from audit.remedies.curves import Points, both_labels, points_of
from audit.remedies.frontier import frontier
from audit.remedies.halves import halve
from audit.remedies.judged import Bench, differences, gap, gap_of, rate
from audit.remedies.thresholds import Lot, choose, one_threshold
from audit.result.remedies import Constraint, FrontierPoint, LeftOut, Remedy, RemedyCode, ThresholdWhatIf


@dataclass(frozen=True)
class Wanted:
    """What is tried.

    Attributes
    ----------
    constraints
        What thresholds by group are to make alike.
    grid, most, steps
        Steps of the shared rate; candidate thresholds of a group; points of the curve of objective against gap.
    """

    constraints: Sequence[Constraint]
    objective: str
    grid: int
    most: int
    steps: int


def what_if(
    rows: pd.DataFrame,
    attribute: str,
    classes: tuple[str, str],
    outside: Mapping[str, str],
    question: Question,
    wanted: Wanted,
) -> ThresholdWhatIf:
    """Choose thresholds on half of the decisions, and judge them on the rest.

    Parameters
    ----------
    rows
        Scored and labelled decisions: `group`, `label` and `predicted` (0 or 1), `score`, `weight`, `cluster`, `count`.
    classes
        What is not positive, and what is.
    outside
        Groups that enter no gap, with the reason.
    """
    fitted, judged = halve(rows, question.seed)
    left_out = [LeftOut(group=[name], note=why) for name, why in sorted(_too_few(fitted, judged, outside).items())]
    names = [item.group[0] for item in left_out]
    tried = sorted(set(rows["group"]) - set(names))
    sizes = {"fitted": int(fitted["count"].sum()), "judged": int(judged["count"].sum())}
    told = {"attributes": [attribute], "cls": classes[1], "left_out": left_out, **sizes}
    if len(tried) < 2:
        return ThresholdWhatIf(exact=True, remedies=[], frontier=[], note="fewer_than_two_groups", **told)
    groups = {name: points_of(fitted[fitted["group"] == name], wanted.most) for name in tried}
    clustered = bool(rows["cluster"].notna().any())
    bench = Bench(judged, attribute, classes, tuple(names), question, wanted.objective, clustered)
    threshold, objective = one_threshold(points_of(fitted, wanted.most * len(tried)), wanted.objective)
    common = Lot((1.0,), (threshold,))
    everyone = dict.fromkeys([*tried, *names], common)
    remedies = [_remedy(bench, "as_decided", None, None), _remedy(bench, "one_threshold", everyone, objective)]
    for constraint in wanted.constraints:
        chosen = choose(groups, constraint, wanted.objective, wanted.grid)
        remedies.append(_remedy(bench, constraint, everyone | chosen.lots, chosen.objective))
    return ThresholdWhatIf(
        exact=all(points.exact for points in groups.values()),
        remedies=remedies,
        frontier=[point for code in wanted.constraints for point in _frontier(bench, groups, everyone, code, wanted)],
        note=None,
        **told,
    )


def _too_few(fitted: pd.DataFrame, judged: pd.DataFrame, outside: Mapping[str, str]) -> dict[str, str]:
    """Groups that have no thresholds of their own: they stand outside gaps, or too little is known of them."""
    out = {}
    for name in sorted({*fitted["group"], *judged["group"]}):
        if name in outside:
            out[name] = "outside_gaps"
            continue
        enough = np.all([both_labels(half[half["group"] == name], EVIDENCE_FLOOR) for half in (fitted, judged)], axis=0)
        if not enough.all():
            out[name] = "too_few_positives" if not enough[1] else "too_few_negatives"
    return out


def _remedy(bench: Bench, code: RemedyCode, lots: Mapping[str, Lot] | None, objective: float | None) -> Remedy:
    chances = bench.rows["predicted"].to_numpy(np.float64) if lots is None else bench.chances(lots)
    by_group, everybody = bench.judge(chances)
    return Remedy(
        code=code,
        groups=bench.groups(by_group, chances, lots),
        gaps=[gap(found) for found in differences(by_group).values()],
        overall=[rate(value) for value in everybody.metrics],
        fitted_objective=objective,
    )


def _frontier(
    bench: Bench, groups: Mapping[str, Points], everyone: Mapping[str, Lot], constraint: Constraint, wanted: Wanted
) -> list[FrontierPoint]:
    points = []
    for best in frontier(groups, constraint, wanted.objective, wanted.steps) if wanted.steps else []:
        by_group, everybody = bench.judge(bench.chances({**everyone, **best.lots}))
        found = next(value for value in everybody.metrics if value.metric == wanted.objective)
        apart = gap_of(by_group, constraint)
        points.append(
            FrontierPoint(
                constraint=constraint,
                allowed=best.allowed,
                fitted_objective=best.objective,
                objective=found.value,
                objective_lower=found.lower,
                objective_upper=found.upper,
                gap=apart.value,
                gap_lower=apart.lower,
                gap_upper=apart.upper,
            )
        )
    return points
