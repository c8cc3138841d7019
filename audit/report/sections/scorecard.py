"""Section 2, where a scorecard was asked for: five dimensions of risk, each with everything that it could still be."""

from __future__ import annotations

import math
from typing import Any

from audit.report.beside.scorecard import conclusion, indicator_name, indicator_reason, says
from audit.report.sections import Section
from audit.report.view import View
from audit.result import RiskDimension, Scorecard

#: Radius of the drawing, and where words stand.
RADIUS, WORDS = 100.0, 118.0


def build(view: View) -> dict[str, Any] | None:
    """Build the drawing, and a part for every dimension with its indicators."""
    found = view.result.scorecard
    if found is None:
        return None
    return {
        "card": found,
        "radar": _radar(view, found.dimensions),
        "dimensions": [_dimension(view, found, item) for item in found.dimensions],
    }


def _radar(view: View, dimensions: list[RiskDimension]) -> dict[str, Any]:
    """Corners of the drawing: how low, how high, and where what is known stands."""
    angles = [2 * math.pi * at / len(dimensions) - math.pi / 2 for at in range(len(dimensions))]

    def corners(values: list[float]) -> str:
        return " ".join(_point(angle, RADIUS * value) for angle, value in zip(angles, values, strict=True))

    return {
        "rings": [corners([share] * len(angles)) for share in (0.25, 0.5, 0.75, 1.0)],
        "spokes": [_point(angle, RADIUS).split(",") for angle in angles],
        "highest": corners([item.highest for item in dimensions]),
        "lowest": corners([item.lowest for item in dimensions]),
        "scores": [
            _point(angle, RADIUS * item.score).split(",")
            for angle, item in zip(angles, dimensions, strict=True)
            if item.score is not None
        ],
        "words": [
            (view.t(f"scorecard.{item.code}"), *_point(angle, WORDS).split(","), _anchor(angle))
            for angle, item in zip(angles, dimensions, strict=True)
        ],
    }


def _point(angle: float, radius: float) -> str:
    return f"{radius * math.cos(angle):.1f},{radius * math.sin(angle):.1f}"


def _anchor(angle: float) -> str:
    across = math.cos(angle)
    return "middle" if abs(across) < 0.2 else "start" if across > 0 else "end"


def _dimension(view: View, card: Scorecard, found: RiskDimension) -> dict[str, Any]:
    named = {item.code: indicator_name(item, view.t) for item in found.indicators}
    measure = {item.code: item.measure for item in found.indicators}
    return {
        "found": found,
        "name": view.t(f"scorecard.{found.code}"),
        "says": says(found, view.t),
        "rows": [(named[item.code], item, indicator_reason(item, card, view.t)) for item in found.indicators],
        "drivers": view.t.listed(named[code] for code in found.drivers),
        "next": [(named[code], measure[code]) for code in found.measure_next],
    }


def conclude(view: View) -> str | None:
    """Name the dimension that is worst for certain, and the one of which least is known."""
    found = view.result.scorecard
    return None if found is None else conclusion(found, view.t)


SECTION = Section("scorecard", 22, build, conclude=conclude)
