"""What decisions mean for people, and what might help, as rows and columns of plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.report.beside.people import name_of_kind
from audit.report.beside.remedies import rules_of
from audit.report.documents import Telling
from audit.report.papers.cells import Cell, Grid, Row, class_name, columns_of
from audit.report.wording import group_name
from audit.result import Excess, JudgedGap


def people(telling: Telling) -> Grid:
    """People of every group whom each kind of harm befalls, and how many more than if treated best."""
    t, found = telling.t, telling.result.social_impact

    def rows() -> Iterator[Row]:
        for item in found.people if found else []:
            yield [
                *(name_of_kind((item.harm, item.cls), found, t) if found else None,),
                *(group_name(item.attributes) or t("performance.overall"), group_name(item.group), item.n),
                *(item.in_sample, item.rate, item.lower, item.upper),
                *(item.per_year, item.per_year_lower, item.per_year_upper, *_excess(item.excess)),
                *(t(f"doubt.{item.doubt}") if item.doubt else None, t.note(item.note) or None),
            ]

    columns = columns_of(
        "harm attribute group n:count in_sample:count frequency:share lower:share upper:share per_year:number "
        "year_lower:number year_upper:number reference more_in_sample:number more_in_sample_lower:number "
        "more_in_sample_upper:number shortfall:count more_per_year:number more_per_year_lower:number "
        "more_per_year_upper:number doubt why_empty"
    )
    return Grid("people", columns, rows())


def _excess(item: Excess | None) -> list[Cell]:
    if item is None:
        return [None] * 8
    return [
        *(group_name(item.reference), item.in_sample, item.in_sample_lower, item.in_sample_upper, item.shortfall),
        *(item.per_year, item.per_year_lower, item.per_year_upper),
    ]


def bearing(telling: Telling) -> Grid:
    """Groups from the smallest on: how many of the people they are, and of the wrong decisions."""
    found = telling.result.social_impact
    rows: Iterable[Row] = (
        [group_name(item.attributes), group_name(step.group), step.people, step.errors]
        for item in (found.concentration if found else [])
        for step in item.curve
    )
    columns = columns_of("attribute up_to_group people_share:share errors_share:share")
    return Grid("bearing", columns, rows)


def costs(telling: Telling) -> Grid:
    """What wrong decisions cost."""
    t, found = telling.t, telling.result.social_impact
    rows: Iterable[Row] = (
        [
            *(group_name(item.attributes) or t("performance.overall"), group_name(item.group)),
            *(found.unit if found else None, item.in_sample, item.per_decision, item.lower, item.upper),
            *(item.per_year, item.per_year_lower, item.per_year_upper, t.note(item.note) or None),
        ]
        for item in (found.costs if found else [])
    )
    columns = columns_of(
        "attribute group unit cost_in_sample:number per_decision:number lower:number upper:number per_year:number "
        "year_lower:number year_upper:number why_empty"
    )
    return Grid("costs", columns, rows)


def remedies(telling: Telling) -> Grid:
    """Gaps under every rule, on the half that judges."""
    t, found = telling.t, telling.result.remedies

    def rows() -> Iterator[Row]:
        for item in found.thresholds if found else []:
            for remedy in item.remedies:
                head = [group_name(item.attributes), class_name(item.cls, t), t(f"remedies.name.{remedy.code}")]
                for rate in remedy.overall:
                    value = (rate.n, rate.value, rate.lower, rate.upper, None, None, t.note(rate.note) or None)
                    yield [*head, t.metric(rate.metric), t("paper.of_all"), *value]
                for gap in remedy.gaps:
                    yield [*head, t.metric(gap.metric), t("paper.of_gap"), None, *_gap(gap), t.note(gap.note) or None]

    columns = columns_of(
        "attribute class remedy metric measured n:count value:share lower:share upper:share low_group high_group "
        "why_empty"
    )
    return Grid("remedies", columns, rows())


def _gap(gap: JudgedGap) -> list[Cell]:
    ends = [group_name(gap.low_group or []) or None, group_name(gap.high_group or []) or None]
    return [gap.value, gap.lower, gap.upper, *ends]


def thresholds(telling: Telling) -> Grid:
    """Rules of every group, and what they lead to on the half that judges."""
    t, found = telling.t, telling.result.remedies

    def rows() -> Iterator[Row]:
        for item in found.thresholds if found else []:
            for remedy in item.remedies:
                for group in remedy.groups:
                    for rate in group.rates:
                        yield [
                            *(group_name(item.attributes), t(f"remedies.name.{remedy.code}"), group_name(group.group)),
                            *(
                                t.clauses(rules_of(group, t)),
                                group.newly_positive,
                                group.newly_negative,
                                t.metric(rate.metric),
                            ),
                            *(rate.n, rate.value, rate.lower, rate.upper, t.note(rate.note) or None),
                        ]

    columns = columns_of(
        "attribute remedy group positive_where newly_positive:share newly_negative:share metric n:count value:share "
        "lower:share upper:share why_empty"
    )
    return Grid("thresholds", columns, rows())


def weights(telling: Telling) -> Grid:
    """Weights in training that make label and group independent."""
    t, found = telling.t, telling.result.remedies
    rows: Iterable[Row] = (
        [
            *(group_name(item.attributes), group_name(cell.group), t.cls(cell.label), cell.n, cell.observed),
            *(cell.expected, cell.weight, t.note(cell.note) or None),
        ]
        for item in (found.reweighting if found else [])
        for cell in item.cells
    )
    columns = columns_of("attribute group label rows:count share:share expected:share weight:number why_empty")
    return Grid("weights", columns, rows)


def collect(telling: Telling) -> Grid:
    """Groups of which more rows are needed to see a gap."""
    t, found = telling.t, telling.result.remedies
    rows: Iterable[Row] = (
        [
            *(group_name(item.attributes), group_name(item.group), group_name(item.reference), t.metric(item.metric)),
            *(class_name(item.cls, t), item.n, item.effective_n, item.detectable, item.rows, item.reference_rows),
            t.note(item.note) or None,
        ]
        for item in (found.collect if found else [])
    )
    columns = columns_of(
        "attribute group reference metric class n:count effective_n:number detectable:share to_collect:count "
        "reference_to_collect:count why_empty"
    )
    return Grid("collect", columns, rows)
