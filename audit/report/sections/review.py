"""Section 12: what people who looked at single decisions say of flags, labels and gaps."""

from __future__ import annotations

from typing import Any

from audit.report.review import (
    conclusion,
    direction,
    error_sentence,
    everybody,
    group_of,
    is_clear,
    p_value,
    widest_gaps,
)
from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import decimal, percent
from audit.result.review import Review


def build(view: View) -> dict[str, Any] | None:
    """Collect what the answers say; nothing where nobody was asked."""
    review = view.folder.read_review()
    if review is None:
        return None
    gaps = [(gap, direction(gap)) for gap in widest_gaps(review)]
    return {
        "review": review,
        "error": error_sentence(review, view.t),
        "p": p_value,
        "questions": _questions(review),
        "agreement_says": _agreement(view, review),
        "precision": [(item, is_clear(item, review.level)) for item in review.precision],
        "confirmed": sum(is_clear(item, review.level) for item in review.precision),
        "unmatched": max((item.unmatched for item in review.precision), default=0),
        "labels": [(group_of(item.attributes, item.group, view.t), item) for item in review.label_errors],
        "labels_says": _labels(view, review),
        "gaps": gaps,
        "kept": sum(which == "yes" for _, which in gaps),
    }


def _questions(review: Review) -> list[dict[str, Any]]:
    """Put how many answered beside how well they agree."""
    agreed = {item.question: item for item in review.agreement}
    return [
        {"counts": counts, "agreed": agreed.get(counts.question)}
        for counts in review.counts
        if counts.answers + counts.unsure + counts.missing
    ]


def _agreement(view: View, review: Review) -> str | None:
    found = next((item for item in review.agreement if item.question == "label"), None)
    if found is None or found.alpha is None:
        return None
    return view.t("review.agreement.says", alpha=decimal(found.alpha, 2))


def _labels(view: View, review: Review) -> str | None:
    whole = everybody(review)
    if whole is None or whole.differs.rate is None:
        return None
    share, lower, upper = (percent(value) for value in (whole.differs.rate, whole.differs.lower, whole.differs.upper))
    return view.t("review.labels.says", share=share, lower=lower, upper=upper)


def conclude(view: View) -> str | None:
    """Say which flags reviewers confirm, and how often they differ from labels."""
    review = view.folder.read_review()
    return None if review is None else conclusion(review, view.t)


SECTION = Section("review", 115, build, conclude=conclude)
