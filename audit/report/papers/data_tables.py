"""What was found in the data themselves, as rows and columns of plain values. No cell holds a word of a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.report.data_looks import finding, named
from audit.report.documents import Telling
from audit.report.papers.cells import Grid, Row, columns_of
from audit.result import RowRate


def found(telling: Telling) -> Grid:
    """What matters, the gravest first."""
    audited = telling.result.data_audit
    rows: Iterable[Row] = (
        [rank, finding(item, telling.t)] for rank, item in enumerate(audited.findings if audited else [], 1)
    )
    return Grid("data_findings", columns_of("rank:count finding"), rows)


def shares(telling: Telling) -> Grid:
    """Shares of groups beside those that they should have."""
    audited = telling.result.data_audit
    rows: Iterable[Row] = (
        [part.attribute, one.group, one.n, one.share, one.lower, one.upper, one.reference, part.corrected_p_value]
        for part in (audited.representation if audited else [])
        for one in part.groups
    )
    columns = columns_of("attribute group rows:count share:share lower:share upper:share expected_share:share holm_p:p")
    return Grid("data_shares", columns, rows)


def checks(telling: Telling) -> Grid:
    """In how many rows of each group something was found."""
    t, audited = telling.t, telling.result.data_audit

    def rows() -> Iterator[Row]:
        for check in audited.checks if audited else []:
            what = t(f"data_audit.check.{check.code}")
            about = named(check, t) if check.code in {"missing", "personal"} else check.about
            yield [what, about, t("performance.overall"), None, *_rate(check.overall), None]
            for part in check.by_attribute:
                for group in part.groups:
                    yield [what, about, part.attribute, group.group, *_rate(group), part.corrected_p_value]
            for group in check.by_label.groups if check.by_label else []:
                p = check.by_label.corrected_p_value if check.by_label else None
                yield [what, about, t("data_audit.by_label"), group.group, *_rate(group), p]

    columns = columns_of(
        "what about attribute group rows:count found:count share:share lower:share upper:share holm_p:p"
    )
    return Grid("data_checks", columns, rows())


def _rate(rate: RowRate) -> Row:
    return [rate.n, rate.hits, rate.value, rate.lower, rate.upper]


def means(telling: Telling) -> Grid:
    """Mean true numbers of groups."""
    audited = telling.result.data_audit
    rows: Iterable[Row] = (
        [part.attribute, one.group, one.n, one.value, one.lower, one.upper]
        for part in (audited.label_means if audited else [])
        for one in part.groups
    )
    columns = columns_of("attribute group rows:count mean:number lower:number upper:number")
    return Grid("data_means", columns, rows)


def agreement(telling: Telling) -> Grid:
    """How well annotators agree, in all rows and in those of every group."""
    t, audited = telling.t, telling.result.data_audit

    def rows() -> Iterator[Row]:
        agreed = audited.agreement if audited else None
        parts = [(t("performance.overall"), [agreed.overall])] if agreed else []
        parts += [(part.attribute, part.groups) for part in agreed.by_attribute] if agreed else []
        for attribute, groups in parts:
            for one in groups:
                yield [
                    *(attribute, one.group, one.rows, one.labels, one.differing, one.alpha, one.lower, one.upper),
                    t(f"data_audit.undefined.{one.note}") if one.note else None,
                ]

    columns = columns_of(
        "attribute group rows:count labels:count differing:count alpha:number lower:number upper:number why_empty"
    )
    return Grid("data_agreement", columns, rows())


def proxies(telling: Telling) -> Grid:
    """How well columns, and the words of the input, tell the group."""
    t, audited = telling.t, telling.result.data_audit
    rows: Iterable[Row] = (
        [
            *(proxy.attribute, t("data_audit.words") if proxy.column is None else proxy.column),
            *(one.group, one.n, one.auc, one.lower, one.upper),
        ]
        for proxy in (audited.proxies if audited else [])
        for one in proxy.groups
    )
    columns = columns_of("attribute told_by group rows:count auc:number lower:number upper:number")
    return Grid("data_proxies", columns, rows)
