"""What wrong and unequal decisions mean in numbers of people, in `result.json`."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from audit.result.part import Count, Part, Size
from audit.result.remedies import Remedies

#: What may happen to a person: the label is missed; it is given wrongly; the decision goes against the person, right or
#: wrong.
Harm = Literal["false_negative", "false_positive", "unfavourable"]


class Excess(Part):
    """How many more of a group are harmed than if its rate were that of the group treated best."""

    reference: list[str] = Field(description="The group with the lowest rate of those of which enough is known.")
    n: Count = Field(description="Decisions of the group that the rate is of: of missed ones, those with the label.")
    rate: float
    reference_rate: float
    difference: float
    difference_lower: float | None = Field(description="Corrected for all pairs that might have been compared.")
    difference_upper: float | None
    in_sample: float = Field(description="Difference times decisions.")
    in_sample_lower: float | None
    in_sample_upper: float | None
    shortfall: Count = Field(description="Decisions in the sample that would have to be other ones.")
    per_year: float | None
    per_year_lower: float | None
    per_year_upper: float | None
    doubt: str | None = Field(description="Why there are no bounds; null where there are.")


class AffectedPeople(Part):
    """People of one group whom one kind of harm befalls."""

    attributes: list[str]
    group: list[str]
    harm: Harm
    cls: str = Field(alias="class")
    n: Count = Field(description="Decisions about the group that can be looked at: labelled ones, of an error.")
    in_sample: Count | None
    rate: float | None = Field(description="Share of the group's decisions, by weight.")
    lower: float | None
    upper: float | None
    share: Size | None = Field(description="Of all people decided about in a year, where it was given.")
    per_year: float | None
    per_year_lower: float | None
    per_year_upper: float | None
    excess: Excess | None
    note: str | None = Field(description="Why there is no rate, no number per year or no excess: the first of these.")
    doubt: str | None = Field(description="Why there are no bounds; null where there are.")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Gain(Part):
    """People who would be decided about otherwise if every group had the rate of the one treated best."""

    attributes: list[str]
    harm: Harm
    cls: str = Field(alias="class")
    reference: list[str]
    groups: list[list[str]] = Field(description="Who would gain, the most first.")
    in_sample: float
    in_sample_lower: float | None
    in_sample_upper: float | None
    per_year: float | None
    per_year_lower: float | None
    per_year_upper: float | None

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Borne(Part):
    """Groups up to this one, from the smallest: how many of the people they are, and of the wrong decisions."""

    group: list[str]
    people: Size
    errors: Size


class Concentration(Part):
    """Share of wrong decisions that the smallest groups bear, against their share of people."""

    attributes: list[str]
    groups: list[list[str]] = Field(description="The smallest ones, together at most a fifth of people; at least one.")
    errors: Count = Field(description="Wrong decisions in the sample.")
    people_share: Size
    errors_share: Size | None
    lower: float | None
    upper: float | None
    curve: list[Borne] = Field(description="Every group, the smallest first.")
    note: str | None
    doubt: str | None


class GroupCost(Part):
    """What wrong decisions about a group cost, by the costs of the configuration."""

    attributes: list[str]
    group: list[str]
    in_sample: float | None
    per_decision: float | None
    lower: float | None
    upper: float | None
    per_year: float | None
    per_year_lower: float | None
    per_year_upper: float | None
    note: str | None


class SocialImpact(Part):
    """Numbers of people, in this sample and in a year of decisions."""

    decisions_per_year: Size | None
    positive_is: Literal["benefit", "burden"] | None
    level: float
    shares_given: list[str] = Field(description="Attributes whose shares are of the configuration, not of the data.")
    false_negative_cost: Size | None
    false_positive_cost: Size | None
    unit: str | None = Field(description="What costs are counted in; null where none were given.")
    people: list[AffectedPeople]
    gains: list[Gain]
    concentration: list[Concentration]
    costs: list[GroupCost]


class Consequences(Part):
    """What decisions mean for people, and what might help."""

    social_impact: SocialImpact | None = Field(None, description="Null where it was not asked for.")
    remedies: Remedies | None = Field(None, description="Null where it was not asked for.")
