"""Terms of the data audit are marked where they stand, and explained."""

from __future__ import annotations

import pytest

from audit.report.data_looks import CHECK_TERMS, HEAD_TERMS, blocks, every_group
from audit.report.glossary import Glossary
from audit.report.wording import Catalogue
from audit.result import DataAudit
from audit.result.data_audit import RatesByAttribute, RowCheck, RowRate


def rate(group: str | None, hits: int) -> RowRate:
    return RowRate(group=group, n=50, hits=hits, value=hits / 50, lower=0, upper=1, effective_n=50, compared=True)


def check(code: str, about: str | None) -> RowCheck:
    by = RatesByAttribute(attribute="g", groups=[rate("a", 3), rate("b", 9)], p_value=0.1, corrected_p_value=0.2)
    return RowCheck.model_validate(
        {"code": code, "about": about, "overall": rate(None, 12).model_dump(), "by_attribute": [by.model_dump()]}
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_found_is_a_term_and_a_column_of_the_data_is_none(language: str) -> None:
    t = Catalogue(language)
    checks = [
        check(code, {"personal": "email", "missing": t("data_audit.check.duplicate")}.get(code)) for code in CHECK_TERMS
    ]
    found = DataAudit(
        rows=50, sampled=50, tests=1, comparisons=0, too_long=None, representation=[], checks=checks, complete=[],
        label_means=[], agreement=None, personal=["email"], label_errors=None, proxies=[], findings=[], notes=[],
        duplicates={"sets": 1, "near": 0.8, "near_rows": 50, "near_complete": True, "training": None,
                    "training_rows": None, "training_near_rows": None},
    )  # fmt: skip
    whole = every_group(found, t)
    assert whole is not None
    told = {block.code: block.tables[0].terms for block in blocks(found, t) if block.tables}
    assert told["copies"][t("data_audit.check.near_duplicate")] == "near_duplicate"
    assert told["personal"][t("data_audit.kind.email")] == "personal_data"
    # This column of the data is called like a check.
    assert t("data_audit.check.duplicate") not in told["missing"]
    marked = {code for terms in [*told.values(), whole.terms] for code in terms.values()}
    assert marked - {"holm"} == set(CHECK_TERMS.values()) - {"missing_value"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_term_is_explained(language: str) -> None:
    assert {*CHECK_TERMS.values(), *HEAD_TERMS.values()} <= set(Glossary(Catalogue(language)))
