"""Groups, metrics and gaps of a result, as they may be told to everybody."""

from __future__ import annotations

from typing import Any

from audit.disclosure.outcomes import MEANS_OVER_SCORES, RANKINGS
from audit.disclosure.suppress import LEAST
from audit.disclosure.told import Question, Told, question_of
from audit.fairness.metrics.names import CRITERIA
from audit.result import AuditResult, ClearGap, ClearGaps, Disparity, Group, ImpactTable, MetricValue, SlicingFacts

#: Metrics whose denominator does not depend on what was predicted, so that it is the same in both versions.
OF_SAME_DECISIONS = frozenset(
    {"selection_rate", "true_positive_rate", "false_positive_rate", "false_negative_rate", "true_negative_rate",
     "accuracy", "hamming_loss", "micro_recall"}
)  # fmt: skip
#: What stands in `note` of what is not told.
SUPPRESSED = "suppressed"


class PublicGroups:
    """Decides about everything that names a group.

    Parameters
    ----------
    told
        What may be told of counts by label and prediction, decided.
    """

    def __init__(self, told: Told) -> None:
        self.told = told
        self._result = told.result
        self._apart = _counted_apart(told)
        self._shown = {at for at, value in enumerate(self._result.metrics) if self._is_told(at, value)}
        self._strata = {question_of(self._result.metrics[at])[1] for at in self._shown}
        self._groups: dict[Question, dict[tuple[str, ...], int]] = {}
        for at, value in enumerate(self._result.metrics):
            self._groups.setdefault(question_of(value), {})[tuple(value.group)] = at
        self._gaps: dict[tuple[Question, str], bool] = {
            (question_of(gap), gap.aggregate): self._is_gap_told(gap)
            for gap in self._result.disparities
            if gap.metric not in CRITERIA
        }

    def shows(self, attributes: list[str], group: list[str] | None) -> bool:
        """Whether a group is named."""
        return group is None or self.told.is_shown(attributes, group)

    @property
    def tells_everything(self) -> bool:
        """Whether there was nothing to suppress."""
        return self.told.kept >= self.told.items.keys()

    def tells_labels(self, attributes: list[str], group: list[str]) -> bool:
        """Whether the labels of a group are told."""
        return all(("label", tuple(attributes), tuple(group), cls) in self.told.kept for cls in self._result.classes)

    def tells(self, question: Question, group: list[str]) -> bool:
        """Whether a metric of a group is told."""
        return self._groups.get(question, {}).get(tuple(group)) in self._shown

    def tells_all(self, question: Question) -> bool:
        """Whether a metric is told of every group of a slicing."""
        groups = self._groups.get(question, {})
        return bool(groups) and set(groups.values()) <= self._shown

    def ends(self, question: Question) -> set[tuple[str, ...]]:
        """The two groups that a gap is between."""
        return {
            tuple(group)
            for gap in self._result.disparities
            if question_of(gap) == question
            for group in (gap.worst_group, gap.best_group)
            if group
        }

    def baseline_is_large(self, question: Question) -> bool:
        """Whether the numerators of a metric were large in the baseline of a comparison, too, in every group."""
        sizes = {group: self._result.metrics[at].n or 0 for group, at in self._groups.get(question, {}).items()}
        found = self._result.comparison.changes if self._result.comparison else []
        values = [item for item in found if (tuple(item.attributes), (), item.metric, item.cls) == question]
        if question[2] in {*MEANS_OVER_SCORES, *RANKINGS}:
            return bool(values)
        if question[2] not in OF_SAME_DECISIONS:
            return False
        return all(
            item.baseline.value is not None
            and min(rate * sizes.get(tuple(item.group), 0) for rate in (item.baseline.value, 1 - item.baseline.value))
            >= LEAST
            for item in values
        )

    def tells_gap(self, question: Question, aggregate: str) -> bool:
        """Whether a gap is told: of a criterion, whether all it is made of are."""
        attributes, stratum, metric, cls = question
        return all(
            self._gaps.get(((attributes, stratum, part, cls), aggregate), False)
            for part in CRITERIA.get(metric, (metric,))
        )

    def fairness(self) -> dict[str, Any]:
        """Every field of `Fairness` that is not told as it is."""
        result = self._result
        return {
            "slicings": self._slicings(),
            "metrics": [
                self._metric(at, value)
                for at, value in enumerate(result.metrics)
                if self.shows(value.attributes, value.group) and self._names(value.stratum)
            ],
            "adjusted": [
                self._adjusted(value) for value in result.adjusted if self.shows(value.attributes, value.group)
            ],
            "correlations": [],
            "disparities": [
                self._gap(gap)
                for gap in result.disparities
                if self._has_groups(gap.attributes) and self._names(gap.stratum)
            ],
            "class_reports": [
                report for at, report in enumerate(result.class_reports) if ("report", at) in self.told.kept
            ],
            "stratified": [
                test
                for test in result.stratified
                if self._is_adjusted_told(test.attributes, "selection_rate", test.cls, [test.group, test.reference])
            ],
            "adverse_impact": [
                item for at, item in enumerate(result.adverse_impact) if ("adverse", at) in self.told.kept
            ],
            "impact_ratios": [
                self._impact(at, table)
                for at, table in enumerate(result.impact_ratios)
                if self._has_groups(table.attributes)
            ],
            "scores": [],
            "clear_gaps": self.clear_gaps(result.clear_gaps),
            "discovery": None,
        }

    def clear_gaps(self, found: ClearGaps) -> ClearGaps:
        """Gaps clear of chance whose two values are told."""
        items = [item for item in found.items if self._is_clear_gap_told(item)]
        return found.model_copy(update={"items": items, "suppressed": len(found.items) - len(items)})

    def _names(self, stratum: dict[str, str]) -> bool:
        """Whether a stratum is named: not where nothing is told of it, as its values are cells of the data."""
        return not stratum or tuple(sorted(stratum.items())) in self._strata

    def _has_groups(self, attributes: list[str]) -> bool:
        return any(
            self.shows(attributes, group.values)
            for slicing in self._result.slicings
            if slicing.attributes == attributes
            for group in slicing.groups
        )

    def _impact(self, at: int, table: ImpactTable) -> ImpactTable:
        kept, known = self.told.kept, ("highest", at) in self.told.kept
        rows = [
            row if known else row.model_copy(update={"impact_ratio": None})
            for row in table.groups
            if ("impact", at, tuple(row.group)) in kept and self.shows(table.attributes, row.group)
        ]
        unknown = [row for row in table.groups if row.standing == "unknown"]
        counted = all(self.shows(table.attributes, row.group) for row in unknown)
        return table.model_copy(
            update={
                "groups": rows,
                "highest": table.highest if known else None,
                "unknown": table.unknown if counted else None,
            }
        )

    def _slicings(self) -> list[SlicingFacts]:
        shown = []
        for slicing in self._result.slicings:
            groups = [
                self._group(tuple(slicing.attributes), group)
                for group in slicing.groups
                if self.shows(slicing.attributes, group.values)
            ]
            if groups:
                shown.append(slicing.model_copy(update={"groups": groups}))
        return shown

    def _group(self, attributes: tuple[str, ...], group: Group) -> Group:
        kept, name = self.told.kept, (attributes, tuple(group.values))
        labelled = group.n_labelled if ("labelled", *name) in kept else None
        return group.model_copy(
            update={
                "n_labelled": labelled,
                "by_label": {cls: n if ("label", *name, cls) in kept else None for cls, n in group.by_label.items()},
                "by_prediction": {
                    cls: n if ("prediction", *name, cls) in kept else None for cls, n in group.by_prediction.items()
                },
            }
        )

    def _is_told(self, at: int, value: MetricValue) -> bool:
        if ("metric", at) in self.told.items:
            return ("metric", at) in self.told.kept
        return at in self._apart

    def _metric(self, at: int, value: MetricValue) -> MetricValue:
        return value.model_copy(update={"sketch": None} if at in self._shown else _WITHOUT)

    def _adjusted(self, value: MetricValue) -> MetricValue:
        told = self._is_adjusted_told(value.attributes, value.metric, value.cls, [value.group])
        left_out = [name for name in value.left_out if self.shows(value.attributes, [name])]
        return value.model_copy(update={"sketch": None, "left_out": left_out} if told else _WITHOUT)

    def _is_adjusted_told(self, attributes: list[str], metric: str, cls: str | None, groups: list[list[str]]) -> bool:
        """A standardised value is told where it is told of all strata that it is put together of."""
        strata = [
            (question, places)
            for question, places in self._groups.items()
            if question[0] == tuple(attributes) and question[1] and question[2:] == (metric, cls)
        ]
        places = [found[tuple(group)] for _, found in strata for group in groups if tuple(group) in found]
        return bool(places) and set(places) <= self._shown

    def tells_all_adjusted(self, attributes: list[str], metric: str, cls: str | None) -> bool:
        """Whether the standardised values of all groups are told."""
        groups = [group.values for slicing in self._result.slicings if slicing.attributes == attributes
                  for group in slicing.groups]  # fmt: skip
        return self._is_adjusted_told(attributes, metric, cls, groups)

    def _is_gap_told(self, gap: Disparity) -> bool:
        if gap.value is None:
            return self.tells_all(question_of(gap))
        ends = tuple(map(tuple, sorted([gap.worst_group or [], gap.best_group or []])))
        if ("gap", question_of(gap), ends) in self.told.kept:
            return True
        return not gap.undefined and self.tells_all(question_of(gap))

    def _gap(self, gap: Disparity) -> Disparity:
        if self.tells_gap(question_of(gap), gap.aggregate):
            return gap
        empty = dict.fromkeys(("value", "lower", "upper", "worst_group", "best_group"))
        shown = sum(self.tells(question_of(gap), list(group)) for group in self._groups.get(question_of(gap), ()))
        return gap.model_copy(update={**empty, "note": SUPPRESSED, "compared": shown, "undefined": 0})

    def _is_clear_gap_told(self, gap: ClearGap) -> bool:
        question = (tuple(gap.attributes), (), gap.metric, gap.cls)
        ends = self.tells(question, gap.low_group) and self.tells(question, gap.high_group)
        return ends and self.tells_gap(question, "difference")


