"""What a terminal says of two versions of a model: what changed for whom, and what was shown to be the same."""

from __future__ import annotations

from audit.report.changes import (
    change_sentence,
    clear_gaps,
    flip_gap_sentence,
    flip_kinds,
    gap_change_sentence,
    gap_count,
    pairing,
    shown_flips,
    sort_changes,
    told_changes,
)
from audit.report.terminal.page import Line, Page
from audit.report.wording import Catalogue, count, decimal, group_name, percent, points
from audit.result import Comparison, Flips

#: Clear changes told one by one.
MOST_CHANGES = 20


def tell_comparison(comparison: Comparison, t: Catalogue, margin: float, width: int) -> list[Line]:
    """Tell a comparison: clear changes and gaps first, then flips of each group, and what explanations did."""
    page = Page(width)
    _changes(page, comparison, t, margin)
    _gaps(page, comparison, t, margin)
    _flips(page, comparison, t)
    _explanations(page, comparison, t)
    page.blank()
    for note in comparison.notes:
        page.item(t.remark(note))
    return page.lines


def _changes(page: Page, comparison: Comparison, t: Catalogue, margin: float) -> None:
    page.text(t("comparison.kind." + pairing(comparison), baseline=comparison.baseline), "strong")
    found = sort_changes(comparison, margin)
    numbers = {"n": found.known, "clear": len(found.clear), "same": found.same}
    page.text(t("comparison.counts", **numbers, margin=f"{margin:g}"))
    if not found.clear:
        return
    page.heading(t("comparison.clear"))
    told = told_changes(found.clear)
    for change in told[:MOST_CHANGES]:
        page.item(change_sentence(change, t))
    if len(told) > MOST_CHANGES:
        page.item(t("comparison.rest", n=len(told) - MOST_CHANGES))


def _gaps(page: Page, comparison: Comparison, t: Catalogue, margin: float) -> None:
    gaps = comparison.gaps
    if not gaps:
        return
    clear = clear_gaps(gaps)
    ways = [gap.direction for gap in clear]
    page.heading(t("comparison.gaps.title"))
    page.text(
        t(
            "comparison.gaps.counts",
            n=gap_count(gaps),
            widened=ways.count("widened"),
            narrowed=ways.count("narrowed"),
            same=sum(gap.direction == "widened" and gap.most <= margin for gap in gaps),
            margin=f"{margin:g}",
            level=percent(comparison.level, 0),
        )
    )
    for gap in clear:
        page.item(gap_change_sentence(gap, t))


def _flips(page: Page, comparison: Comparison, t: Catalogue) -> None:
    flips = shown_flips(comparison)
    if not flips:
        return
    page.heading(t("comparison.flips"))
    kinds = [t(f"comparison.flip.{kind}") for kind in flip_kinds(comparison)]
    rows = [[_who(flip, t), count(flip.n), *(percent(rate.rate) for rate in flip.rates)] for flip in flips]
    page.table([t("comparison.group"), t("comparison.decisions"), *kinds], rows)
    level = percent(comparison.level, 0)
    page.text(t("terminal.flips.note"))
    found = comparison.flip_gaps
    if found is None:
        return
    if not found.items:
        page.text(t("comparison.flip_gaps.none", n=count(found.comparisons), level=level))
        return
    page.text(t("comparison.flip_gaps", n=len(found.items), level=level))
    for item in found.items:
        page.item(flip_gap_sentence(item, t))


def _explanations(page: Page, comparison: Comparison, t: Catalogue) -> None:
    found = comparison.explanations
    if found is None:
        return
    page.heading(t("comparison.explained"))
    counts = {name: count(getattr(found, name)) for name in ("both", "baseline", "candidate", "flipped")}
    left_out = [t(f"comparison.left_out.{reason}", n=count(n)) for reason, n in found.left_out.items()]
    page.text(t.sentences(t("comparison.explained.lead", **counts), *left_out))
    names = ("group", "decisions", "moved", "error", "beyond", "rank", "strongest")
    rows = []
    for shift in found.shifts:
        who = _named(shift.attributes, shift.group, t) if shift.attributes else t(f"comparison.which.{shift.which}")
        moved = "–" if shift.moved is None else f"{percent(shift.moved)} ({points(shift.lower)}–{percent(shift.upper)})"
        rest = [percent(shift.error), count(shift.beyond_error), decimal(shift.rank_correlation, 2)]
        rows.append([who, count(shift.n), moved, *rest, count(shift.same_strongest)])
    page.table([t(f"comparison.{name}") for name in names], rows)
    page.text(t("comparison.explained.note", level=percent(comparison.level, 0)))


def _who(flips: Flips, t: Catalogue) -> str:
    return _named(flips.attributes, flips.group, t)


def _named(attributes: list[str], group: list[str], t: Catalogue) -> str:
    return t.pair(group_name(attributes), group_name(group)) if attributes else t("performance.overall")
