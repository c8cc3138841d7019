"""Findings: the whole story of what matters most, joined from what other parts of `result.json` hold.

Every document tells these, in this order. A finding repeats the few numbers that its story needs, so that a reader of
the finding alone is never without them; the parts they come from stay the source, and hold more.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from audit.result.part import Count, Part, Size
from audit.result.why import Closing

#: What a finding is about.
FindingKind = Literal["gap", "change", "level", "exchange", "unexplained", "undecided"]


class Measure(Part):
    """One metric of a finding, between its two groups or of its one."""

    metric: str
    cls: str | None = Field(alias="class")
    unit: Literal["share", "number"] = Field(description="Shares are shown in percent.")
    low_group: list[str] | None = Field(description="Group with the lower value of this metric; of a change, the one.")
    high_group: list[str] | None
    low_value: float | None = Field(description="Of the group with the lower value; of a change, what was before.")
    low_n: Count | None = Field(description="Decisions in the metric's denominator; null where it is not known.")
    high_value: float | None = Field(description="Of the other group; of a change, what is now.")
    high_n: Count | None
    difference: float | None = Field(description="Absolute, of the two values.")
    at_least: float | None = Field(
        description="Lower bound of the difference, where one that counts is above zero; else null."
    )
    ratio: float | None = Field(description="Lower over higher value, where a rule judges the ratio; else null.")
    ratio_at_most: float | None = Field(description="Upper bound of the ratio, where a rule goes by it; else null.")
    rules: list[str] = Field(description="Rules that fail on it, by name.")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Carrier(Part):
    """What carries a share of the gap in mean score."""

    kind: str = Field(description="As in the decomposition of the gap.")
    name: str
    value: float = Field(description="What it adds to the mean score of the one group beyond the other.")
    lower: float | None
    upper: float | None
    closes: Closing | None = Field(description="By how much the gap closes once it is masked.")


class Carried(Part):
    """Why the two groups differ, as far as explanations tell."""

    metric: str = Field(description="Disparity whose decomposition this is of.")
    condition: Literal["all", "positive", "negative"]
    score_gap: float = Field(description="Gap in mean score.")
    carriers: list[Carrier] = Field(description="Parts whose interval does not hold 0, strongest first.")
    closes: Closing | None = Field(description="By how much the gap closes once the named parts are masked together.")
    closes_share: float | None = Field(description="The same over the gap in mean score.")
    explains: bool
    note: str | None = Field(description="Why it does not explain the gap.")


class Exchanged(Part):
    """What happened to decisions when one group was put in the place of another."""

    axis: str
    source: str
    target: str
    n: Count
    flips: Count
    flip_rate: float
    lower: float
    upper: float
    shift: float = Field(description="Mean change of the score.")
    shift_lower: float | None
    shift_upper: float | None


class FindingExample(Part):
    """A flagged decision that belongs to the finding."""

    row_id: str
    severity: Literal["high", "medium", "low"]
    codes: list[str]
    shown: bool = Field(description="Whether the report may show its input.")


class Sureness(Part):
    """How sure the finding is."""

    code: Literal["failed", "clear_of_chance", "value_alone", "doubted", "open"] = Field(
        description="failed: the bound of a rule lies beyond its limit. clear_of_chance: no rule judges it, and the "
        "bound lies above zero. value_alone: a rule judges the value without its bound. doubted: a bound carries no "
        "guarantee. open: nothing is decided."
    )
    level: float | None = Field(description="Confidence level of the bound; null where there is none.")


class NextStep(Part):
    """Something to do, from a rule in `next_steps.yaml` whose condition the result meets."""

    code: str
    params: dict[str, str | int | float | list[str]]
    evidence: list[str] = Field(min_length=1, description="Where in result.json it stands, as JSON pointers.")


class Finding(Part):
    """One finding, from who against whom to what to do next."""

    id: str = Field(description="Same as long as kind, metric and groups are the same.")
    kind: FindingKind
    severity: Literal["error", "warn", "note"] = Field(
        description="Of the most severe rule that fails on it; note where none does."
    )
    attributes: list[str]
    low_group: list[str] | None = Field(description="Group with the lower value of the first measure.")
    high_group: list[str] | None
    measures: list[Measure] = Field(description="The one that the story is told of first.")
    carried: Carried | None = Field(description="Null where the gap was not decomposed.")
    exchanged: Exchanged | None = Field(description="Null where no exchange speaks to it.")
    flagged: Count = Field(description="Flagged decisions that belong to it.")
    examples: list[FindingExample]
    undecided: Count = Field(description="Rules that decide nothing; of a finding about them.")
    share: Size | None = Field(description="Of decisions that are not explained; of a finding about them.")
    sureness: Sureness
    next_steps: list[NextStep]


class Findings(Part):
    """At most so many, worst first."""

    items: list[Finding] = Field(default_factory=list)
    left_out: Count = Field(0, description="Findings beyond those.")


class Conclusions(Part):
    """What a reader must know, in `result.json`."""

    findings: Findings = Field(default_factory=Findings)
