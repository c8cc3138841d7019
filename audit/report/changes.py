"""What both the report and the terminal pick out of a comparison of two versions."""

from __future__ import annotations

from dataclasses import dataclass

from audit.fairness.metrics.names import COMPLEMENTS
from audit.report.wording import Catalogue, decimal, group_name, percent
from audit.result import Change, ClearGap, Comparison, Flips, GapChange


@dataclass(frozen=True)
class SortedChanges:
    """Figures of a comparison by what was shown of them.

    Attributes
    ----------
    known
        Figures with bounds that carry their guarantee.
    clear
        Those that changed clearly, farthest first.
    same
        How many were shown to have changed by no more than the margin.
    """

    known: int
    clear: list[Change]
    same: int


def sort_changes(comparison: Comparison, margin: float) -> SortedChanges:
    """Sort figures. Bounds that carry no guarantee make nothing clear, and nothing the same."""
    known = [
        (change, change.lower, change.upper)
        for change in comparison.changes
        if change.lower is not None and change.upper is not None and change.doubt is None
    ]
    clear = [change for change, lower, upper in known if lower > 0 or upper < 0]
    clear.sort(key=lambda change: -abs(change.difference or 0))
    same = sum(lower >= -margin and upper <= margin for _, lower, upper in known)
    return SortedChanges(len(known), clear, same)


def told_changes(clear: list[Change]) -> list[Change]:
    """Leave out what another change says already: that of one minus the same metric in the same group."""
    there = {(change.metric, change.cls, *change.attributes, *change.group) for change in clear}
    return [
        change
        for change in clear
        if (COMPLEMENTS.get(change.metric), change.cls, *change.attributes, *change.group) not in there
    ]


def pairing(comparison: Comparison) -> str:
    """Name what was compared with what: the same decisions, the same rows, or other rows."""
    return "paired" if comparison.paired else "unpaired" if comparison.same_rows else "other_rows"


def flip_kinds(comparison: Comparison) -> list[str]:
    """Ways of changing that this comparison counts, in the order to show them."""
    return [rate.kind for rate in comparison.flips[0].rates] if comparison.flips else []


def shown_flips(comparison: Comparison) -> list[Flips]:
    """Flips of everybody and of the groups of single attributes."""
    return [flip for flip in comparison.flips if len(flip.attributes) < 2]


def changed(flips: Flips) -> int:
    """Decisions that changed, whichever way."""
    return next(rate.flips for rate in flips.rates if rate.kind == "changed")


def gap_count(gaps: list[GapChange]) -> int:
    """Gaps that were bounded; each is told in both directions."""
    return sum(gap.direction == "widened" for gap in gaps)


def clear_gaps(gaps: list[GapChange]) -> list[GapChange]:
    """Gaps that were shown to have widened or narrowed, farthest first."""
    return sorted((gap for gap in gaps if gap.lower > 0), key=lambda gap: -gap.lower)


def change_sentence(change: Change, t: Catalogue) -> str:
    """Say of one metric of one group what it was, what it is, and how far that is."""
    is_number = t.is_number(change.metric)
    of_group = decimal if is_number else percent
    rose = (change.difference or 0.0) >= 0
    bounds = sorted(abs(value or 0.0) for value in (change.lower, change.upper))
    amount = decimal if is_number else t.points
    code = f"comparison.said.{'rose' if rose else 'fell'}"
    return t(
        code if change.attributes else f"{code}.all",
        attributes=group_name(change.attributes),
        group=group_name(change.group),
        metric=t.phrase(change.metric, change.cls),
        before=of_group(change.baseline.value),
        after=of_group(change.candidate.value),
        difference=amount(abs(change.difference or 0.0)),
        lower=amount(bounds[0]),
        upper=amount(bounds[1]),
    )


def gap_change_sentence(gap: GapChange, t: Catalogue) -> str:
    """Say what became of the gap between two groups."""
    amount = decimal if t.is_number(gap.metric) else t.points
    low, high = (group_name(group) for group in gap.groups)
    return t(
        f"comparison.said.{gap.direction}",
        attributes=group_name(gap.attributes),
        metric=t.phrase(gap.metric, gap.cls),
        low=low,
        high=high,
        before=amount(gap.before),
        after=amount(gap.after),
        lower=amount(gap.lower),
    )


def flip_gap_sentence(gap: ClearGap, t: Catalogue) -> str:
    """Say of which of two groups decisions changed more often."""
    return t(
        "comparison.said.flip_gap",
        attributes=group_name(gap.attributes),
        metric=t.phrase(gap.metric),
        low=group_name(gap.low_group),
        low_value=percent(gap.low_value),
        high=group_name(gap.high_group),
        high_value=percent(gap.high_value),
    )
