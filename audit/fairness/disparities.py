"""Everything the fairness room says about one slicing: groups, metrics per group, gaps, and what is of note."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.fairness.frame import Values, evaluate
from audit.fairness.intervals import wilson
from audit.fairness.metrics import Metric, known_metrics
from audit.fairness.names import CRITERIA
from audit.fairness.tally import Tally
from audit.result import ClassReport, Disparity, Finding, FindingsSummary, Group, MetricValue, Note, Slicing

#: A crossing with more observed groups than this is reported as too fine, not computed.
MOST_CROSSED_GROUPS = 1000


@dataclass(frozen=True)
class Question:
    """What to compute for every slicing.

    Attributes
    ----------
    outside
        Attribute -> (group -> why it stands outside gaps).
    """

    metrics: list[Metric]
    criteria: list[str]
    classes: list[str]
    positive: str | None
    level: float
    outside: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def asked(self) -> list[str]:
        """Classes that one-vs-rest metrics are asked about."""
        return [self.positive] if self.positive is not None and len(self.classes) <= 2 else self.classes


@dataclass
class Compared:
    """The comparison of one slicing, pooled over controls and within each stratum."""

    slicing: Slicing | None = None
    metrics: list[MetricValue] = field(default_factory=list)
    disparities: list[Disparity] = field(default_factory=list)
    class_reports: list[ClassReport] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    pooled: list[Values] = field(default_factory=list)


def compare(tally: Tally, question: Question) -> Compared:
    """Compute groups, metrics and gaps of one slicing from its tally."""
    attributes = list(tally.slicing.attributes)
    cells = tally.cells
    keys = pd.Series(list(map(tuple, cells[attributes].astype(str).to_numpy().tolist())), dtype=object)
    groups = sorted(set(keys))
    if len(groups) > MOST_CROSSED_GROUPS:
        params: dict[str, str | int | float | None | list[str]] = {"attributes": attributes, "groups": len(groups), "limit": MOST_CROSSED_GROUPS}
        return Compared(notes=[Note(code="crossing_too_fine", params=params)])
    code_of = {group: code for code, group in enumerate(groups)}
    codes = keys.map(code_of).to_numpy(np.int64)
    facts = [_group(cells[codes == code], group, attributes, question, cells["w"].sum()) for group, code in code_of.items()]
    done = Compared(slicing=Slicing(attributes=attributes, groups=facts))
    in_gaps = np.array([fact.in_gaps for fact in facts])
    alpha = 1 - question.level

    done.pooled = evaluate(cells, codes, len(groups), question.metrics, question.classes, question.asked, alpha)
    _add(done, done.pooled, groups, attributes, {}, in_gaps, question)
    done.class_reports = _class_reports(cells, codes, groups, attributes, question)
    if tally.slicing.controls:
        for stratum, part in cells.groupby(list(tally.slicing.controls), sort=True):
            named = dict(zip(tally.slicing.controls, map(str, stratum), strict=True))
            values = evaluate(part, codes[part.index], len(groups), question.metrics, question.classes, question.asked, alpha)
            _add(done, values, groups, attributes, named, in_gaps, question)
    return done


def findings(compared: list[Compared], level: float) -> FindingsSummary:
    """Gaps too wide for chance, widest distance first.

    Every Wilson interval of every group, proportion and slicing is widened (Bonferroni) until all of them hold at the
    same time with probability `level`. If the two groups' intervals then do not touch, the gap is of note: with equal
    true rates everywhere this reports anything at all in at most 1 − `level` of audits, however many groups there are.
    Complements (FNR beside TPR) are left out, as they would say everything twice. Rows are taken as independent.
    """
    looked: list[tuple[Slicing, Values, npt.NDArray[np.int64]]] = []
    for item in compared:
        if item.slicing is None or not item.slicing.attributes:
            continue
        in_gaps = np.array([group.in_gaps for group in item.slicing.groups])
        for values in item.pooled:
            metric = values.metric
            kept = np.flatnonzero(in_gaps & ~np.isnan(values.value))
            if metric.numerator is not None and metric.gap and metric.complement_of is None and len(kept) > 1:
                looked.append((item.slicing, values, kept))
    intervals = sum(len(kept) for _, _, kept in looked)
    items = []
    for slicing, values, kept in looked:
        lower, upper = wilson(
            values.value[kept], values.weight[kept], values.weight_squared[kept], (1 - level) / max(intervals, 1)
        )
        low, high = int(np.argmin(upper)), int(np.argmax(lower))
        distance = float(lower[high] - upper[low])
        if distance > 0:
            a, b = int(kept[low]), int(kept[high])
            items.append(
                Finding(
                    code="gap_clear_of_chance",
                    attributes=slicing.attributes,
                    metric=values.metric.name,
                    cls=values.cls,
                    low_group=slicing.groups[a].values,
                    low_value=float(values.value[a]),
                    low_n=int(values.n[a]),
                    high_group=slicing.groups[b].values,
                    high_value=float(values.value[b]),
                    high_n=int(values.n[b]),
                    difference=float(values.value[b] - values.value[a]),
                    distance=distance,
                )
            )
    items.sort(key=lambda finding: (-finding.distance, finding.attributes, finding.metric))
    return FindingsSummary(level=level, intervals=intervals, gaps=len(looked), items=items)


def _group(cells: pd.DataFrame, values: tuple[str, ...], attributes: list[str], question: Question, total: float) -> Group:
    reasons = [question.outside.get(name, {}).get(value) for name, value in zip(attributes, values, strict=True)]
    reason = next((reason for reason in reasons if reason), None)
    weight, squared = float(cells["w"].sum()), float(cells["w2"].sum())
    labelled = cells[cells["y_true"].notna()]
    return Group(
        values=list(values),
        n=int(cells["n"].sum()),
        share=weight / total if total else 0.0,
        weight=weight,
        effective_n=weight**2 / squared if squared else 0.0,
        n_labelled=int(labelled["n"].sum()),
        by_label={cls: int(labelled.loc[labelled["y_true"] == cls, "n"].sum()) for cls in question.classes},
        by_prediction={cls: int(cells.loc[cells["y_pred"] == cls, "n"].sum()) for cls in question.classes},
        in_gaps=reason is None,
        note=reason,
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _add(
    done: Compared, values: list[Values], groups: list[tuple[str, ...]], attributes: list[str], stratum: dict[str, str],
    in_gaps: npt.NDArray[np.bool_], question: Question,
) -> None:
    gaps: dict[tuple[str, str | None, str], Disparity] = {}
    for item in values:
        for code, group in enumerate(groups):
            if stratum and item.why[code] in {"no_rows", "no_labels"}:
                continue  # the group does not occur in this stratum
            done.metrics.append(
                MetricValue(
                    attributes=attributes,
                    stratum=stratum,
                    group=list(group),
                    metric=item.metric.name,
                    cls=item.cls,
                    n=int(item.n[code]),
                    value=_number(item.value[code]),
                    lower=_number(item.lower[code]),
                    upper=_number(item.upper[code]),
                    note=item.why[code],
                )
            )
        if item.metric.gap and attributes:
            for gap in _gaps(item, groups, attributes, stratum, in_gaps):
                gaps[item.metric.name, item.cls, gap.aggregate] = gap
    for criterion in question.criteria:
        for cls in question.asked:
            for aggregate in ("difference", "ratio"):
                parts = [gaps[name, cls, aggregate] for name in CRITERIA[criterion] if (name, cls, aggregate) in gaps]
                if parts:
                    done.disparities.append(_compose(criterion, parts))
    done.disparities += gaps.values()


def _gaps(
    item: Values, groups: list[tuple[str, ...]], attributes: list[str], stratum: dict[str, str], in_gaps: npt.NDArray[np.bool_]
) -> list[Disparity]:
    defined = ~np.isnan(item.value)
    kept = np.flatnonzero(in_gaps & defined)
    absent = [why in {"no_rows", "no_labels"} for why in item.why] if stratum else [False] * len(groups)
    undefined = int((in_gaps & ~defined & ~np.array(absent, dtype=bool)).sum())
    base = {
        "attributes": attributes, "stratum": stratum, "metric": item.metric.name, "cls": item.cls, "lower": None,
        "upper": None, "compared": len(kept), "undefined": undefined,
    }
    if len(kept) < 2:
        empty = {**base, "value": None, "worst_group": None, "best_group": None, "note": "fewer_than_two_groups"}
        return [Disparity(aggregate="difference", **empty), Disparity(aggregate="ratio", **empty)]
    low, high = kept[int(np.argmin(item.value[kept]))], kept[int(np.argmax(item.value[kept]))]
    worst, best = (low, high) if item.metric.better == "high" else (high, low)
    smallest, largest = float(item.value[low]), float(item.value[high])
    note = "undefined_groups_left_out" if undefined else None
    named = {**base, "worst_group": list(groups[worst]), "best_group": list(groups[best])}
    ratio = smallest / largest if largest > 0 and smallest >= 0 else None
    return [
        Disparity(aggregate="difference", value=largest - smallest, note=note, **named),
        Disparity(aggregate="ratio", value=ratio, note=note if ratio is not None else "ratio_of_zeros", **named),
    ]


def _compose(criterion: str, parts: list[Disparity]) -> Disparity:
    """Take the worse of the parts: the widest difference, the smallest ratio. Undefined if any part is."""
    unknown = next((part for part in parts if part.value is None), None)
    if unknown is not None:
        worst = unknown
    else:
        key = (lambda part: part.value) if parts[0].aggregate == "difference" else (lambda part: -part.value)
        worst = max(parts, key=key)
    return worst.model_copy(update={"metric": criterion})


def _class_reports(
    cells: pd.DataFrame, codes: npt.NDArray[np.int64], groups: list[tuple[str, ...]], attributes: list[str], question: Question
) -> list[ClassReport]:
    if not attributes or cells["y_true"].isna().all():
        return []
    known = known_metrics()
    recall = replace(known["true_positive_rate"], name="recall")
    wanted = [known["precision"], recall, known["f1_score"]]
    values = evaluate(cells, codes, len(groups), wanted, question.classes, question.classes, 1 - question.level)
    found = {(item.metric.name, item.cls): item for item in values}
    return [
        ClassReport(
            attributes=attributes,
            group=list(group),
            cls=cls,
            support=int(found["recall", cls].n[code]),
            precision=_number(found["precision", cls].value[code]),
            recall=_number(found["recall", cls].value[code]),
            f1_score=_number(found["f1_score", cls].value[code]),
        )
        for cls in question.classes
        for code, group in enumerate(groups)
    ]
