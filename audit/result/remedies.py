"""What might narrow the gaps, tried on half of the data and judged on the other half, in `result.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from audit.result.part import Count, Note, Part, Size

#: What thresholds by group make alike.
Constraint = Literal["demographic_parity", "equal_opportunity", "equalized_odds"]
#: What is judged: decisions as they are, the best threshold for all, thresholds by group.
RemedyCode = Literal["as_decided", "one_threshold", "demographic_parity", "equal_opportunity", "equalized_odds"]


class ThresholdRule(Part):
    """What is done with some of a group's decisions, drawn by lot."""

    share: float = Field(description="Of the group's decisions.")
    rule: Literal["above", "everybody", "nobody"] = Field(
        description="above: positive where the score is above the threshold. everybody, nobody: whatever the score is."
    )
    above: float | None


class JudgedRate(Part):
    """A rate of one group, or of everybody, on the half that judges."""

    metric: str
    n: Count
    value: float | None
    lower: float | None
    upper: float | None
    note: str | None
    doubt: str | None


class JudgedGroup(Part):
    """One group under a remedy."""

    group: list[str]
    rules: list[ThresholdRule] = Field(description="Empty where decisions stay as they are.")
    rates: list[JudgedRate]
    newly_positive: float | None = Field(description="Share of its decisions that would become positive.")
    newly_negative: float | None


class JudgedGap(Part):
    """A gap on the half that judges, with the bounds of every other gap."""

    metric: str
    value: float | None
    lower: float | None = Field(description="Simultaneous over all pairs.")
    upper: float | None = Field(description="One-sided.")
    low_group: list[str] | None
    high_group: list[str] | None
    note: str | None


class Remedy(Part):
    """Thresholds that were chosen on one half, and what they do on the other."""

    code: RemedyCode
    groups: list[JudgedGroup]
    gaps: list[JudgedGap]
    overall: list[JudgedRate] = Field(description="Accuracy and the like, over all groups.")
    fitted_objective: float | None = Field(description="On the half that chose: too good, being the best of many.")


class FrontierPoint(Part):
    """The best that thresholds by group can do while a gap stays within a limit."""

    constraint: Constraint
    allowed: float = Field(description="Gap allowed on the half that chose.")
    fitted_objective: float
    objective: float | None = Field(description="On the half that judges, and all that follows.")
    objective_lower: float | None
    objective_upper: float | None
    gap: float | None
    gap_lower: float | None
    gap_upper: float | None


class LeftOut(Part):
    """A group that has no thresholds of its own."""

    group: list[str]
    note: str


class ThresholdWhatIf(Part):
    """Other thresholds for the groups of one attribute."""

    attributes: list[str]
    cls: str = Field(alias="class")
    fitted: Count = Field(description="Decisions of the half that chose.")
    judged: Count = Field(description="Decisions of the half that judges.")
    exact: bool = Field(description="Every score was a candidate threshold.")
    remedies: list[Remedy]
    frontier: list[FrontierPoint]
    left_out: list[LeftOut]
    note: str | None = Field(description="Why nothing was tried; null where it was.")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class ReweightedCell(Part):
    """Weight that rows of one group with one label would need in training."""

    group: list[str]
    label: str
    n: Count
    observed: Size = Field(description="Share of all labelled rows, by weight.")
    expected: Size = Field(description="What it would be if label and group did not go together.")
    weight: Size | None = Field(description="Expected over observed.")
    note: str | None


class Reweighting(Part):
    """Weights by group and label that make the two independent (Kamiran and Calders 2012)."""

    attributes: list[str]
    cells: list[ReweightedCell]
    effective_share: Size | None = Field(description="Effective number of rows once weighted, over their number.")


class CollectMore(Part):
    """A group of which more rows are needed to see a gap."""

    attributes: list[str]
    group: list[str]
    reference: list[str] = Field(description="The group with most decisions, which it is held against.")
    metric: str
    cls: str = Field(alias="class")
    n: Count = Field(description="Decisions that the metric is of.")
    effective_n: Size
    detectable: float | None = Field(description="Gap that is found four times in five now; null: not even the widest.")
    rows: Count | None = Field(description="Rows to collect; null where nothing is known of the group, or none settle.")
    reference_rows: Count = Field(description="Rows of the reference to collect beside them.")
    note: str | None

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Remedies(Part):
    """What might help, and is no promise."""

    objective: Literal["accuracy", "balanced_accuracy"]
    level: float
    smallest_gap: float
    thresholds: list[ThresholdWhatIf]
    reweighting: list[Reweighting]
    collect: list[CollectMore]
    cautions: list[str] = Field(description="Where the law may forbid to decide by group: codes of what is told.")
    notes: list[Note]
