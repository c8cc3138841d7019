"""Everything the fairness room says about one slicing: groups, metrics per group, gaps, and what is of note."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from audit.config import MISSING
from audit.fairness.bounds.inference import EVIDENCE_FLOOR, difference_bounds, ratio_bounds
from audit.fairness.bounds.score_metrics import GroupedScores, group_scores
from audit.fairness.compare.frame import evaluate
from audit.fairness.compare.library import Checked, check_sample
from audit.fairness.compare.scope import Scope, name_of
from audit.fairness.compare.standardised import FineCells, standardise
from audit.fairness.compare.values import GroupedCells, Values
from audit.fairness.metrics.definitions import Metric, closed_values, known_metrics, positives
from audit.fairness.metrics.names import CRITERIA
from audit.fairness.metrics.tables import total
from audit.fairness.scores import ScoreTally
from audit.fairness.tally import Tally
from audit.result import (
    ClassReport,
    Correlation,
    Disparity,
    Group,
    MetricValue,
    SlicingFacts,
)
from audit.store.columns import control_column

#: Groups of a slicing whose values are computed by Fairlearn as well.
GROUPS_CHECKED = 2
CLASS_REPORT = {"precision": "precision", "recall": "true_positive_rate", "f1_score": "f1_score"}
#: Reasons that say a group has nothing to measure at all.
ABSENT = frozenset({"no_rows", "no_labels"})
#: Correlations between more groups than this are not kept in the result.
MOST_CORRELATED = 60


@dataclass(frozen=True)
class Question:
    """What to compute for every slicing.

    Attributes
    ----------
    outside
        Attribute -> (group -> why it stands outside gaps).
    order
        Attribute -> its groups in the order to show them, where they have one.
    scopes
        Which groups rules compare: standardised rates depend on it.
    """

    metrics: list[Metric]
    criteria: list[str]
    classes: list[str]
    positive: str | None
    level: float
    outside: dict[str, dict[str, str]] = field(default_factory=dict)
    order: dict[str, list[str]] = field(default_factory=dict)
    seed: int = 0
    scopes: tuple[Scope, ...] = ()

    def rank(self, attribute: str, value: str) -> tuple[int, str]:
        """Place of a group among those of its attribute: bins as they rise, others by name, missing values last."""
        if value == MISSING:
            return len(self.order.get(attribute, ())) + 1, value
        ordered = self.order.get(attribute, [])
        return (ordered.index(value) if value in ordered else len(ordered)), value

    @property
    def asked(self) -> list[str]:
        """Classes that one-vs-rest metrics are asked about."""
        return [self.positive] if self.positive is not None and len(self.classes) <= 2 else self.classes


@dataclass
class Compared:
    """The comparison of one slicing, pooled over controls and within each stratum."""

    slicing: SlicingFacts
    metrics: list[MetricValue] = field(default_factory=list)
    disparities: list[Disparity] = field(default_factory=list)
    class_reports: list[ClassReport] = field(default_factory=list)
    pooled: list[Values] = field(default_factory=list)
    adjusted: list[MetricValue] = field(default_factory=list)
    correlations: list[Correlation] = field(default_factory=list)
    scores: GroupedScores | None = None
    selected: list[Values] = field(default_factory=list)
    checked: Checked = field(default_factory=Checked)


def compare(
    tally: Tally, question: Question, scores: ScoreTally | None = None, *, check: np.random.Generator | None = None
) -> Compared:
    """Compute groups, metrics and gaps of one slicing from its tallies of decisions and of scores.

    Parameters
    ----------
    check
        Hold values of a few groups, drawn with it, to Fairlearn's.
    """
    attributes = list(tally.slicing.attributes)
    cells = tally.pooled_over_clusters()
    columns = tally.slicing.group_columns
    keys = _group_of(cells, columns)
    groups = sorted(
        set(keys), key=lambda values: [question.rank(*pair) for pair in zip(attributes, values, strict=True)]
    )
    code_of = {group: code for code, group in enumerate(groups)}
    codes = keys.map(code_of).to_numpy(np.int64)
    grouped = GroupedCells(cells, codes, len(groups))
    if scores is not None:
        grouped = replace(grouped, scores=_scores_of(scores, code_of))
    facts = _groups(grouped, groups, attributes, question, tally.weight)
    done = Compared(slicing=SlicingFacts(attributes=attributes, groups=facts), scores=grouped.scores)
    if tally.slicing.clustered:
        fine = GroupedCells(
            tally.cells,
            _group_of(tally.cells, columns).map(code_of).to_numpy(np.int64),
            len(groups),
        )
        grouped = replace(grouped, by_cluster=fine)
    done.pooled = _evaluate(grouped, question)
    if check is not None:
        done.checked = _checked(grouped, done.pooled, question, check)
    _add(done, done.pooled, {}, question)
    done.selected = _selected(grouped, done.pooled, question)
    done.correlations = _correlations(done)
    done.class_reports = _class_reports(grouped, done.slicing, question)
    if tally.slicing.controls:
        controls = list(tally.slicing.controls)
        strata, names = [], []
        for stratum, _ in cells.groupby(tally.slicing.control_columns, sort=True):
            names.append(stratum)
            named = dict(zip(controls, map(str, stratum), strict=True))
            within = _within(grouped, named)
            if scores is not None:
                within = replace(within, scores=_scores_of(scores, code_of, named))
            strata.append(_evaluate(within, question))
            _add(done, strata[-1], named, question)
        _adjust(done, strata, question, _fine_cells(grouped, names, tally, question))
    return done


def _checked(grouped: GroupedCells, pooled: list[Values], question: Question, rng: np.random.Generator) -> Checked:
    coded, done = grouped.coded(question.classes), Checked()
    drawn = str(rng.choice(question.asked)) if question.asked else None
    for cls, cells in ((drawn, coded if drawn is None else coded.asking(question.classes.index(drawn))), (None, coded)):
        found = {v.metric.name: v for v in pooled if v.cls == cls and v.metric.scope in {"class", "all"}}
        values = {name: v.value for name, v in found.items()}
        done += check_sample(cells, [v.metric for v in found.values()], values, groups=GROUPS_CHECKED, rng=rng)
    return done


def _selected(grouped: GroupedCells, pooled: list[Values], question: Question) -> list[Values]:
    """Selection rates of the classes that are asked about, whether or not they are among the metrics."""
    known = [values for values in pooled if values.metric.name == "selection_rate"]
    if known or not question.asked:
        return known
    return _evaluate(grouped, replace(question, metrics=[known_metrics()["selection_rate"]]))


def _fine_cells(grouped: GroupedCells, strata: list[Any], tally: Tally, question: Question) -> FineCells | None:
    """Cells by cluster with the number of their stratum."""
    fine = grouped.by_cluster
    if fine is None:
        return None
    number = {name: code for code, name in enumerate(strata)}
    rows = map(tuple, fine.cells[tally.slicing.control_columns].to_numpy().tolist())
    return FineCells(fine.cells, fine.groups, np.array([number[row] for row in rows], np.int64), question.classes)


def _adjust(done: Compared, strata: list[list[Values]], question: Question, fine: FineCells | None) -> None:
    """Add standardised values, for every set of groups that some rule compares."""
    facts = done.slicing.groups
    for left_out in dict.fromkeys(tuple(scope.left_out(facts)) for scope in (Scope(), *question.scopes)):
        compared = np.array([group.in_gaps and name_of(group.values) not in left_out for group in facts])
        for found in standardise(strata, compared, 1 - question.level, fine):
            said = {"left_out": list(left_out), "support": found.support}
            done.adjusted += [value.model_copy(update=said) for value in _metric_values(found.values, done.slicing, {})]
            done.correlations += [
                correlation.model_copy(update={"left_out": list(left_out)})
                for correlation in _correlations_of(done.slicing, [found.values])
            ]


def _scores_of(scores: ScoreTally, code_of: dict[Any, int], stratum: dict[str, str] | None = None) -> GroupedScores:
    """Arrange scores by group; within a stratum only their sums, which are what it keeps apart."""
    columns = scores.slicing.group_columns
    sums = _group_of(scores.sums, columns).map(code_of).to_numpy(np.int64)
    counts = _group_of(scores.counts, columns).map(code_of).to_numpy(np.int64)
    for control, value in (stratum or {}).items():
        sums = np.where((scores.sums[control_column(control)] == value).to_numpy(bool), sums, -1)
    if stratum:
        counts = np.full_like(counts, -1)
    return replace(group_scores(scores, sums, counts, len(code_of)), ranked=not stratum)


def _correlations(done: Compared) -> list[Correlation]:
    """Keep what the judge needs to know of values that are not independent of each other."""
    return _correlations_of(done.slicing, done.pooled)


def _correlations_of(slicing: SlicingFacts, pooled: list[Values]) -> list[Correlation]:
    if not 1 < len(slicing.groups) <= MOST_CORRELATED:
        return []
    return [
        Correlation(
            attributes=slicing.attributes,
            metric=values.metric.name,
            cls=values.cls,
            groups=[group.values for group in slicing.groups],
            left_out=None,
            matrix=np.round(values.correlation, 6).tolist(),
        )
        for values in pooled
        if values.correlation is not None
    ]


def _group_of(cells: pd.DataFrame, columns: list[str]) -> pd.Series[Any]:
    return pd.Series(list(map(tuple, cells[columns].astype(str).to_numpy().tolist())), dtype=object)


def _within(grouped: GroupedCells, stratum: dict[str, str]) -> GroupedCells:
    """Keep the cells of one stratum."""
    kept = np.ones(len(grouped.cells), dtype=bool)
    for control, value in stratum.items():
        kept &= (grouped.cells[control_column(control)] == value).to_numpy(bool)
    fine = _within(grouped.by_cluster, stratum) if grouped.by_cluster else None
    # Its own scores are put in by the caller.
    return GroupedCells(grouped.cells[kept].reset_index(drop=True), grouped.groups[kept], grouped.size, fine)


def _groups(
    grouped: GroupedCells, groups: list[tuple[str, ...]], attributes: list[str], question: Question, total: float
) -> list[Group]:
    coded = grouped.coded(question.classes)
    n, weight, squared = (
        np.bincount(coded.group, values, coded.groups).astype(np.float64) for values in (coded.n, coded.w, coded.w2)
    )
    labelled = np.bincount(coded.group, coded.n * coded.labelled, coded.groups)
    if not question.classes and grouped.scores is not None:  # true numbers are among the scores, not in the cells
        labelled = grouped.scores.sums["ln"].sum(-1)
    by_label, by_prediction = coded.counts()
    out = []
    for code, group in enumerate(groups):
        reasons = [question.outside.get(name, {}).get(value) for name, value in zip(attributes, group, strict=True)]
        reason = next((reason for reason in reasons if reason), None)
        out.append(
            Group(
                values=list(group),
                n=int(n[code]),
                share=float(weight[code] / total) if total else 0.0,
                weight=float(weight[code]),
                effective_n=float(weight[code] ** 2 / squared[code]) if squared[code] else 0.0,
                n_labelled=int(labelled[code]),
                by_label=dict(zip(question.classes, map(int, by_label[code]), strict=True)),
                by_prediction=dict(zip(question.classes, map(int, by_prediction[code]), strict=True)),
                in_gaps=reason is None,
                note=reason,
            )
        )
    return out


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _evaluate(grouped: GroupedCells, question: Question) -> list[Values]:
    return evaluate(
        grouped,
        question.metrics,
        classes=question.classes,
        asked=question.asked,
        alpha=1 - question.level,
        seed=question.seed,
    )


def _metric_values(item: Values, slicing: SlicingFacts, stratum: dict[str, str]) -> list[MetricValue]:
    return [
        MetricValue(
            attributes=slicing.attributes,
            stratum=stratum,
            group=group.values,
            metric=item.metric.name,
            cls=item.cls,
            n=int(item.n[code]),
            value=_number(item.value[code]),
            lower=_number(item.lower[code]),
            upper=_number(item.upper[code]),
            note=item.why[code],
            **item.evidence(code),
        )
        for code, group in enumerate(slicing.groups)
        if not (stratum and item.why[code] in ABSENT)  # the group does not occur in this stratum
    ]


def _add(done: Compared, values: list[Values], stratum: dict[str, str], question: Question) -> None:
    slicing = done.slicing
    gaps: dict[tuple[str, str | None, str], Disparity] = {}
    for item in values:
        done.metrics += _metric_values(item, slicing, stratum)
        if item.metric.gap and slicing.attributes:
            for gap in _gaps(item, slicing, stratum, question.level):
                gaps[item.metric.name, item.cls, gap.aggregate] = gap
    for criterion in question.criteria:
        for cls in question.asked:
            for aggregate in ("difference", "ratio"):
                parts = [gaps[name, cls, aggregate] for name in CRITERIA[criterion] if (name, cls, aggregate) in gaps]
                if parts:
                    done.disparities.append(_compose(criterion, parts))
    done.disparities += gaps.values()


def _gaps(item: Values, slicing: SlicingFacts, stratum: dict[str, str], level: float) -> list[Disparity]:
    in_gaps = np.array([group.in_gaps for group in slicing.groups])
    defined = ~np.isnan(item.value)
    kept = np.flatnonzero(in_gaps & defined)
    absent = np.array([bool(stratum) and why in ABSENT for why in item.why])
    base: dict[str, Any] = {
        "attributes": slicing.attributes,
        "stratum": stratum,
        "metric": item.metric.name,
        "cls": item.cls,
        "lower": None,
        "upper": None,
        "compared": len(kept),
        "undefined": int((in_gaps & ~defined & ~absent).sum()),
    }
    if len(kept) < 2:
        empty = {**base, "value": None, "worst_group": None, "best_group": None, "note": "fewer_than_two_groups"}
        return [Disparity(aggregate="difference", **empty), Disparity(aggregate="ratio", **empty)]
    low, high = (int(kept[pick(item.value[kept])]) for pick in (np.argmin, np.argmax))
    worst, best = (low, high) if item.metric.better == "high" else (high, low)
    smallest, largest = float(item.value[low]), float(item.value[high])
    note = "undefined_groups_left_out" if base["undefined"] else None
    named = {**base, "worst_group": slicing.groups[worst].values, "best_group": slicing.groups[best].values}
    # Rates (.3, 0) have the ratio 0; of (0, 0) there is none.
    ratio = smallest / largest if largest > 0 and smallest >= 0 else None
    bounds: dict[str, dict[str, Any]] = {"difference": {}, "ratio": {}}
    alpha = 1 - level
    # A standard error of a handful of decisions is itself a guess.
    sure = kept[item.sure[kept]]
    if item.error is not None:
        sure = sure[(item.effective >= EVIDENCE_FLOOR)[sure]]
    if not item.sure[kept].all():
        note = note or "no_guarantee"
    if len(sure) == len(kept):
        estimates = item.among(sure)
        found = difference_bounds(estimates, alpha)
        bounds["difference"] = {"lower": found.lower, "upper": found.upper}
        if ratio is not None:
            found = ratio_bounds(estimates, alpha)
            bounds["ratio"] = {"lower": found.lower, "upper": found.upper}
    return [
        Disparity(aggregate="difference", value=largest - smallest, note=note, **(named | bounds["difference"])),
        Disparity(
            aggregate="ratio",
            value=ratio,
            note=note if ratio is not None else "ratio_of_zeros",
            **(named | bounds["ratio"]),
        ),
    ]


def _compose(criterion: str, parts: list[Disparity]) -> Disparity:
    """Take the worse of the parts: the widest difference, the smallest ratio. Undefined if any part is."""
    worst = parts[0]
    for part in parts[1:]:
        if worst.value is None:
            break
        if part.value is None or (part.value > worst.value) == (part.aggregate == "difference"):
            worst = part
    return worst.model_copy(update={"metric": criterion})


def _class_reports(grouped: GroupedCells, slicing: SlicingFacts, question: Question) -> list[ClassReport]:
    if not slicing.attributes or grouped.cells["y_true"].isna().all():
        return []
    known = known_metrics()
    tables = grouped.coded(question.classes).one_vs_rest(list(range(len(question.classes))), labelled=True)
    found = {name: closed_values(known[metric], tables) for name, metric in CLASS_REPORT.items()}
    support = total(tables.n, tables.mask(positives))
    return [
        ClassReport(
            attributes=slicing.attributes,
            group=group.values,
            cls=cls,
            support=int(support[at, code]),
            **{name: _number(values[at, code]) for name, values in found.items()},
        )
        for at, cls in enumerate(question.classes)
        for code, group in enumerate(slicing.groups)
    ]