_WITHOUT: dict[str, Any] = {
    **dict.fromkeys(("n", "value", "lower", "upper", "effective_n", "clusters", "standard_error", "sketch")),
    **{"note": SUPPRESSED, "doubt": None, "left_out": [], "support": None},
}


def _counted_apart(told: Told) -> set[int]:
    """Metrics of whole rows, characters or explanations: told of all groups of a slicing that are large, or of none.

    They count other things than decisions by label and prediction, so nothing is taken from a whole: a slicing in which
    one is small tells nothing of them. Functions of one's own are made of nobody knows what.
    """
    result: AuditResult = told.result
    shares = {item.name for item in result.metric_definitions if item.method == "exact" and item.unit == "share"}
    families: dict[Question, list[int]] = {}
    for at, value in enumerate(result.metrics):
        if ("metric", at) not in told.items:
            attributes, stratum, metric, cls = question_of(value)
            strata = tuple((name, "") for name, _ in stratum)
            families.setdefault((attributes, strata, metric, cls), []).append(at)
    return {
        at
        for question, places in families.items()
        if question[2] in shares
        and all(_is_large(value) and told.is_shown(value.attributes, value.group)
                for value in (result.metrics[at] for at in places))
        for at in places
    }  # fmt: skip


def _is_large(value: MetricValue) -> bool:
    if value.value is None:
        return False
    least = min(value.n or 0, value.effective_n or value.n or 0)
    clusters = LEAST if value.clusters is None else value.clusters
    return min(least, least * value.value, least * (1 - value.value), clusters) >= LEAST
