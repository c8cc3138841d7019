"""Dimensions of risk, and what people said of decisions, as rows and columns of plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.report.beside.scorecard import indicator_name, indicator_reason
from audit.report.documents import Telling
from audit.report.papers.cells import Grid, Row, class_name, columns_of
from audit.report.review import direction
from audit.report.wording import group_name


def dimensions(telling: Telling) -> Grid:
    """The range of every dimension."""
    t, card = telling.t, telling.result.scorecard
    rows: Iterable[Row] = (
        [t(f"scorecard.{item.code}"), item.lowest, item.highest, item.score, item.known]
        for item in (card.dimensions if card else [])
    )
    columns = columns_of("dimension lowest:number highest:number known_alone:number weight_known:share")
    return Grid("dimensions", columns, rows)


def indicators(telling: Telling) -> Grid:
    """What each dimension is made of, with ends, weight and reason."""
    t, card = telling.t, telling.result.scorecard
    rows: Iterable[Row] = (
        [
            *(t(f"scorecard.{found.code}"), indicator_name(item, t), item.weight, item.value, item.lower, item.upper),
            *(item.zero, item.one, item.x, item.x_lower, item.x_upper, item.field, item.measure),
            indicator_reason(item, card, t) if card else None,
            t("scorecard.unknown") if item.value is None else None,
        ]
        for found in (card.dimensions if card else [])
        for item in found.indicators
    )
    columns = columns_of(
        "dimension indicator weight:number value:number lower:number upper:number zero:number one:number x:number "
        "x_lower:number x_upper:number field measure reason why_empty"
    )
    return Grid("indicators", columns, rows)


def review_flags(telling: Telling) -> Grid:
    """What reviewers say of flagged decisions, beside others."""
    t, review = telling.t, telling.review
    rows: Iterable[Row] = (
        [
            *(t(f"flags.name.{item.code}"), t(f"review.outcome.{item.outcome}"), item.flagged.n, item.flagged.hits),
            *(item.flagged.rate, item.controls.n, item.controls.hits, item.controls.rate),
            *(item.difference, item.lower, item.upper, item.p, item.holm_p),
        ]
        for item in (review.precision if review else [])
    )
    columns = columns_of(
        "flag called n:count so_called:count frequency:share controls_n:count controls_called:count "
        "controls_rate:share difference:share lower:share upper:share p:p holm_p:p"
    )
    return Grid("review_flags", columns, rows)


def review_labels(telling: Telling) -> Grid:
    """How often the recorded label of every group is wrong."""
    t, review = telling.t, telling.review
    rows: Iterable[Row] = (
        [
            *(group_name(item.attributes) or t("review.everybody"), group_name(item.group), item.differs.n),
            *(item.differs.hits, item.differs.rate, item.differs.lower, item.differs.upper, item.lower, item.upper),
        ]
        for item in (review.label_errors if review else [])
    )
    columns = columns_of(
        "attribute group judged:count differs:count differs_rate:share differs_lower:share differs_upper:share "
        "wrong_at_least:share wrong_at_most:share"
    )
    return Grid("review_labels", columns, rows)


def review_gaps(telling: Telling) -> Grid:
    """Bounds on gaps, were labels right."""
    t, review = telling.t, telling.review
    rows: Iterable[Row] = (
        [
            *(group_name(gap.attributes), t.metric(gap.metric), class_name(gap.cls, t), group_name(gap.group)),
            *(group_name(gap.other), gap.recorded, gap.lower, gap.upper, t(f"review.keeps.{direction(gap)}")),
        ]
        for gap in (review.gaps if review else [])
    )
    columns = columns_of("attribute metric class group other as_labelled:share lower:share upper:share direction")
    return Grid("review_gaps", columns, rows)


def review_agreement(telling: Telling) -> Grid:
    """How well reviewers agree."""
    t, review = telling.t, telling.review

    def rows() -> Iterator[Row]:
        agreed = {item.question: item for item in review.agreement} if review else {}
        for counts in review.counts if review else []:
            found = agreed.get(counts.question)
            alpha = (found.alpha, found.lower, found.upper) if found else (None, None, None)
            yield [
                *(t(f"review.question.{counts.question}"), counts.decisions, counts.answers, counts.unsure),
                *(counts.missing, *alpha, t(f"review.undefined.{found.note}") if found and found.note else None),
            ]

    columns = columns_of(
        "question n:count answers:count unsure:count missing:count alpha:number lower:number upper:number why_empty"
    )
    return Grid("review_agreement", columns, rows())
