"""Words that people give: days are days, and who signs has a role."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from audit.config import AuditConfig, parse_config
from audit.errors import ConfigError


def configured(**more: Any) -> AuditConfig:
    return parse_config(
        {"data": {"path": "rows.csv", "columns": {"prediction": "p"}}, "attributes": ["g"], **more},
    )


def test_days_are_days() -> None:
    config = configured(
        sign_off=[{"role": "auditor", "date": "2026-11-30"}, {"role": "owner"}],
        documentation={"distribution_date": dt.date(2026, 1, 2)},
    )
    assert [person.date for person in config.sign_off] == [dt.date(2026, 11, 30), None]
    assert config.model_dump(mode="json")["documentation"]["distribution_date"] == "2026-01-02"


@pytest.mark.parametrize("day", ["1700000000", 0, 20.0, "2026-13-01", "30.11.2026", "2026-11-30T00:00", True, ""])
def test_what_is_no_day_is_refused(day: object) -> None:
    with pytest.raises(ConfigError, match=r"sign_off\.0\.date"):
        configured(sign_off=[{"role": "auditor", "date": day}])
    with pytest.raises(ConfigError, match=r"documentation\.distribution_date"):
        configured(documentation={"distribution_date": day})


def test_nobody_signs_without_a_role() -> None:
    with pytest.raises(ConfigError, match=r"sign_off\.0\.role"):
        configured(sign_off=[{"name": "Ana Lopez"}])
