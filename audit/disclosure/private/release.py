"""A result as everybody may read it, of noisy counts and nothing else that the rows decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from audit.disclosure.outcomes import Outcomes, share_of
from audit.disclosure.private.rates import PrivateRate, gap, rate
from audit.disclosure.private.tables import Noisy, Values
from audit.disclosure.subject import config, title_of
from audit.fairness.metrics.names import CRITERIA
from audit.result import (
    AuditResult,
    ClearGaps,
    Confused,
    DataFacts,
    Disparity,
    Findings,
    Flags,
    Group,
    LibraryCheck,
    MetricValue,
    SlicingFacts,
    Timings,
)
from audit.result.facts import PrivateCounts, Publication

#: Stands in `note` of what the noise leaves nothing of.
NOISE = "noise"
#: Fields that follow from the question and the model, whatever the rows hold.
_OF_THE_QUESTION = (
    "schema_version",
    "tool_version",
    "config_sha256",
    "level",
    "seed",
    "positive_class",
    "classes",
    "environment",
)
#: Notes that are made of the model and the configuration alone.
_OPEN_NOTES = frozenset({"other_dtype", "explanations_off", "no_model_no_explanations", "answers_apart"})


def released(
    result: AuditResult, tables: Mapping[Values, Noisy], outcomes: Outcomes, about: PrivateCounts
) -> AuditResult:
    """Tell what noisy counts tell.

    Of the audit, the question is taken (configuration without names of files and columns, model, names of attributes,
    groups, classes and metrics) and no number that was made of rows. Rates, gaps and their bounds are computed of the
    noisy counts. A part of a result that this function does not know is not told.

    Parameters
    ----------
    tables
        Attributes -> counts with noise; none: of everybody.
    about
        How the noise was drawn, and what it costs.
    """
    told = _Release(result, tables, outcomes, about)
    model = result.model and result.model.model_copy(update={"reference": None})
    values: dict[str, Any] = {name: getattr(result, name) for name in _OF_THE_QUESTION}
    values |= {
        "title": title_of(result),
        "config": config(result.config),
        "model": model,
        "data": told.data(),
        "slicings": told.slicings(),
        "metrics": told.metrics(),
        "metric_definitions": [item for item in result.metric_definitions if item.name in told.names],
        "disparities": told.disparities(),
        "library_check": LibraryCheck(values=0, largest_difference=0.0),
        "clear_gaps": ClearGaps(level=result.level, comparisons=0, gaps=0, items=[]),
        "flags": Flags(decisions=None, by_severity={}, rates=[], explained=None, shown=[]),
        "findings": Findings(items=[], left_out=0),
        "notes": [note for note in result.notes if note.code in _OPEN_NOTES],
        "work": {},
        # How long an audit took says how many rows there were.
        "timings": Timings(
            started=result.timings.started[:10],
            finished=result.timings.started[:10],
            seconds={},
            shards_computed=0,
            shards_reused=0,
        ),
        "publication": Publication(least=0, suppressed=False, left_out=[], privacy=about),
    }
    empty = {name: _empty(field.annotation) for name, field in AuditResult.model_fields.items() if name not in values}
    found = AuditResult.model_construct(**empty | values)
    return AuditResult.model_validate(found.model_dump(by_alias=True))


def _empty(annotation: Any) -> Any:
    if type(None) in getattr(annotation, "__args__", ()):
        return None
    return getattr(annotation, "__origin__", annotation)()


class _Release:
    """Everything that is made of noisy counts."""

    def __init__(
        self, result: AuditResult, tables: Mapping[Values, Noisy], outcomes: Outcomes, about: PrivateCounts
    ) -> None:
        self._result, self._tables, self._outcomes = result, tables, outcomes
        self._alpha, self._per_unit = 1 - result.level, about.per_unit
        self._asked = [
            value
            for value in result.metrics
            if not value.stratum and tuple(value.attributes) in tables and self._share(value.metric, value.cls)
        ]
        self.names = {value.metric for value in self._asked}

    def _share(self, metric: str, cls: str | None) -> Any:
        # F1 is no share of decisions, though its parts are counts.
        return None if metric in {"f1_score", "micro_f1"} else share_of(self._outcomes, metric, cls)

    def _count(self, attributes: Sequence[str], group: Sequence[str], mask: Any) -> int:
        return max(self._tables[tuple(attributes)].sum(tuple(group), mask), 0)

    def data(self) -> DataFacts:
        """Everybody, counted with noise."""
        was, outcomes = self._result.data, self._outcomes
        n = self._count((), (), outcomes.all)
        pairs = sorted({(cell.label, cell.predicted) for cell in outcomes.cells if cell.label and cell.predicted})
        confusion = [
            Confused(y_true=label, y_pred=predicted, n=self._count((), (), mask))
            for label, predicted in pairs
            if label is not None
            and predicted is not None
            and (mask := outcomes.label(label) & outcomes.predicted(predicted))
        ]
        counts = {
            kind: {cls: self._count((), (), of(cls)) if of(cls) else None for cls in names}
            for kind, of, names in (
                ("labels", outcomes.label, was.labels),
                ("predictions", outcomes.predicted, was.predictions),
            )
        }
        return was.model_copy(
            update={
                "name": f"data.{was.format}",
                "files": 1,
                "sha256": "",
                "rows_sha256": "",
                "rows_read": n,
                "rows_filtered": None,
                "rows": n,
                "decisions": n,
                "statuses": {"ok": n},
                "failures": {},
                **counts,
                "confusion": confusion,
                "unlabelled": self._count((), (), outcomes.all - outcomes.labelled) if outcomes.unlabelled else 0,
                "median_score": None,
                "clusters": None,
            }
        )

    def slicings(self) -> list[SlicingFacts]:
        """Every group that might be, with its noisy size."""
        asked = [item for item in self._result.slicings if tuple(item.attributes) in self._tables]
        return [SlicingFacts(attributes=item.attributes, groups=self._groups(item)) for item in asked]

    def _groups(self, slicing: SlicingFacts) -> list[Group]:
        attributes, outcomes = tuple(slicing.attributes), self._outcomes
        whole = max(self._count((), (), outcomes.all), 1)
        was = {tuple(group.values): group for group in slicing.groups}
        found = []
        for values in self._tables[attributes].domain.groups:
            n = self._count(attributes, values, outcomes.all)
            outside = self._outside(attributes, values, was)
            labelled = min(self._count(attributes, values, outcomes.labelled), n)
            found.append(
                Group(
                    values=list(values),
                    n=n,
                    share=min(n / whole, 1.0),
                    weight=n,
                    effective_n=n / self._per_unit,
                    n_labelled=labelled if outcomes.unlabelled else n,
                    by_label=self._by(attributes, values, outcomes.label),
                    by_prediction=self._by(attributes, values, outcomes.predicted),
                    in_gaps=outside is None,
                    note=outside,
                )
            )
        return found

    def _by(self, attributes: Values, values: Values, of: Any) -> dict[str, int | None]:
        return {cls: self._count(attributes, values, of(cls)) if of(cls) else None for cls in self._result.classes}

    def _outside(self, attributes: Values, values: Values, was: Mapping[Values, Group]) -> str | None:
        """Say why a group stands outside gaps; of one that does not occur, as its values do by themselves."""
        if values in was:
            return None if was[values].in_gaps else was[values].note or "configured"
        for name, value in zip(attributes, values, strict=True):
            for slicing in self._result.slicings:
                if slicing.attributes == [name]:
                    alone = next((group for group in slicing.groups if group.values == [value]), None)
                    if alone is not None and not alone.in_gaps:
                        return alone.note or "configured"
        return None

    def _rates(self, attributes: Values, metric: str, cls: str | None, alpha: float) -> dict[Values, PrivateRate]:
        table, share = self._tables[attributes], self._share(metric, cls)
        return {group: rate(table, group, share, alpha, self._per_unit) for group in table.domain.groups}

    def metrics(self) -> list[MetricValue]:
        """Rates of every group."""
        found = []
        seen = dict.fromkeys((tuple(value.attributes), value.metric, value.cls) for value in self._asked)
        like = {value.metric: value for value in self._asked}
        for attributes, metric, cls in seen:
            for group, one in self._rates(attributes, metric, cls, self._alpha).items():
                update = {
                    "attributes": list(attributes),
                    "group": list(group),
                    "cls": cls,
                    "n": one.n,
                    "value": one.value,
                    "lower": None if one.value is None else one.lower,
                    "upper": None if one.value is None else one.upper,
                    "effective_n": one.n / self._per_unit,
                    **dict.fromkeys(("clusters", "standard_error", "sketch", "doubt", "support")),
                    "left_out": [],
                    "note": NOISE if one.value is None else None,
                }
                found.append(like[metric].model_copy(update=update))
        return found

    def disparities(self) -> list[Disparity]:
        """Gaps between rates, with bounds that hold over all groups at once."""
        asked = [gap for gap in self._result.disparities if not gap.stratum and tuple(gap.attributes) in self._tables]
        return [told for gap in asked if (told := self._gap(gap)) is not None]

    def _gap(self, asked: Disparity) -> Disparity | None:
        attributes = tuple(asked.attributes)
        parts = CRITERIA.get(asked.metric, (asked.metric,))
        if any(self._share(part, asked.cls) is None for part in parts):
            return None
        compared = [tuple(group.values) for group in self._groups_of(attributes) if group.in_gaps]
        alpha = self._alpha / max(len(compared) * len(parts), 1)
        gaps, n = [], len(compared)
        for part in parts:
            rates = self._rates(attributes, part, asked.cls, alpha)
            inside = {group: rates[group] for group in compared}
            n = min(n, sum(one.value is not None for one in inside.values()))
            gaps.append(gap(inside, asked.aggregate))
        empty = dict.fromkeys(("value", "lower", "upper", "worst_group", "best_group"))
        base = {"compared": n, "undefined": len(compared) - n}
        known = {part: item for part, item in zip(parts, gaps, strict=True) if item is not None}
        if len(known) < len(parts):
            return asked.model_copy(update={**empty, **base, "note": NOISE})
        pick = max if asked.aggregate == "difference" else min
        decisive = pick(known, key=lambda part: known[part].value)
        widest = known[decisive]
        better = next((item.better for item in self._result.metric_definitions if item.name == decisive), None)
        low_is_worst = better == "high"
        return asked.model_copy(
            update={
                **base,
                "value": widest.value,
                "lower": pick(item.lower for item in known.values()),
                "upper": pick(item.upper for item in known.values()),
                "worst_group": list(widest.low if low_is_worst else widest.high),
                "best_group": list(widest.high if low_is_worst else widest.low),
                "note": None,
            }
        )

    def _groups_of(self, attributes: Values) -> list[Group]:
        return next(item.groups for item in self.slicings() if tuple(item.attributes) == attributes)
