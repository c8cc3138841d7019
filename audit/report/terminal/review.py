"""What a terminal says of a review."""

from __future__ import annotations

from audit.report.review import called, conclusion, direction, error_sentence, group_of, is_clear, p_value, widest_gaps
from audit.report.terminal.page import Line, Page
from audit.report.wording import Catalogue, count, decimal, group_name, percent, points, signed_points
from audit.result.review import GapBound, Review, ReviewAgreement, ReviewRate


def tell_review(review: Review, t: Catalogue, width: int) -> list[Line]:
    """Tell a review: flags first, then labels, gaps and agreement."""
    page = Page(width)
    page.text(conclusion(review, t), "strong")
    design = review.design
    page.text(
        t(
            "review.lead", reviewers=count(review.reviewers), reviewed=count(review.reviewed),
            flagged=count(design.drawn_flagged), controls=count(design.drawn_controls),
        )
    )  # fmt: skip
    page.text(error_sentence(review, t))
    for note in review.notes:
        page.item(t.remark(note))
    _flags(page, review, t)
    _labels(page, review, t)
    _gaps(page, review, t)
    _agreement(page, review, t)
    page.blank()
    return page.lines


def _flags(page: Page, review: Review, t: Catalogue) -> None:
    if not review.precision:
        return
    page.heading(t("review.precision"))
    head = [t(f"review.{name}") for name in ("code", "flagged", "controls", "difference", "p")]
    page.table(
        head,
        [
            (
                called(item, t), _share(item.flagged), _share(item.controls), signed_points(item.difference),
                p_value(item.holm_p) + (f" {t('review.clear')}" if is_clear(item, review.level) else ""),
            )
            for item in review.precision
        ],
    )  # fmt: skip


def _labels(page: Page, review: Review, t: Catalogue) -> None:
    if not review.label_errors:
        return
    page.heading(t("review.labels"))
    page.table(
        [t(f"review.{name}") for name in ("group", "judged", "differs", "wrong_labels")],
        [
            (
                group_of(item.attributes, item.group, t), count(item.differs.n), percent(item.differs.rate),
                "–" if item.lower is None else f"{points(item.lower)}–{percent(item.upper)}",
            )
            for item in review.label_errors
        ],
    )  # fmt: skip


def _gaps(page: Page, review: Review, t: Catalogue) -> None:
    gaps = widest_gaps(review)
    if not gaps:
        return
    page.heading(t("review.gaps"))
    page.table(
        [t(f"review.{name}") for name in ("metric", "groups", "recorded", "bounds", "keeps")],
        [
            (
                t.phrase(gap.metric, gap.cls),
                t.pair(group_name(gap.attributes), _pair(gap, t)),
                signed_points(gap.recorded),
                f"{signed_points(gap.lower)} … {signed_points(gap.upper)}",
                t(f"review.keeps.{direction(gap)}"),
            )
            for gap in gaps
        ],
        numbers=2,
    )  # fmt: skip


def _pair(gap: GapBound, t: Catalogue) -> str:
    return t("review.minus", group=group_name(gap.group), other=group_name(gap.other))


def _agreement(page: Page, review: Review, t: Catalogue) -> None:
    found = {item.question: item for item in review.agreement}
    page.heading(t("review.agreement"))
    page.table(
        [t(f"review.{name}") for name in ("question", "alpha", "answers", "unsure.n", "missing")],
        [
            (
                t(f"review.question.{counts.question}"), _alpha(found.get(counts.question)), count(counts.answers),
                count(counts.unsure), count(counts.missing),
            )
            for counts in review.counts
            if counts.answers + counts.unsure + counts.missing
        ],
    )  # fmt: skip


def _alpha(item: ReviewAgreement | None) -> str:
    if item is None or item.alpha is None:
        return "–"
    return f"{decimal(item.alpha, 2)} ({decimal(item.lower, 2)}–{decimal(item.upper, 2)})"


def _share(rate: ReviewRate) -> str:
    return "–" if rate.rate is None else f"{percent(rate.rate)} ({count(rate.hits)}/{count(rate.n)})"
