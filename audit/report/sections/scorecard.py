"""Section 2, where a scorecard was asked for: five dimensions of risk, each with everything that it could still be."""

from __future__ import annotations

import math
from typing import Any

from audit.report.sections import Section
from audit.report.view import View
from audit.report.wording import decimal, percent
from audit.result import RiskDimension, ScoredIndicator

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
        "dimensions": [_dimension(view, item) for item in found.dimensions],
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


def _dimension(view: View, found: RiskDimension) -> dict[str, Any]:
    named = {item.code: _named(view, item) for item in found.indicators}
    measure = {item.code: item.measure for item in found.indicators}
    return {
        "found": found,
        "name": view.t(f"scorecard.{found.code}"),
        "says": _says(view, found),
        "rows": [(named[item.code], item) for item in found.indicators],
        "drivers": view.t.listed(named[code] for code in found.drivers),
        "next": [(named[code], measure[code]) for code in found.measure_next],
    }


def _named(view: View, item: ScoredIndicator) -> str:
    code = f"scorecard.indicator.{item.code}"
    return item.title or (view.t(code) if view.t.knows(code) else item.code)


def _says(view: View, found: RiskDimension) -> str:
    """Say where a dimension stands, never without its range."""
    params = {"low": decimal(found.lowest, 2), "high": decimal(found.highest, 2), "known": percent(found.known, 0)}
    if found.score is None:
        return view.t("scorecard.says.unknown", **params)
    return view.t("scorecard.says", score=decimal(found.score, 2), **params)


def conclude(view: View) -> str | None:
    """Name the dimension that is worst for certain, and the one of which least is known."""
    found = view.result.scorecard
    if found is None:
        return None
    worst = max(found.dimensions, key=lambda item: (item.lowest, item.highest))
    least_known = max(found.dimensions, key=lambda item: item.highest - item.lowest)
    return view.t(
        "conclusion.scorecard", worst=view.t(f"scorecard.{worst.code}"), low=decimal(worst.lowest, 2),
        high=decimal(worst.highest, 2), open=view.t(f"scorecard.{least_known.code}"),
    )  # fmt: skip


SECTION = Section("scorecard", 22, build, conclude=conclude)
