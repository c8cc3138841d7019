"""What a history keeps of a window: counts, and what is watched from it on. Never a text or an id of a row."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from audit.result.monitoring import Severity
from audit.result.part import Count, Part, Size

#: A rate is the share `numerator` of the decisions in `denominator`; see `audit.monitoring.rates`.
Aggregate = Literal["difference", "ratio"]


class WatchedRule(Part):
    """A limit, or a margin of change, that a rule sets to the gaps of one metric between the groups of a slicing."""

    name: str
    severity: Severity
    kind: Literal["limit", "ratio", "gap_change", "group_change"]
    value: float = Field(description="The largest gap, the smallest ratio, or the largest change.")
    attributes: list[str]
    metric: str
    cls: str | None
    exempt: list[str]
    min_share: float
    reference: str | None


class Unwatched(Part):
    """A rule that cannot be watched, and why."""

    rule: str
    reason: Literal["no_proportion", "adjusted", "no_gap", "too_fine"]


class Gap(Part):
    """A metric whose gaps between the groups of a slicing are watched for change."""

    attributes: list[str]
    metric: str
    cls: str | None


class Plan(Part):
    """What is watched in an epoch: it stands before the first window is looked at, and never moves."""

    level: float = Field(gt=0.5, lt=1)
    unit: Literal["auto", "rows", "windows"]
    why_windows: str | None = Field(description="Why rows are never counted one by one.")
    tolerance: float
    drift_tolerance: float
    changes: Severity
    drift: Severity
    on_inconclusive: Literal["pass", "warn", "fail"]
    outcome: str
    classes: list[str]
    positive_class: str | None
    nothing: str | None
    rules: list[WatchedRule]
    unwatched: list[Unwatched]
    gaps: list[Gap]
    attributes: list[str] = Field(description="Whose shares of groups are watched.")


class SlicingCounts(Part):
    """Counts of one slicing: n decisions, Σw and Σw² in each cell."""

    attributes: list[str]
    outside: list[list[str]] = Field(description="Groups that enter no gap.")
    outputs: list[str | None] | None = Field(description="Which of several labels each cell is about.")
    groups: list[list[str]]
    y_true: list[str | None]
    y_pred: list[str | None]
    n: list[Count]
    w: list[Size]
    w2: list[Size]


class Words(Part):
    """Of the texts of a window, how many hold a word that the first window of the epoch does not know."""

    texts: Count
    unseen: Count


class Entry(Part):
    """One line of a history: a window, or the labels of one that arrived since.

    `check` is the SHA-256 of the check of the line before and of this line without its own: a line that was edited,
    left out or put elsewhere no longer fits.
    """

    schema_version: Literal["1.0"] = "1.0"
    kind: Literal["window", "labels"]
    start: str
    end: str
    added: str
    title: str
    run: str = Field(description="SHA-256 of the run's result.json.")
    model: str | None = Field(description="SHA-256 of the model; null: stored predictions.")
    config: str
    epoch: Count
    began: Literal["first", "model", "settings", "asked"] | None = Field(description="Why an epoch begins here.")
    reason: str | None
    plan: Plan | None = Field(description="Where an epoch begins.")
    decisions: Count
    labelled: Count
    clusters: Size | None
    weighted: bool
    slicings: list[SlicingCounts]
    lengths: list[Count] | None = Field(description="Inputs of 2^(i/2) tokens or more, and fewer than 2^((i+1)/2).")
    words: Words | None
    vocabulary: str | None = Field(description="Hashes of the words of an epoch's first window, as a map of bits.")
