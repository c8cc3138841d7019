"""The tables of an audit as rows and columns of plain values: what a spreadsheet shows, without how.

A cell is text, a number, or empty where a value is undefined; the last column of a grid then says why. No cell holds
text of the audited data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from audit.report.beside import beside
from audit.report.documents import Telling
from audit.report.papers import consequences, data_tables, probed, reasons, scored
from audit.report.papers.cells import Cell, Grid, Quantity, Row, class_name, columns_of, shares, yes
from audit.report.papers.facts import digests, limits_of, model_name, slice_name
from audit.report.stories import told
from audit.report.verdicts import doubts, mark, rests_on, sentence, why, why_not_judged, worst_first
from audit.report.wording import Catalogue, group_name
from audit.result import MetricValue


def grids(telling: Telling) -> list[Grid]:
    """All tables of an audit, in the order of reading; those without a row are left out by the writer."""
    made: list[Callable[[Telling], Grid]] = [
        *(_summary, _findings, _gaps, _rules, _groups, _metrics, _disparities, _adverse_impact),
        _impact_ratios,
        *(reasons.parts, reasons.pairs, reasons.flag_rates, reasons.flags, reasons.slices),
        *(data_tables.found, data_tables.shares, data_tables.checks, data_tables.means, data_tables.agreement),
        *(data_tables.proxies, probed.probes, probed.changes, probed.probe_gaps, probed.refused),
        *(probed.membership, probed.named, probed.compared, probed.canaries, probed.extracted),
        *(consequences.people, consequences.bearing, consequences.costs, consequences.remedies),
        *(consequences.thresholds, consequences.weights, consequences.collect),
        *(scored.dimensions, scored.indicators, scored.review_flags, scored.review_labels, scored.review_gaps),
        scored.review_agreement,
    ]
    return [make(telling) for make in made]


def _summary(telling: Telling) -> Grid:
    result, t = telling.result, telling.t
    judgement = result.judgement
    verdict = t(f"verdict.{judgement.status}") if judgement else t("banner.not_judged")
    rows: list[tuple[str, Cell]] = [
        (t("paper.title"), result.title),
        (t("gate.verdict"), t.pair(verdict, why(judgement, t) if judgement else why_not_judged(result, t))),
        (t("banner.model"), model_name(result) if result.model else t("banner.no_model")),
        (t("banner.data"), result.data.name),
        (t("paper.rows"), result.data.rows),
        (t("banner.decisions"), result.data.decisions),
        (t("paper.level"), result.level),
        (t("banner.date"), result.timings.finished),
        (t("scope.use"), result.config["output"]["intended_use"] or t("scope.use.missing")),
        (t("scope.contact"), result.config["output"]["contact"] or t("scope.contact.missing")),
        (t("paper.tool"), f"fairaudit {result.tool_version}"),
    ]
    rows += [(t(f"paper.digest.{digest.code}"), digest.sha256) for digest in digests(telling)]
    rows += [(said.name, said.text) for said in beside(result, t, telling.review)]
    rows += [(t("section.limits"), line) for line in limits_of(telling)]
    return Grid("summary", columns_of("what said"), rows)


def _findings(telling: Telling) -> Grid:
    """Findings in words, with the numbers that each is told of first."""
    t = telling.t

    def rows() -> Iterator[Row]:
        for rank, finding in enumerate(telling.result.findings.items, 1):
            story, first = told(finding, t), finding.measures[0] if finding.measures else None
            share = first is not None and first.unit == "share"
            named = [t.metric(first.metric), class_name(first.cls, t)] if first else [None, None]
            numbers = (first.low_value, first.high_value, first.difference, first.at_least) if first else (None,) * 4
            yield [
                *(rank, story.headline, t.sentences(*story.sentences), t.sentences(*(s.text for s in story.steps))),
                *(group_name(finding.attributes), *named, group_name(finding.low_group or [])),
                group_name(finding.high_group or []),
                *(Quantity(value, share) for value in numbers),
            ]

    columns = columns_of(
        "rank:count finding story next_steps attribute metric class low_group high_group low_value:measure "
        "high_value:measure difference:measure at_least:measure"
    )
    return Grid("findings", columns, rows())


def _gaps(telling: Telling) -> Grid:
    result, t = telling.result, telling.t
    is_share = shares(result)

    def rows() -> Iterator[Row]:
        for gap in result.clear_gaps.items:
            share = is_share.get(gap.metric, True)
            yield [
                *(group_name(gap.attributes), t.metric(gap.metric), class_name(gap.cls, t)),
                *(group_name(gap.low_group), Quantity(gap.low_value, share), gap.low_n),
                *(group_name(gap.high_group), Quantity(gap.high_value, share), gap.high_n),
                *(Quantity(gap.difference, share), Quantity(gap.lower, share)),
            ]

    columns = columns_of(
        "attribute metric class low_group low_value:measure low_n:count high_group high_value:measure high_n:count "
        "difference:measure at_least:measure"
    )
    return Grid("gaps", columns, rows())


def _rules(telling: Telling) -> Grid:
    t, judgement = telling.t, telling.result.judgement

    def rows() -> Iterator[Row]:
        for rule in worst_first(judgement.rules) if judgement else []:
            yield [
                *(
                    rule.rule,
                    mark(rule, t),
                    group_name(rule.attributes),
                    t.metric(rule.metric),
                    class_name(rule.cls, t),
                ),
                *(t(f"gate.kind.{rule.kind}.{rule.aggregate}"), t(f"gate.scope.{rule.scope}")),
                *(rule.limit, rule.value, rule.lower, rule.upper, rule.detectable),
                *(group_name(rule.low_group or []), group_name(rule.high_group or []), rule.groups),
                t.clauses([t.note(rule.note)] * bool(rule.note) + doubts(rule, t) + rests_on(rule, t)),
                sentence(rule, t),
            ]

    columns = columns_of(
        "rule verdict attribute metric class kind scope limit:number value:number lower:number upper:number "
        "detectable:number low_group high_group compared:count why_empty said"
    )
    return Grid("rules", columns, rows())


def _groups(telling: Telling) -> Grid:
    t = telling.t
    rows: Iterable[Row] = (
        [
            *(group_name(slicing.attributes) or t("performance.overall"), group_name(group.values)),
            *(group.n, group.share, group.effective_n),
            *(group.n_labelled, t("data.yes") if group.in_gaps else t("decision.no")),
        ]
        for slicing in telling.result.slicings
        for group in slicing.groups
    )
    columns = columns_of("attribute group n:count share:share effective_n:number labelled:count in_gaps")
    return Grid("groups", columns, rows)


def _metrics(telling: Telling) -> Grid:
    result, t = telling.result, telling.t
    is_share = shares(result)

    def rows() -> Iterator[Row]:
        for adjusted, items in ((False, result.metrics), (True, result.adjusted)):
            for item in items:
                share = is_share.get(item.metric, True)
                yield [
                    *(group_name(item.attributes) or t("performance.overall"), group_name(item.group)),
                    *(
                        _held(item, t, adjusted),
                        t.metric(item.metric),
                        class_name(item.cls, t),
                        item.n,
                        item.effective_n,
                    ),
                    *(Quantity(bound, share) for bound in (item.value, item.lower, item.upper)),
                    *(t(f"doubt.{item.doubt}") if item.doubt else None, t.note(item.note) or None),
                ]

    columns = columns_of(
        "attribute group held metric class n:count effective_n:number value:measure lower:measure "
        "upper:measure doubt why_empty"
    )
    return Grid("metrics", columns, rows())


def _held(item: MetricValue, t: Catalogue, adjusted: bool) -> str | None:
    if adjusted:
        return t("gate.scope.adjusted")
    return slice_name(list(item.stratum), list(item.stratum.values())) or None


def _disparities(telling: Telling) -> Grid:
    result, t = telling.result, telling.t
    is_share = shares(result)

    def rows() -> Iterator[Row]:
        for item in result.disparities:
            # A ratio has no unit, whatever its two values have.
            share = item.aggregate == "difference" and is_share.get(item.metric, True)
            yield [
                *(group_name(item.attributes), slice_name(list(item.stratum), list(item.stratum.values())) or None),
                *(t.metric(item.metric), class_name(item.cls, t), t(f"gate.kind.gap.{item.aggregate}")),
                *(Quantity(bound, share) for bound in (item.value, item.lower, item.upper)),
                *(group_name(item.worst_group or []) or None, group_name(item.best_group or []) or None),
                *(item.compared, item.undefined, t.note(item.note) or None),
            ]

    columns = columns_of(
        "attribute held metric class kind value:measure lower:measure upper:measure worst_group best_group "
        "compared:count undefined:count why_empty"
    )
    return Grid("disparities", columns, rows())


def _adverse_impact(telling: Telling) -> Grid:
    t = telling.t

    def rows() -> Iterator[Row]:
        for item in telling.result.adverse_impact:
            yield [
                *(
                    group_name(item.attributes),
                    class_name(item.cls, t),
                    group_name(item.group),
                    group_name(item.reference),
                ),
                *(item.n, item.selected, item.rate, item.reference_n, item.reference_selected, item.reference_rate),
                *(item.difference, item.difference_lower, item.difference_upper),
                *(item.impact_ratio, item.ratio_lower, item.ratio_upper, item.z, item.z_p, item.fisher_p, item.mid_p),
                *(item.holm_p, item.shortfall, yes(item.flip_flop, t), item.minimum_detectable),
                t(f"doubt.{item.doubt}") if item.doubt else None,
            ]

    columns = columns_of(
        "attribute class group reference n:count selected:count rate:share reference_n:count "
        "reference_selected:count reference_rate:share difference:share lower:share upper:share "
        "impact_ratio:number ratio_lower:number ratio_upper:number z:number z_p:p fisher_p:p mid_p:p holm_p:p "
        "shortfall:count flip_flop minimum_detectable:share why_empty"
    )
    return Grid("adverse_impact", columns, rows())


def _impact_ratios(telling: Telling) -> Grid:
    t = telling.t
    why = {"compared": None, "excluded": t("bias_audit.left_out"), "unknown": t("bias_audit.of_unknown")}

    def rows() -> Iterator[Row]:
        for table in telling.result.impact_ratios:
            for row in table.groups:
                yield [
                    *(group_name(table.attributes), class_name(table.cls, t), group_name(row.group)),
                    *(row.n, row.selected, row.rate, row.impact_ratio, row.share, why[row.standing]),
                ]

    columns = columns_of(
        "attribute class group n:count selected:count rate:share impact_ratio:number share:share why_empty"
    )
    return Grid("impact_ratios", columns, rows())
