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
    """What a regulator asks for and only people know."""

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


class SignOffConfig(ConfigPart):
    """One person who answers for the audit."""

    role: str = Field(min_length=1, description="For example: independent auditor.")
    name: str = Field("", description="Left out: a line to sign on paper.")
    date: Day | None = Field(None, description="Day of the signature; left out: a line to date on paper.")
    statement: str = Field("", description="What the person states.")
