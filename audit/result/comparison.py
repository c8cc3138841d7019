"""Two versions of a model on one page: what changed between them, in `result.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from audit.result.fairness import FindingsSummary, Sketch
from audit.result.part import Count, Note, Part, Size


class ValueEstimate(Part):
    """One metric of one group, with what bounds are made of."""

    value: float | None
    effective_n: Size | None
    clusters: Size | None
    standard_error: Size | None
    sketch: Sketch | None = Field(None, description="Of a mean: what decisions add to it.")
    doubt: str | None = Field(None, description="Why its bounds carry no guarantee; null where they do.")


class Change(Part):
    """One metric of one group, before and after."""

    attributes: list[str]
    group: list[str]
    metric: str
    cls: str | None = Field(alias="class")
    baseline: ValueEstimate
    candidate: ValueEstimate
    correlation: float = Field(
        ge=-1, le=1, description="Of the two values; 0 where they were measured on different rows."
    )
    sketch: Sketch | None = Field(
        description="What decisions add to the difference; null where it is not known decision by decision."
    )
    difference: float | None = Field(description="Candidate less baseline.")
    lower: float | None = Field(description="Two-sided interval of the difference.")
    upper: float | None
    doubt: str | None = Field(None, description="Why bounds of the change carry no guarantee; null where they do.")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class GapChange(Part):
    """What became of the gap of one metric between any two groups."""

    attributes: list[str]
    metric: str
    cls: str | None = Field(alias="class")
    direction: Literal["widened", "narrowed"]
    groups: list[list[str]] = Field(description="The pair whose change is bounded highest.")
    before: float = Field(description="Absolute difference of that pair in the baseline.")
    after: float
    lower: float = Field(
        description="Lower bound of how far that pair went this way, corrected for all pairs, metrics and slicings."
    )
    most: float = Field(description="No pair went farther this way: an upper bound, of this metric and slicing alone.")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class FlipRate(Part):
    """How many decisions of one group changed in one way."""

    kind: Literal["changed", "to_positive", "to_negative", "newly_wrong", "newly_right"]
    n: Count = Field(description="Decisions in both versions; of `newly_…`, those with a label.")
    flips: Count
    rate: float | None = Field(description="Share, by weight; null where there are no such decisions.")
    lower: float | None = Field(description="Two-sided interval of the share, for this group alone.")
    upper: float | None
    effective_n: Size | None
    clusters: Size | None
    doubt: str | None = Field(None, description="Why the bounds carry no guarantee; null where they do.")


class Flips(Part):
    """Decisions of one group that changed."""

    attributes: list[str]
    group: list[str]
    n: Count
    rates: list[FlipRate]


class Comparison(Part):
    """This audit against a baseline."""

    baseline: str = Field(description="Title of the baseline.")
    baseline_model_sha256: str | None
    baseline_tool_version: str
    paired: bool = Field(description="Both decision tables were at hand, of the same rows.")
    same_rows: bool
    level: float = Field(
        gt=0.5, lt=1, description="Of every interval; and, over all of them together, of gaps and of flips."
    )
    changes: list[Change]
    gaps: list[GapChange] = Field(description="Two of every gap: how far it widened, and how far it narrowed.")
    flips: list[Flips]
    flip_gaps: FindingsSummary | None = Field(
        description="Groups whose decisions change more often than others', beyond chance; null if not paired."
    )
    notes: list[Note] = Field(default_factory=list, description="What was compared otherwise than the rest, and why.")
