"""What both the report and the terminal pick out of a comparison of two versions."""

from __future__ import annotations

from audit.result import Comparison, Flips, GapChange


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
