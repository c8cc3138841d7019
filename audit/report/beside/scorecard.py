"""Dimensions of risk, never without their ranges."""

from __future__ import annotations

from audit.report.wording import Catalogue, decimal, percent
from audit.result import RiskDimension, Scorecard, ScoredIndicator


def indicator_name(item: ScoredIndicator, t: Catalogue) -> str:
    """Name an indicator; one of a scorecard of the user's own is called what the user calls it."""
    code = f"scorecard.indicator.{item.code}"
    return item.title or (t(code) if t.knows(code) else item.code)


def indicator_reason(item: ScoredIndicator, card: Scorecard, t: Catalogue) -> str:
    """Say why an indicator has these ends and this weight; a scorecard of the user's own says it in its own words."""
    return item.reason if card.file else t(f"scorecard.reason.{item.code}")


def says(found: RiskDimension, t: Catalogue) -> str:
    """Say where a dimension stands, and how much of it was measured."""
    params = {"low": decimal(found.lowest, 2), "high": decimal(found.highest, 2), "known": percent(found.known, 0)}
    if found.score is None:
        return t("scorecard.says.unknown", **params)
    return t("scorecard.says", score=decimal(found.score, 2), **params)


def conclusion(found: Scorecard, t: Catalogue) -> str:
    """Name the dimension that is worst for certain, and the one of which least is known."""
    worst = max(found.dimensions, key=lambda item: (item.lowest, item.highest))
    least_known = max(found.dimensions, key=lambda item: item.highest - item.lowest)
    return t(
        "conclusion.scorecard", worst=t(f"scorecard.{worst.code}"), low=decimal(worst.lowest, 2),
        high=decimal(worst.highest, 2), open=t(f"scorecard.{least_known.code}"),
    )  # fmt: skip


def ranges(found: Scorecard, t: Catalogue) -> str:
    """Tell the range of every dimension in one line."""
    told = [
        t.pair(t(f"scorecard.{item.code}"), f"{decimal(item.lowest, 2)}–{decimal(item.highest, 2)}")
        for item in found.dimensions
    ]
    return t("scorecard.ranges", ranges=t.clauses(told))
