"""Keys of the configuration for what no computation knows: words that an auditor gives, and who signs."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

from pydantic import BeforeValidator, Field

from audit.config.part import ConfigPart


def _day(value: object) -> object:
    told = re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) if isinstance(value, str) else type(value) is dt.date
    if not told and value is not None:
        raise ValueError(f"{value!r} is no day; write it as 2026-11-30")
    return value


#: A day, written as 2026-11-30; a number is not taken for seconds since 1970.
Day = Annotated[dt.date, BeforeValidator(_day, json_schema_input_type=str)]


class DocumentationConfig(ConfigPart):
    """What a regulator asks for and only people know. A compliance pack names the keys that it asks for."""

    distribution_date: Day | None = Field(None, description="Day on which the use of the tool began (6 RCNY 5-303).")
    data_source: str = Field("", description="Where the audited data come from, and what they are.")
    test_data_justification: str = Field(
        "",
        description="Where the data are no historical ones: why not, and how they were made and obtained.",
    )
    excluded_categories_justification: str = Field(
        "",
        description="The auditor's reason to leave groups under 2 % out of impact ratios; without it none is left out.",
    )
    foreseeable_misuse: str = Field("", description="Uses that can be foreseen and are not meant.")
    provider: str = Field("", description="Who develops the system, or has it developed, and answers for it.")
    deployer: str = Field("", description="Who uses the system.")
    version_history: str = Field("", description="Versions of the system, and what changed from one to the next.")
    instructions_for_use: str = Field("", description="Where the instructions for those who use it stand.")
    operating_environment: str = Field("", description="Hardware, software and other systems it runs with.")
    design_choices: str = Field("", description="What the system optimises for, main choices and their reasons.")
    development_process: str = Field("", description="How it was made, with which models and tools of others.")
    affected_persons: str = Field("", description="Persons and groups whom its decisions are about or touch.")
    groups_rationale: str = Field("", description="Why these sensitive attributes and groups were audited, not others.")
    fairness_definition: str = Field("", description="What fair means for this use, and why these metrics and limits.")
    estimand: str = Field(
        "", description="What the figures estimate: these very rows, or which wider set of decisions they stand for."
    )
    consultation: str = Field("", description="Who of the affected persons and experts was asked, and what came of it.")
    training_data: str = Field("", description="What the model was trained on, and how much of it is synthetic.")
    data_preparation: str = Field("", description="How data were labelled, cleaned, enriched and split.")
    representativeness: str = Field("", description="Why the data are like the persons the system is used on.")
    sensitive_data_basis: str = Field("", description="On which legal basis sensitive attributes are processed.")
    use_process: str = Field("", description="In which of the deployer's processes it is used, and for which step.")
    use_period: str = Field("", description="How long and how often it is used.")
    specific_harms: str = Field("", description="What may go wrong for whom, once it is used.")
    risk_measures: str = Field("", description="What is done against these risks, and if they come true.")
    risk_management: str = Field("", description="How risks are found and handled over the life of the system.")
    human_oversight: str = Field("", description="Who watches over its decisions, with which means and powers.")
    cybersecurity: str = Field("", description="How it is protected against attacks and manipulation.")
    monitoring_plan: str = Field("", description="What is measured after release, how often, and what then happens.")
    independent_review: str = Field("", description="Who checked the model independently of those who made it.")
    materiality: str = Field("", description="How much depends on the model, and which tier of control it is given.")
    standards_applied: str = Field("", description="Standards that were applied, in whole or in part.")
    conformity_declaration: str = Field("", description="Where the provider's declaration stands.")
    validity_evidence: str = Field("", description="What shows that what is predicted matters for the job or use.")
    alternatives_considered: str = Field("", description="Less unequal procedures that were looked for and compared.")
    accommodation: str = Field("", description="How persons whom the tool disadvantages for a disability are helped.")
    notice: str = Field("", description="How persons are told, before it is used, that the system has a part in it.")
    adverse_notice: str = Field("", description="How persons are told of a decision against them, and its reasons.")
    adverse_action_reasons: str = Field(
        "", description="How words or features of explanations become the specific reasons that are told: at most four."
    )
    data_correction: str = Field("", description="How persons see and correct data about them.")
    records_retention: str = Field("", description="How long inputs, outputs and records are kept, and where.")
    societal_impact: str = Field("", description="Effects beyond single persons: on communities and society.")
    test_questions: str = Field("", description="Of services that generate content: the test questions.")
    other: dict[str, str] = Field(
        default_factory=dict, description="Words that packs of installed packages ask for, by name."
    )

    def given(self, name: str) -> str:
        """Return the words under a key, or under `other.<name>`; empty where there are none."""
        if name.startswith("other."):
            return self.other.get(name.removeprefix("other."), "").strip()
        value = getattr(self, name)
        return value.isoformat() if isinstance(value, dt.date) else (value or "").strip()


class SignOffConfig(ConfigPart):
    """One person who answers for the audit."""

    role: str = Field(min_length=1, description="For example: independent auditor.")
    name: str = Field("", description="Left out: a line to sign on paper.")
    date: Day | None = Field(None, description="Day of the signature; left out: a line to date on paper.")
    statement: str = Field("", description="What the person states.")
