"""Scores a result by a scorecard: Σ p·x of each dimension, with everything that it could still be.

An indicator maps the number that was measured, and both ends of its interval, to a scale from 0 (no risk) to 1 (full
risk). Of several parts the worst counts. What was not measured may be anything from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit.result import AuditResult
from audit.result.scorecard import DIMENSIONS, RiskDimension, Scorecard, ScoredIndicator
from audit.scorecard.fields import found_at
from audit.scorecard.loading import Card, Indicator

#: Indicators that are named as what drives a dimension, and as what to measure next.
MOST_NAMED = 3


def scored(result: AuditResult, card: Card, name: str | None) -> Scorecard:
    """Score a result.

    Parameters
    ----------
    name
        Of the file that the scorecard stands in; None for the one that ships.
    """
    plain = result.model_dump(mode="json")
    return Scorecard(
        file=name,
        sha256=card.sha256,
        dimensions=[_dimension(code, card.dimensions.get(code, []), plain) for code in DIMENSIONS],
    )


def _dimension(code: str, indicators: list[Indicator], plain: Mapping[str, Any]) -> RiskDimension:
    scores = [_indicator(indicator, plain) for indicator in indicators]
    total = sum(item.weight for item in scores)
    known = [(item, item.x) for item in scores if item.x is not None]
    weight = sum(item.weight for item, _ in known)
    drivers = sorted((pair for pair in known if pair[1] > 0), key=lambda pair: -pair[0].weight * pair[1])
    open_ended = sorted(
        (item for item in scores if item.x_upper > item.x_lower),
        key=lambda item: -item.weight * (item.x_upper - item.x_lower),
    )
    return RiskDimension(
        code=code,
        score=sum(item.weight * x for item, x in known) / weight if known else None,
        lowest=sum(item.weight * item.x_lower for item in scores) / total if total else 0.0,
        highest=sum(item.weight * item.x_upper for item in scores) / total if total else 1.0,
        known=weight / total if total else 0.0,
        indicators=scores,
        drivers=[item.code for item, _ in drivers[:MOST_NAMED]],
        measure_next=[item.code for item in open_ended[:MOST_NAMED]],
    )


def _indicator(asked: Indicator, plain: Mapping[str, Any]) -> ScoredIndicator:
    parts = [part for part in found_at(asked.field, plain) if isinstance(part, Mapping)]
    numbers = [_numbers(asked, part) for part in parts]
    measured = [found for found in numbers if found is not None]
    told: dict[str, Any] = {"value": None, "lower": None, "upper": None, "x": None, "x_lower": 0.0, "x_upper": 1.0}
    if measured:
        value, lower, upper = max(measured, key=lambda found: _x(asked, found[0]))
        ends = [sorted((_x(asked, low), _x(asked, high))) for _, low, high in measured]
        told = {
            "value": value,
            "lower": lower,
            "upper": upper,
            "x": _x(asked, value),
            "x_lower": max(low for low, _ in ends),
            # A part without a value could be as bad as can be.
            "x_upper": 1.0 if len(measured) < len(numbers) else max(high for _, high in ends),
        }
    return ScoredIndicator(
        code=asked.code, title=asked.title, field=asked.field, zero=asked.zero, one=asked.one, weight=asked.weight,
        measure=asked.measure, reason=asked.reason, parts=len(parts), **told,
    )  # fmt: skip


def _numbers(asked: Indicator, part: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """Value and both ends of a part; an end that is not known is the farthest there is."""
    value = part.get(asked.value)
    if not isinstance(value, int | float):
        return None
    low, high = sorted((asked.zero, asked.one))
    lower, upper = part.get(asked.lower), part.get(asked.upper)
    return (
        float(value),
        float(lower) if isinstance(lower, int | float) else min(low, float(value)),
        float(upper) if isinstance(upper, int | float) else max(high, float(value)),
    )


def _x(asked: Indicator, value: float) -> float:
    """Place a value between the two ends."""
    return min(1.0, max(0.0, (value - asked.zero) / (asked.one - asked.zero)))
