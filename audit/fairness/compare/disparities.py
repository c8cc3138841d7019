"""What the fairness room says about one slicing: groups, metrics per group, gaps, and how values hang together."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from audit.fairness.bounds.score_metrics import GroupedScores
from audit.fairness.compare.frame import evaluate
from audit.fairness.compare.gaps import ABSENT, compose, gaps_of
from audit.fairness.compare.grouping import describe_groups, fine_cells, group_of, scores_of, stratum_of
from audit.fairness.compare.library import Checked, check_sample
from audit.fairness.compare.question import Question
from audit.fairness.compare.scope import Scope, name_of
from audit.fairness.compare.standardised import FineCells, standardise
from audit.fairness.compare.values import GroupedCells, Values
from audit.fairness.metrics.definitions import closed_values, known_metrics
from audit.fairness.metrics.names import CRITERIA
from audit.fairness.metrics.sets import positives
from audit.fairness.metrics.tables import total
from audit.fairness.scores import ScoreTally
from audit.fairness.tally import Tally
from audit.result import (
    ClassReport,
    Correlation,
    Disparity,
    MetricValue,
    SlicingFacts,
)

#: Groups of a slicing whose values are computed by Fairlearn as well.
GROUPS_CHECKED = 2
CLASS_REPORT = {"precision": "precision", "recall": "true_positive_rate", "f1_score": "f1_score"}
#: Correlations between more groups than this are not kept in the result.
MOST_CORRELATED = 60


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
    keys = group_of(cells, columns)
    groups = sorted(
        set(keys), key=lambda values: [question.rank(*pair) for pair in zip(attributes, values, strict=True)]
    )
    code_of = {group: code for code, group in enumerate(groups)}
    codes = keys.map(code_of).to_numpy(np.int64)
    grouped = GroupedCells(cells, codes, len(groups))
    if scores is not None:
        grouped = replace(grouped, scores=scores_of(scores, code_of))
    facts = describe_groups(grouped, groups, attributes, question, tally.weight)
    done = Compared(slicing=SlicingFacts(attributes=attributes, groups=facts), scores=grouped.scores)
    if tally.slicing.clustered:
        fine = GroupedCells(
            tally.cells,
            group_of(tally.cells, columns).map(code_of).to_numpy(np.int64),
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
            within = stratum_of(grouped, named)
            if scores is not None:
                within = replace(within, scores=scores_of(scores, code_of, named))
            strata.append(_evaluate(within, question))
            _add(done, strata[-1], named, question)
        _adjust(done, strata, question, fine_cells(grouped, names, tally, question))
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
    if known or not question.selectable:
        return known
    return _evaluate(grouped, replace(question, metrics=[known_metrics()["selection_rate"]]))


def _adjust(done: Compared, strata: list[list[Values]], question: Question, fine: FineCells | None) -> None:
    """Add standardised values, for every set of groups that some rule compares."""
    facts = done.slicing.groups
    for left_out in dict.fromkeys(tuple(scope.left_out(facts)) for scope in (Scope(), *question.scopes)):
        compared = np.array([group.in_gaps and name_of(group.values) not in left_out for group in facts], bool)
        for found in standardise(strata, compared, 1 - question.level, fine):
            said = {"left_out": list(left_out), "support": found.support}
            done.adjusted += [value.model_copy(update=said) for value in _metric_values(found.values, done.slicing, {})]
            done.correlations += [
                correlation.model_copy(update={"left_out": list(left_out)})
                for correlation in _correlations_of(done.slicing, [found.values])
            ]


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
            for gap in gaps_of(item, slicing, stratum, question.level):
                gaps[item.metric.name, item.cls, gap.aggregate] = gap
    for criterion in question.criteria:
        for cls in question.asked:
            for aggregate in ("difference", "ratio"):
                parts = [gaps[name, cls, aggregate] for name in CRITERIA[criterion] if (name, cls, aggregate) in gaps]
                if parts:
                    done.disparities.append(compose(criterion, parts))
    done.disparities += gaps.values()


def _class_reports(grouped: GroupedCells, slicing: SlicingFacts, question: Question) -> list[ClassReport]:
    if not slicing.attributes or grouped.cells["y_true"].isna().all():
        return []
    known = known_metrics()
    told = [cls for cls in question.classes if cls != question.nothing]
    at = [question.classes.index(cls) for cls in told]
    tables = grouped.coded(question.classes).one_vs_rest(at, labelled=True)
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
        for at, cls in enumerate(told)
        for code, group in enumerate(slicing.groups)
    ]
