"""Where the law may forbid to decide by group: codes of what the report tells, each with its source.

They are told whatever the data are about, since no audit knows what its decisions are used for. None is legal advice.
"""

from __future__ import annotations

#: Employment tests in the US; credit in the US; special categories of data in the EU; high-risk systems in the EU;
#: personal information in China; and that the model has to know the group of everybody it decides about.
CAUTIONS = (
    "us_employment",
    "us_credit",
    "eu_special_categories",
    "eu_high_risk",
    "cn_personal_information",
    "needs_the_group",
)
