"""What a model remembers of the rows that it was trained on, in `result.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from audit.result.part import Count, Part, Size


class OperatingPoint(Part):
    """The share of members that an attack names, at a share of other rows that it names wrongly."""

    rate: float = Field(description="The false positive rate.")
    value: float | None = Field(description="The true positive rate.")
    lower: float | None
    upper: float | None
    note: str | None = Field(description="Why it has no value.")
    above: list[Count] = Field(
        description="Members above the held-out row of each rank, from the highest on: bounds at any level follow."
    )
    reached: list[Count] = Field(description="Members at or above it.")


class MembershipValue(Part):
    """How well an attack tells members from rows that were not trained on, within one group."""

    attack: str
    attributes: list[str] = Field(description="None: everybody.")
    group: list[str]
    members: Count
    held_out: Count
    auc: float | None = Field(
        description="How often a member looks more like one than a row that was not trained on; 0.5 is chance."
    )
    lower: float | None
    upper: float | None
    effective_n: Size | None
    clusters: Size | None
    note: str | None = Field(description="Why it has no value.")
    member_cluster: Size = Field(description="Rows of the cluster that a member is in, on average.")
    held_out_cluster: Size = Field(description="The same of a row that was not trained on.")
    rates: list[OperatingPoint]


class MembershipPair(Part):
    """Two groups compared: of which are members told more easily?"""

    attack: str
    attributes: list[str]
    low_group: list[str]
    high_group: list[str]
    low_value: float
    high_value: float
    difference: float
    lower: float
    upper: float
    p_value: float
    holm_p: float = Field(description="Adjusted for all pairs of groups, attributes and attacks.")


class RocCurve(Part):
    """True positive rates over false positive rates of one attack on everybody, on a scale of powers of ten."""

    attack: str
    false_positive: list[float]
    true_positive: list[float]

    @model_validator(mode="after")
    def _one_for_each(self) -> RocCurve:
        if len(self.false_positive) != len(self.true_positive):
            raise ValueError(f"{len(self.false_positive)} points with {len(self.true_positive)} values")
        return self


class SideFacts(Part):
    """Members, or rows that were not trained on: how many there were, and how many were compared."""

    sha256: str = Field(description="Of the file.")
    rows: Count
    repeated: Count = Field(description="Rows that say the same as an earlier one, which count once.")
    known: Count = Field(description="Of rows that were not trained on: those that are among the members, left out.")
    unlabelled: Count = Field(description="Rows without a label, left out.")
    drawn: Count = Field(description="Rows that were drawn to be compared.")
    failed: Count = Field(description="Of these, rows that the model gave no usable output for.")
    compared: Count
    mean_loss: float | None = Field(description="Mean over rows of the loss, the mean over a row's decisions.")


class Membership(Part):
    """Can rows that the model was trained on be told from others, and in which group more easily?"""

    attacks: list[str]
    rates: list[float] = Field(description="False positive rates at which true positive rates are told.")
    level: float
    members: SideFacts
    held_out: SideFacts
    held_out_is: Literal["audited", "file"] = Field(description="Rows that were not trained on: the audited data, or.")
    reference_sha256: str | None = Field(description="Of the model that tells how difficult a row is.")
    groups: list[str] = Field(description="Attributes that groups are compared by.")
    values: list[MembershipValue]
    outliers_by: str | None = Field(description="What says that a row is unlike the others; null where nothing does.")
    outlier_share: float
    outliers: list[MembershipValue] = Field(description="Rows unlike the others, and the rest.")
    comparisons: Count = Field(description="Pairs of groups that were compared.")
    pairs: list[MembershipPair] = Field(description="The least likely to be chance first.")
    roc: list[RocCurve]


class CanaryExposure(Part):
    """How much likelier a model finds a secret than other secrets in its place."""

    name: str
    planted: bool = Field(description="Whether it is in the training texts, as whoever planted it says.")
    bits: Size = Field(description="log₂ of how many secrets there might be: the largest exposure there is.")
    compared: Count = Field(description="Other secrets that the model was asked about.")
    whole: bool = Field(description="Whether these are all there are.")
    ahead: Size = Field(description="Of these, the ones that the model finds likelier; one as likely counts half.")
    exposure: float = Field(description="Bits, after Carlini et al. 2019.")
    lower: float
    upper: float
    p_value: float = Field(description="How often a secret that the model never saw is as exposed as this.")
    holm_p: float = Field(description="Adjusted for all canaries.")


class TextFacts(Part):
    """Texts that the model was asked to go on with."""

    sha256: str = Field(description="Of the file.")
    rows: Count
    repeated: Count = Field(description="Texts that stood there before, which count once.")
    known: Count = Field(description="Of texts that were not trained on: those that are among the members, left out.")
    drawn: Count
    short: Count = Field(description="Texts drawn that have too few tokens, left out.")


class ExtractedRate(Part):
    """How many texts the model goes on with word for word."""

    side: Literal["members", "held_out"]
    attributes: list[str] = Field(description="None: everybody.")
    group: list[str]
    n: Count
    extracted: Count
    rate: float | None
    lower: float | None
    upper: float | None


class ExtractedPair(Part):
    """Two shares of texts compared: of two groups of members, or of members and other texts."""

    attributes: list[str] = Field(description="None: members against other texts.")
    low_group: list[str]
    high_group: list[str]
    low_value: float
    high_value: float
    difference: float
    lower: float
    upper: float
    p_value: float
    holm_p: float = Field(description="Adjusted for all that is compared.")


class Leakage(Part):
    """Does a model that writes give back what it was trained on?"""

    level: float
    canaries_sha256: str | None = Field(description="Of the file with canaries.")
    canaries: list[CanaryExposure]
    prefix: Count = Field(description="Tokens of a text that the model was given.")
    continuation: Count = Field(description="Tokens that it had to go on with.")
    members: TextFacts | None
    held_out: TextFacts | None
    groups: list[str] = Field(description="Attributes that groups are compared by.")
    rates: list[ExtractedRate]
    pairs: list[ExtractedPair]


class Remembered(Part):
    """What the model remembers of its training."""

    membership: Membership | None = Field(
        None, description="Whether rows that were trained on can be told from others; null where not asked for."
    )
    leakage: Leakage | None = Field(
        None, description="Whether training texts are given back; null where not asked for, or where nothing writes."
    )
