"""What a review found, in words and numbers that more than one output tells."""

from __future__ import annotations

from collections.abc import Sequence

from audit.report.wording import Catalogue, group_name, percent
from audit.result.review import FlagPrecision, GapBound, LabelErrorRate, Review

#: With fewer reviewed decisions nothing is said of a group's gaps here: they stand in review.json.
LEAST_REVIEWED = 10


def is_clear(item: FlagPrecision, level: float) -> bool:
    """Whether more of the flagged decisions are called so, beyond chance over all comparisons."""
    return item.holm_p is not None and item.holm_p < 1 - level and (item.difference or 0.0) > 0


def widest_gaps(review: Review) -> list[GapBound]:
    """Of every metric of every attribute, the pair whose recorded gap is widest, of groups that were reviewed."""
    few = {
        (*item.attributes, *item.group, item.metric, item.cls)
        for item in review.metrics
        if item.reviewed < LEAST_REVIEWED
    }
    out: dict[tuple[str | None, ...], GapBound] = {}
    for gap in review.gaps:
        key = (*gap.attributes, gap.metric, gap.cls)
        if gap.recorded is None or few & {(*gap.attributes, *who, *key[1:]) for who in (gap.group, gap.other)}:
            continue
        if key not in out or gap.recorded > (out[key].recorded or 0.0):
            out[key] = gap
    return list(out.values())


def direction(gap: GapBound) -> str:
    """Say whether the group that labels put higher stays so: `yes`, `no` (nobody knows), or it `turns`."""
    return "yes" if gap.lower > 0 else "turns" if gap.upper < 0 else "no"


def everybody(review: Review) -> LabelErrorRate | None:
    """Return the rate of wrong labels among all decisions."""
    return next((item for item in review.label_errors if not item.attributes), None)


def p_value(p: float | None) -> str:
    """Write the probability of a difference as large by chance."""
    return "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def error_sentence(review: Review, t: Catalogue) -> str:
    """Say how often reviewers err, and how that is known."""
    return t(
        f"review.error.{review.reviewer_error_from}",
        error=percent(review.reviewer_error), upper=percent(review.reviewer_error_upper),
    )  # fmt: skip


def called(item: FlagPrecision, t: Catalogue) -> str:
    """Name a flag and what its decisions are called."""
    return t.aside(t(f"flags.name.{item.code}"), t(f"review.outcome.{item.outcome}"))


def group_of(attributes: Sequence[str], group: Sequence[str], t: Catalogue) -> str:
    """Name a group with its attribute; all decisions have neither."""
    return t.pair(group_name(attributes), group_name(group)) if attributes else t("review.everybody")


def conclusion(review: Review, t: Catalogue) -> str:
    """Say in two sentences what reviewers found."""
    found = [called(item, t) for item in review.precision if is_clear(item, review.level)]
    flags = ""
    if review.precision:
        flags = t("conclusion.review.confirmed", codes=t.listed(found)) if found else t("conclusion.review.none")
    labels, whole = "", everybody(review)
    if whole is not None and whole.differs.rate is not None:
        labels = t("conclusion.review.labels", share=percent(whole.differs.rate))
    return t.sentences(flags, labels)
