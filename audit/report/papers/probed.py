"""Changes that should not matter, and what a model remembers of its training, as rows and columns of plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.report.documents import Telling
from audit.report.papers.cells import Grid, Row, columns_of, yes
from audit.report.wording import group_name
from audit.result import ExtractedPair, MembershipPair, MembershipValue


def probes(telling: Telling) -> Grid:
    """How often any change of a probe alters a decision, of everybody and of every group."""
    t = telling.t

    def rows() -> Iterator[Row]:
        for found in telling.result.probes:
            for item in found.metrics:
                yield [
                    *(t.probe(found.probe), t.metric(item.metric), t(f"probes.outcome.{found.outcome}")),
                    *(group_name(item.attributes) or t("performance.overall"), group_name(item.group), item.n),
                    *(item.effective_n, item.value, item.lower, item.upper),
                    *(t(f"doubt.{item.doubt}") if item.doubt else None, t.note(item.note) or None),
                ]

    columns = columns_of(
        "probe metric outcome attribute group n:count effective_n:number frequency:share lower:share upper:share doubt "
        "why_empty"
    )
    return Grid("probes", columns, rows())


def changes(telling: Telling) -> Grid:
    """How often each change alters a decision, at each severity."""
    t = telling.t
    rows: Iterable[Row] = (
        [
            *(t.probe(found.probe), t.change(found.probe, rate.transform), rate.severity or None),
            *(group_name(rate.attributes) or t("performance.overall"), group_name(rate.group)),
            *(rate.n, rate.hits, rate.rate, rate.lower, rate.upper, rate.moved),
        ]
        for found in telling.result.probes
        for rate in found.rates
    )
    columns = columns_of(
        "probe change strength:count attribute group n:count altered:count frequency:share lower:share upper:share "
        "moved:number"
    )
    return Grid("changes", columns, rows)


def probe_gaps(telling: Telling) -> Grid:
    """Groups whose decisions are altered more often than those of others, beyond chance."""
    t = telling.t
    rows: Iterable[Row] = (
        [
            *(t.probe(found.probe), t.metric(gap.metric), group_name(gap.attributes)),
            *(group_name(gap.low_group), gap.low_value, gap.low_n),
            *(group_name(gap.high_group), gap.high_value, gap.high_n, gap.difference, gap.lower),
        ]
        for found in telling.result.probes
        for gap in found.clear_gaps.items
    )
    columns = columns_of(
        "probe metric attribute low_group low_value:share low_n:count high_group high_value:share high_n:count "
        "difference:share at_least:share"
    )
    return Grid("probe_gaps", columns, rows)


def refused(telling: Telling) -> Grid:
    """Changes that were not made, and why."""
    t = telling.t
    rows: Iterable[Row] = (
        [
            *(t.probe(found.probe), t.change(found.probe, item.transform)),
            *(t.first([f"probes.refused.{item.reason}", "probes.refused"]), item.n),
        ]
        for found in telling.result.probes
        for item in found.refused
    )
    return Grid("refused", columns_of("probe change reason times:count"), rows)


def membership(telling: Telling) -> Grid:
    """How well each attack tells rows of the training, of everybody, of groups and of rows unlike the others."""
    t = telling.t

    def rows() -> Iterator[Row]:
        for item, who in _values(telling):
            yield [
                *(t(f"privacy.attack.{item.attack}"), *who, item.members, item.held_out),
                *(item.auc, item.lower, item.upper),
                t(f"privacy.note.{item.note}") if item.note else None,
            ]

    columns = columns_of(
        "attack attribute group members:count held_out:count auc:number lower:number upper:number why_empty"
    )
    return Grid("membership", columns, rows())


def named(telling: Telling) -> Grid:
    """How many rows of the training each attack names, at how many false alarms."""
    t = telling.t

    def rows() -> Iterator[Row]:
        for item, who in _values(telling):
            for point in item.rates:
                yield [
                    *(t(f"privacy.attack.{item.attack}"), *who, point.rate),
                    *(point.value, point.lower, point.upper, t(f"privacy.note.{point.note}") if point.note else None),
                ]

    columns = columns_of(
        "attack attribute group false_alarms:share members_named:share lower:share upper:share why_empty"
    )
    return Grid("named", columns, rows())


def _values(telling: Telling) -> Iterator[tuple[MembershipValue, tuple[str, str]]]:
    """What each attack came to, with attribute and group; of rows unlike the others, what they are."""
    t, found = telling.t, telling.result.membership
    for item in found.values if found else []:
        yield item, (group_name(item.attributes) or t("performance.overall"), group_name(item.group))
    for item in found.outliers if found else []:
        yield item, (t("privacy.outliers"), t(f"privacy.outliers.{item.group[0]}"))


def compared(telling: Telling) -> Grid:
    """Groups of which rows of the training are told more easily, or more texts are given back."""
    t, result = telling.t, telling.result

    def rows() -> Iterator[Row]:
        for pair in result.membership.pairs if result.membership else []:
            yield [t("paper.membership", attack=t(f"privacy.attack.{pair.attack}")), *_ends(pair, telling)]
        for found in result.leakage.pairs if result.leakage else []:
            yield [t("privacy.extracted"), *_ends(found, telling)]

    columns = columns_of(
        "what attribute low_group low_value:number high_group high_value:number difference:number lower:number "
        "upper:number p:p holm_p:p"
    )
    return Grid("remembered", columns, rows())


def _ends(pair: MembershipPair | ExtractedPair, telling: Telling) -> Row:
    low, high = group_name(pair.low_group), group_name(pair.high_group)
    if not pair.attributes:
        low, high = (telling.t(f"privacy.extracted.{side}") for side in (low, high))
    return [
        *(group_name(pair.attributes) or telling.t("performance.overall"), low, pair.low_value, high, pair.high_value),
        *(pair.difference, pair.lower, pair.upper, pair.p_value, pair.holm_p),
    ]


def canaries(telling: Telling) -> Grid:
    """How exposed secrets are."""
    t, found = telling.t, telling.result.leakage
    rows: Iterable[Row] = (
        [
            *(item.name, yes(item.planted, t), item.bits, item.compared, yes(item.whole, t), item.ahead),
            *(item.exposure, item.lower, item.upper, item.p_value, item.holm_p),
        ]
        for item in (found.canaries if found else [])
    )
    columns = columns_of(
        "canary planted bits:number others:count all_others ahead:number exposure:number lower:number upper:number p:p "
        "holm_p:p"
    )
    return Grid("canaries", columns, rows)


def extracted(telling: Telling) -> Grid:
    """How many texts are given back word for word."""
    t, found = telling.t, telling.result.leakage
    rows: Iterable[Row] = (
        [
            *(t(f"privacy.extracted.{item.side}"), group_name(item.attributes) or t("performance.overall")),
            *(group_name(item.group), item.n, item.extracted, item.rate, item.lower, item.upper),
        ]
        for item in (found.rates if found else [])
    )
    columns = columns_of("side attribute group texts:count given_back:count frequency:share lower:share upper:share")
    return Grid("extracted", columns, rows)
