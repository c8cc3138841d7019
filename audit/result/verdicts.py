"""What rules said, and the whole verdict on an audit: baseline and policy, in `result.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, PositiveInt

from audit.result.comparison import Comparison
from audit.result.part import Count, Part


class Needed(Part):
    """How many more rows of a group would settle a rule in four of five audits, if rates stay as they are."""

    group: list[str]
    n: Count | None = Field(description="Rows to collect; null if no number would do, or none can be told.")
    reason: str


class Doubt(Part):
    """A group whose bounds carry no guarantee, so that neither a pass nor a failure may rest on it."""

    group: list[str]
    reason: str


class RuleVerdict(Part):
    """What one rule says of one metric of one slicing."""

    rule: str
    severity: Literal["warn", "error"]
    status: Literal["pass", "fail", "inconclusive", "undefined"]
    kind: Literal["gap", "change", "gap_change", "level"] = Field(
        description="change: since the baseline; level: of the value itself."
    )
    attributes: list[str]
    metric: str
    cls: str | None = Field(alias="class")
    aggregate: Literal["difference", "ratio", "value"]
    limit: float
    evidence: Literal["interval", "point"]
    scope: Literal["pooled", "adjusted"] = Field(description="adjusted: rates standardised over the controls.")
    counts: bool = Field(description="Whether it enters the verdict of the policy.")
    doubts: list[Doubt] = Field(description="Groups in scope whose bounds carry no guarantee.")
    alpha: float = Field(description="Of the fail bound, after Holm's correction over the rules of severity error.")
    value: float | None
    lower: float | None
    upper: float | None
    detectable: float | None = Field(description="Gap between these two groups that fails with probability 0.8.")
    low_group: list[str] | None = Field(
        description="The two groups that decide; of a change or a value twice the one group."
    )
    high_group: list[str] | None
    low_value: float | None = Field(
        None, description="Of these two groups; null of a change, and where nothing was judged."
    )
    high_value: float | None = None
    groups: Count = Field(description="Groups that could be assessed.")
    left_out: list[str] = Field(description="Groups that the rule leaves out for their small share.")
    support: float | None = Field(
        description="Standardised: share of the compared groups' denominators, by weight, in strata all have."
    )
    needed: list[Needed]
    note: str | None = Field(description="Why it is undefined.")
    waived: bool

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    @property
    def is_open(self) -> bool:
        """Whether it decides nothing."""
        return self.status in {"inconclusive", "undefined"}


#: Why rows are lacking that would settle a rule once they are there; other reasons keep a group from being assessed.
TOO_FEW = "too_few"


def settling(rule: RuleVerdict) -> list[Needed]:
    """Return what would settle a rule in four of five audits; nothing while a group cannot even be assessed."""
    asked = [item for item in rule.needed if item.n]
    return asked if all(item.n is not None and item.reason == TOO_FEW for item in rule.needed) else []


def too_small(rule: RuleVerdict) -> list[Needed]:
    """Return groups with too few decisions to be assessed, and what each lacks at least."""
    return [item for item in rule.needed if item.n and item.reason != TOO_FEW]


class PolicySource(Part):
    """Where the policy stands."""

    file: str
    lines: dict[str, PositiveInt] = Field(description="Rule -> line in the file.")


class WaiverState(Part):
    """A waiver, and what became of it."""

    rule: str
    over: list[str]
    ceiling: float
    reason: str
    owner: str
    approver: str
    granted: str
    expires: str
    state: Literal["used", "unused", "exceeded", "expired"]


class Judgement(Part):
    """The policy's verdict."""

    status: Literal["pass", "fail", "inconclusive", "undefined"]
    policy_sha256: str
    on_inconclusive: Literal["pass", "warn", "fail"]
    judged_on: str | None = Field(description="Day that waivers were held against; null without any.")
    rules: list[RuleVerdict]
    waivers: list[WaiverState]


class Verdicts(Part):
    """The audit held against a baseline and a policy."""

    comparison: Comparison | None = Field(description="Null without a baseline.")
    policy_source: PolicySource | None = Field(description="Null where the policy came from no file.")
    judgement: Judgement | None = Field(description="Null where the audit has no policy.")
