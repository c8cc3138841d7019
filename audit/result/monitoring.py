"""What monitoring says of a history, as typed models: codes with parameters, never prose.

It is no part of `result.json`: it is made anew from the history whenever somebody looks.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from audit.result.part import Count, Note, Part, Size

Severity = Literal["warn", "error"]
#: What may be watched: a gap against its limit, or against a smallest ratio; whether a gap or a rate changed; drifts.
Kind = Literal["limit", "ratio", "gap_change", "group_change", "decisions", "groups", "labels", "lengths", "vocabulary"]


class Epoch(Part):
    """A stretch of the stream that is judged by itself."""

    number: Count
    began: Literal["first", "model", "settings", "asked"] = Field(description="Why it began.")
    reason: str | None = Field(description="What whoever asked for it wrote.")
    start: str = Field(description="Of its first window.")
    model_sha256: str | None
    level: float = Field(description="Probability of any false alarm in it, however long it lasts.")
    windows: Count
    decisions: Count
    labelled: Count


class LookedAt(Part):
    """A window of the current epoch."""

    start: str
    end: str
    decisions: Count
    labelled: Count = Field(description="With all labels that arrived since.")
    run_sha256: str
    amendments: Count


class ChangePoint(Part):
    """When something changed: the windows that hold 95 % of the probability, if it changed once."""

    best: str = Field(description="Start of the first window after the change.")
    earliest: str
    latest: str
    before: float = Field(description="Mean until then.")
    after: float


class Alarm(Part):
    """Something that is, or was, as it should not be: shown at the level of its epoch."""

    code: str
    severity: Severity
    epoch: Count
    kind: Kind
    rule: str | None
    attributes: list[str]
    metric: str | None
    cls: str | None = Field(alias="class")
    groups: list[list[str]] = Field(description="Of a gap, the group with the higher rate first.")
    limit: float | None
    raised: str = Field(description="End of the latest window when it was raised.")
    value: float | None = Field(description="Of the windows so far, when it was raised.")
    lower: float | None
    upper: float | None
    evidence: Size = Field(description="Capital won by betting against the hypothesis, from 1.")
    change: ChangePoint | None

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class SeriesPoint(Part):
    """A gap or a rate in one window, and its bounds once that was looked at."""

    at: str = Field(description="Start of the window.")
    value: float | None = Field(description="In this window alone.")
    n: list[Count] = Field(description="Decisions that it rests on, of each group.")
    lower: float = Field(description="It was above this in at least one window so far.")
    upper: float = Field(description="It was below this in at least one.")


class Series(Part):
    """A gap between two groups, or one rate, over the windows of the current epoch."""

    kind: Literal["gap", "group", "decisions", "groups", "labels", "lengths", "vocabulary"]
    attributes: list[str]
    metric: str | None
    cls: str | None = Field(alias="class")
    groups: list[list[str]]
    value: float | None = Field(description="Of all windows of the epoch together.")
    lower: float
    upper: float
    limits: list[float] = Field(description="Of the rules that hold it.")
    unit: Literal["rows", "windows"] = Field(description="What counts as one observation now.")
    dispersion: float | None = Field(description="How much more windows differ than rows do by chance.")
    changed: bool
    points: list[SeriesPoint]

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class LimitState(Part):
    """A rule held against a gap of the current epoch."""

    rule: str
    severity: Severity
    status: Literal["fail", "pass", "inconclusive"] = Field(
        description="fail: it was over its limit. pass: while nothing changes, it is within, and nothing speaks "
        "against that. inconclusive: neither yet."
    )
    aggregate: Literal["difference", "ratio"]
    attributes: list[str]
    metric: str
    cls: str | None = Field(alias="class")
    groups: list[list[str]]
    limit: float
    value: float | None
    evidence: Size
    needed: Size = Field(description="Evidence at which it raises an alarm.")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Monitoring(Part):
    """A history, looked at."""

    schema_version: Literal["1.0"] = "1.0"
    title: str
    status: Literal["pass", "fail", "inconclusive", "undefined"]
    on_inconclusive: Literal["pass", "warn", "fail"]
    level: float
    head: str = Field(description="Checksum of the last line of the history: of everything in it.")
    epochs: list[Epoch]
    windows: list[LookedAt]
    alarms: list[Alarm] = Field(description="Of all epochs, the latest first.")
    limits: list[LimitState]
    series: list[Series]
    watched: Count = Field(description="Questions that share the level.")
    notes: list[Note]

    @property
    def standing(self) -> list[Alarm]:
        """Alarms of the current epoch."""
        current = self.epochs[-1].number if self.epochs else 0
        return [alarm for alarm in self.alarms if alarm.epoch == current]
