"""Flagged decisions, as the lines of `flagged.jsonl` hold them: what documents read of a line is held to its type.

What else stands in a line is left as it is: more evidence of newer versions hurts nobody.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

#: Codes of flags; of what is not explained, the reason follows after a colon.
FLIP, NAME, RELIANCE, ERROR = "counterfactual_flip", "name_flip", "identity_reliance", "disparate_error"
NOT_EXPLAINED = "unexplained"
#: A change that should not matter alters the decision.
PROBE_HIT = "probe_hit"


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class FlaggedEdit(_Open):
    """What stands at these characters instead."""

    start: int
    end: int
    new: str


class FlaggedExchange(_Open):
    """An exchange of terms that changed the decision, or moved its score."""

    axis: str
    source: str
    target: str
    both: bool
    decision: str | None
    score: float | int
    score_exchanged: float | int
    edits: list[FlaggedEdit]


class FlaggedDisparity(_Open):
    """A disparity that the decision is an error of."""

    metric: str
    cls: str | None = Field(alias="class")
    error: Literal["missed", "given", "wrong"]
    attributes: str
    group: str


class FlaggedVariant(_Open):
    """A change, made by a probe, that alters the decision."""

    probe: str
    transform: str
    severity: int
    decision: str | None
    score: float | int | None
    score_after: float | int | None
    edits: list[FlaggedEdit]
    change: str | None


class FlagEvidence(_Open):
    """Why a decision was flagged."""

    exchanges: list[FlaggedExchange] = []
    disparities: list[FlaggedDisparity] = []
    reliance: dict[str, Any] | None = None
    probes: list[FlaggedVariant] = []


class FlaggedDecision(_Open):
    """One line."""

    rank: int
    row_id: str
    example: str
    output: str | None
    position: int | None
    start: int | None
    end: int | None
    severity: Literal["high", "medium", "low"]
    codes: list[str] = Field(min_length=1)
    groups: dict[str, str]
    y_true: str | None
    y_pred: str | None
    score: float | int | None
    evidence: FlagEvidence
    explanation: dict[str, Any] | None
