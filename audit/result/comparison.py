"""Two versions of a model on one page: what changed between them, in `result.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from audit.result.fairness import ClearGaps, Sketch
from audit.result.part import Count, Note, Part, Size
from audit.result.why import UnitAttributions


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


class ExplanationShift(Part):
    """How far the explanations of some decisions went apart; means are weighted back to all decisions of that kind."""

    attributes: list[str]
    group: list[str]
    which: Literal["all", "flipped", "kept"] = Field(description="Whether the decision changed.")
    n: Count = Field(description="Decisions that both versions explain, and that can be compared.")
    moved: float | None = Field(
        description="Mean share of attribution that went to other words or turned round, from 0 to 1; null of none."
    )
    lower: float | None = Field(description="Two-sided interval of that mean.")
    upper: float | None
    error: float | None = Field(description="Mean share that the estimated errors of both explanations come to.")
    beyond_error: Count = Field(description="Decisions whose explanations differ by more than both errors together.")
    rank_correlation: float | None = Field(description="Mean of Spearman's, over words; null where none is defined.")
    same_strongest: Count = Field(description="Decisions in which the same word counts most.")


class ComparedDecision(Part):
    """One decision explained by both versions, for the same class: the one that the candidate predicts."""

    row_id: str
    y_before: str
    y_pred: str
    moved: float
    error: float
    rank_correlation: float | None
    before: UnitAttributions
    after: UnitAttributions


class ExplanationComparison(Part):
    """Explanations of the same decisions in both versions."""

    baseline: Count = Field(description="Decisions that the baseline explains.")
    candidate: Count
    both: Count
    flipped: Count = Field(description="Of those that both explain, those that changed.")
    left_out: dict[str, Count] = Field(description="Why some of them cannot be compared, with how many.")
    shifts: list[ExplanationShift]
    shown: list[ComparedDecision] = Field(description="Changed decisions first, then those that moved most.")


class DimensionMove(Part):
    """A dimension of risk then and now."""

    code: str
    baseline_lowest: float
    baseline_highest: float
    lowest: float
    highest: float
    moved: Literal["up", "down"] | None = Field(
        description="Null where the two ranges share a value: what is open may be all that differs."
    )


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
    flip_gaps: ClearGaps | None = Field(
        description="Groups whose decisions change more often than others', beyond chance; null if not paired."
    )
    explanations: ExplanationComparison | None = Field(
        None, description="Null unless both run folders hold explanations of the same texts."
    )
    dimensions: list[DimensionMove] = Field(
        default_factory=list, description="Dimensions of risk, where both audits were scored by one scorecard."
    )
    notes: list[Note] = Field(default_factory=list, description="What was compared otherwise than the rest, and why.")
