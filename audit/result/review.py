"""What people said of decisions, in `review.json`, which lies beside `result.json`: answers come after the audit."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from audit.result.part import Count, Note, Part

REVIEW_VERSION: Literal["1.0"] = "1.0"


class ReviewRate(Part):
    """A share of reviewed decisions that a majority of their reviewers judged."""

    n: Count = Field(description="Decisions that a majority judged.")
    hits: Count = Field(description="Those that it called so.")
    rate: float | None = Field(description="Each counts as many decisions as it stands for; null where n is 0.")
    lower: float | None
    upper: float | None


class ReviewDesign(Part):
    """What was drawn, and what reviewers were shown."""

    flagged: Count = Field(description="Flagged decisions that could be drawn.")
    others: Count = Field(description="Decisions without a flag that could be drawn.")
    drawn_flagged: Count
    drawn_controls: Count
    reviewers: Count = Field(description="How many were asked.")
    overlap: float = Field(ge=0, le=1, description="Share of the decisions that all of them were given.")
    decision_first: bool = Field(description="Whether decision and score were shown before the class was asked for.")
    reasons: bool = Field(description="Whether the words that counted most were shown.")


class ReviewCounts(Part):
    """How many answers came in."""

    question: Literal["label", "reason_acceptable", "biased"]
    answers: Count = Field(description="Definite ones.")
    unsure: Count
    missing: Count = Field(description="Asked for, and not given.")
    decisions: Count = Field(description="Decisions with a definite answer.")


class ReviewAgreement(Part):
    """How well reviewers agree beyond chance: Krippendorff's alpha for nominal data."""

    question: Literal["label", "reason_acceptable", "biased"]
    alpha: float | None
    lower: float | None
    upper: float | None
    units: Count = Field(description="Decisions with two definite answers or more.")
    ratings: Count
    differing: Count = Field(description="Decisions about which not all agree.")
    note: str | None = Field(description="Why it is null: no_pairs, one_value.")


class FlagPrecision(Part):
    """What reviewers say of decisions with one code of flags, beside controls of the same strata."""

    code: str
    outcome: Literal["wrong", "biased", "unacceptable"] = Field(
        description="wrong: another class is right. biased: the decision is. unacceptable: its reason is."
    )
    flagged: ReviewRate
    controls: ReviewRate = Field(description="Weighted so that they lie over the strata as the flagged ones do.")
    undecided: Count = Field(description="Flagged decisions about which as many said yes as no.")
    unmatched: Count = Field(description="Flagged decisions in whose stratum no control was judged: not compared.")
    difference: float | None = Field(description="Flagged minus controls, of the strata that both have.")
    lower: float | None
    upper: float | None
    p: float | None = Field(description="Two-sided: the level at which the interval just leaves out zero.")
    holm_p: float | None = Field(description="Corrected for all comparisons of this review.")


class LabelErrorRate(Part):
    """How often the recorded label of a group is wrong."""

    attributes: list[str]
    group: list[str]
    differs: ReviewRate = Field(description="Decisions where most reviewers name another class than the label.")
    undecided: Count = Field(description="Decisions about which as many differ as agree.")
    reviewer_error: float = Field(description="How often one reviewer errs; 0 where that is not known.")
    reviewer_error_upper: float
    lower: float | None = Field(description="Share of wrong labels at least, with reviewers who err.")
    upper: float | None = Field(description="Share of wrong labels at most, with reviewers who err.")


class MetricBound(Part):
    """A metric of one group, were its labels right."""

    attributes: list[str]
    group: list[str]
    metric: str
    cls: str | None = Field(alias="class")
    reviewed: Count = Field(description="Decisions that a majority of reviewers decided about.")
    recorded: float | None = Field(description="By the recorded labels; null where the denominator is empty.")
    lower: float
    upper: float

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class GapBound(Part):
    """A metric of one group minus that of another, were labels right: bounds, no point."""

    attributes: list[str]
    group: list[str]
    other: list[str]
    metric: str
    cls: str | None = Field(alias="class")
    recorded: float | None = Field(description="By the recorded labels.")
    lower: float
    upper: float

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Review(Part):
    """What a review found. A function of the run folder: decisions, flags, key, answers, level and seed."""

    review_version: Literal["1.0"] = REVIEW_VERSION
    level: float = Field(gt=0.5, lt=1)
    rows_sha256: str = Field(description="Of the rows that were reviewed; the same as in result.json.")
    key_sha256: str = Field(description="Of review_key.parquet.")
    answers_sha256: str = Field(description="Of review_answers.parquet.")
    design: ReviewDesign
    reviewers: Count = Field(description="Reviewers who answered.")
    reviewed: Count = Field(description="Decisions with an answer.")
    changed: Count = Field(description="Reviewed decisions that are decided otherwise than reviewers were shown.")
    counts: list[ReviewCounts]
    agreement: list[ReviewAgreement]
    reviewer_error: float = Field(description="How often one reviewer errs about the class.")
    reviewer_error_upper: float
    reviewer_error_from: Literal["measured", "assumed", "nothing"] = Field(
        description="measured: from how often two differ. assumed: given. nothing: reviewers are taken to be right."
    )
    precision: list[FlagPrecision]
    label_errors: list[LabelErrorRate]
    metrics: list[MetricBound]
    gaps: list[GapBound]
    notes: list[Note]
