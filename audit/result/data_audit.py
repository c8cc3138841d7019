"""What was found in the data themselves, before any model, in `result.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from audit.result.part import Count, Note, Part, Size


class RowRate(Part):
    """In how many rows something was found."""

    group: str | None = Field(description="Null: of everybody.")
    n: Count = Field(description="Rows that were looked at.")
    hits: Count
    value: float | None = Field(description="By weight; null without rows.")
    lower: float | None
    upper: float | None
    effective_n: Size | None
    compared: bool = Field(description="Whether the test is about this group too: not of those outside gaps.")


class RatesByAttribute(Part):
    """A rate in every group of an attribute."""

    attribute: str
    groups: list[RowRate]
    p_value: float | None = Field(description="Of equal rates in all groups inside gaps; null: nothing to test.")
    corrected_p_value: float | None = Field(None, description="By Holm, over all tests of this part of the result.")


class RowCheck(Part):
    """Something that was looked for in every row."""

    code: Literal[
        "label",
        "missing",
        "empty",
        "too_long",
        "duplicate",
        "contradiction",
        "near_duplicate",
        "near_contradiction",
        "in_training",
        "near_training",
        "disagreement",
        "likely_label_error",
        "personal",
    ]
    about: str | None = Field(description="Class, column or kind that it is asked about.")
    overall: RowRate
    by_attribute: list[RatesByAttribute]
    by_label: RatesByAttribute | None = Field(None, description="Of what is missing: the rate for each label.")


class ReferenceShare(Part):
    """The share of a group in the data, beside the one that it should have."""

    group: str
    n: Count
    share: float | None
    lower: float | None
    upper: float | None
    reference: float


class Representation(Part):
    """Shares of groups against a reference."""

    attribute: str
    groups: list[ReferenceShare]
    others: dict[str, Count] = Field(description="Rows of groups without a reference, which are left out.")
    p_value: float | None = Field(description="Of shares as in the reference, by drawing.")
    corrected_p_value: float | None = None


class GroupMean(Part):
    """The mean true number of a group."""

    group: str
    n: Count
    value: float
    lower: float | None
    upper: float | None


class MeansByAttribute(Part):
    """The mean true number in every group of an attribute."""

    attribute: str
    groups: list[GroupMean]


class GroupAgreement(Part):
    """How well annotators agree about the rows of a group."""

    group: str | None = Field(description="Null: of everybody.")
    rows: Count = Field(description="Rows with at least two labels.")
    labels: Count
    differing: Count = Field(description="Rows about which not all agree.")
    alpha: float | None = Field(description="Krippendorff's alpha.")
    lower: float | None
    upper: float | None
    note: str | None = Field(description="Why alpha is undefined: no_pairs, one_value.")


class AgreementByAttribute(Part):
    """Agreement in every group of an attribute."""

    attribute: str
    groups: list[GroupAgreement]


class AnnotatorAgreement(Part):
    """How well annotators agree."""

    annotators: list[str]
    overall: GroupAgreement
    by_attribute: list[AgreementByAttribute]


class DuplicateFacts(Part):
    """What was compared to find rows that occur more than once."""

    sets: Count = Field(description="Different inputs that occur more than once.")
    near: float = Field(description="Share of their pieces that near duplicates have in common, at least.")
    near_rows: Count = Field(description="Rows that were compared piece by piece.")
    near_complete: bool = Field(description="False: there were too many candidates, and some were not compared.")
    training: str | None = Field(description="Name of the file of training rows.")
    training_rows: Count | None
    training_near_rows: Count | None = Field(description="Training rows that were compared piece by piece.")


class TooLong(Part):
    """From where on a text is too long."""

    limit: Count
    unit: Literal["tokens", "characters"]
    source: Literal["model", "configured", "default"]


class LikelyLabelErrors(Part):
    """Labels that the model's probabilities speak against (confident learning, Northcutt et al. 2021)."""

    classes: list[str]
    thresholds: dict[str, float] = Field(description="Mean probability of a class where it is the label.")
    suspected: Count = Field(description="Rows off the diagonal of the confident joint.")
    estimated: float = Field(description="Estimated share of wrong labels, from the calibrated joint.")
    joint: list[list[float]] = Field(description="Estimated joint distribution: label in rows, true class in columns.")


class ToldGroup(Part):
    """How well one group is told from all others."""

    group: str
    n: Count
    auc: float
    lower: float
    upper: float


class TellingWord(Part):
    """A word that speaks for a group."""

    group: str
    word: str
    n: Count = Field(description="Rows that hold it.")
    share: float = Field(description="Of the rows of the group.")
    rest: float = Field(description="Of all other rows.")


class Proxy(Part):
    """How well a column, or the words of the input, tell the group of rows that were held out."""

    attribute: str
    column: str | None = Field(description="Null: the words of the input.")
    kind: Literal["number", "category", "words"]
    groups: list[ToldGroup]
    words: list[TellingWord] = Field(description="Of words, the most telling ones.")


class DataFinding(Part):
    """Something that matters: a code with its numbers."""

    code: str
    params: dict[str, str | int | float | None]


class DataAudit(Part):
    """The data themselves, before any model."""

    rows: Count
    files: Count = Field(1, description="Files that the table is made of.")
    sampled: Count = Field(description="Rows that near duplicates and proxies were looked for in.")
    tests: Count = Field(description="Tests that p-values are corrected for.")
    comparisons: Count = Field(description="Held-out AUCs that the bounds of proxies hold for together.")
    too_long: TooLong | None = Field(description="Null where rows have no text.")
    representation: list[Representation]
    checks: list[RowCheck]
    complete: list[str] = Field(description="Columns in which nothing is missing.")
    label_means: list[MeansByAttribute]
    agreement: AnnotatorAgreement | None
    personal: list[str] = Field(description="Kinds of personal data that texts were searched for.")
    duplicates: DuplicateFacts | None = Field(description="Null where rows have no input to compare.")
    label_errors: LikelyLabelErrors | None = Field(description="Null without labels or probabilities.")
    proxies: list[Proxy]
    findings: list[DataFinding] = Field(description="What matters, the gravest first.")
    notes: list[Note] = Field(description="What was not looked at, and why.")


class DataAudited(Part):
    """What the data audit found, in the whole."""

    data_audit: DataAudit | None = Field(None, description="Null where it was not asked for.")
