"""Our few rules of numbering plans, held against the tables that phonenumbers keeps."""

from __future__ import annotations

import random

import pytest

from audit.personal import find_personal

REGIONS = {"US": "us", "GB": "gb", "DE": "de", "FR": "fr", "CN": "cn", "IN": "in"}


@pytest.mark.parametrize("region", REGIONS)
def test_numbers_dialled_from_abroad(region: str) -> None:
    tables = pytest.importorskip("phonenumbers", reason="phonenumbers says which numbers are valid")
    code = tables.country_code_for_region(region)
    draw = random.Random(region)
    valid = found = 0
    while valid < 150:
        number = tables.PhoneNumber(
            country_code=code, national_number=draw.randrange(10**8, 10 ** draw.choice((9, 10, 11)))
        )
        if not tables.is_valid_number(number) or tables.region_code_for_number(number) != region:
            continue
        # Numbers that cost more, or are of companies, are nobody's.
        if tables.number_type(number) not in {0, 1, 2}:
            continue
        valid += 1
        written = tables.format_number(number, tables.PhoneNumberFormat.INTERNATIONAL)
        at = [(item.start, item.end, item.kind) for item in find_personal(f"ring {written}, please")]
        found += at == [(5, 5 + len(written), "phone")]
    assert found / valid >= 0.95


@pytest.mark.parametrize(
    "written", ["+1 123 456 7890", "+49 0", "+86 123", "+33 0 00 00 00 00", "+44 5", "+999 123456789"]
)
def test_numbers_that_no_plan_has(written: str) -> None:
    assert not find_personal(f"ring {written}, please")
