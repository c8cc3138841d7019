"""Five dimensions of risk as weighted sums of what was measured, in `result.json`."""

from __future__ import annotations

from pydantic import Field

from audit.result.part import Count, Part, Size

#: Technical vulnerability, ethics, privacy, social impact, transparency.
DIMENSIONS = ("V", "E", "P", "S", "T")


class ScoredIndicator(Part):
    """A number of the result that speaks for a dimension, on a scale from 0 (no risk) to 1 (full risk)."""

    code: str
    title: str | None = Field(description="What a scorecard of one's own calls it.")
    field: str = Field(description="Where in the result it stands.")
    zero: float = Field(description="The value that means 0.")
    one: float = Field(description="The value that means 1.")
    weight: Size
    measure: str = Field(description="Key of the configuration that measures it.")
    reason: str
    parts: Count = Field(description="How many parts of the result it was found in; the worst counts.")
    value: float | None = Field(description="Null where it was not measured.")
    lower: float | None
    upper: float | None
    x: float | None
    x_lower: float = Field(description="The least that it could be; 0 where it was not measured.")
    x_upper: float = Field(description="The most that it could be; 1 where it was not measured.")


class RiskDimension(Part):
    """One dimension."""

    code: str
    score: float | None = Field(description="Over the indicators that are known; null where none is.")
    lowest: float = Field(description="If all that is open turned out well.")
    highest: float = Field(description="If all that is open turned out badly: what a rule judges.")
    known: float = Field(description="Share of the weight of indicators that were measured.")
    indicators: list[ScoredIndicator]
    drivers: list[str] = Field(description="Indicators that add most to it, by code.")
    measure_next: list[str] = Field(description="Indicators that leave most of it open, by code.")


class Scorecard(Part):
    """All dimensions. There is no number of them all: what is at stake in one is not made up for by another."""

    file: str | None = Field(description="Name of the scorecard of one's own; null for the one that ships.")
    sha256: str
    dimensions: list[RiskDimension]


class Scored(Part):
    """What the audit says of five dimensions of risk."""

    scorecard: Scorecard | None = Field(None, description="Null where it was not asked for.")
