"""Values to exchange are held against what the model can read, before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit.config import AuditConfig, parse_config
from audit.errors import ConfigError


def configured(folder: Path, field: str, values: list[Any]) -> AuditConfig:
    raw = {
        "model": {
            "factory": "network:build", "path": "weights.safetensors", "classes": ["no", "yes"],
            "encoding": {"sex": {"categories": ["F", "M", "X"]}},
        },
        "data": {"path": "rows.csv", "columns": {"features": {"age": "number", "sex": "category"}, "label": "y"}},
        "attributes": ["sex"],
        "exchange": {"values": [{"field": field, "values": values}]},
    }  # fmt: skip
    return parse_config(raw, base=folder)


def test_what_the_model_can_read_is_taken(tmp_path: Path) -> None:
    for field, values in (("sex", ["F", "X"]), ("age", [20, 60.5, "1e3"])):
        config = configured(tmp_path, field, values)
        assert config.exchange is not None
        assert len(config.exchange.values[0].values) == len(values)


@pytest.mark.parametrize(
    ("field", "values", "problem"),
    [
        # Every decision with it would fail.
        ("sex", ["F", "f"], "'f' is not among the categories of 'sex', 'F', 'M', 'X'"),
        ("age", [20, "old"], "'old' is no finite number"),
        ("age", [20, "inf"], "'inf' is no finite number"),
        ("age", ["nan", 20], "'nan' is no finite number"),
        # Every exchange would count twice.
        ("age", [20, 60, "20.0"], "holds a value twice: '20', '60', '20'"),
    ],
)
def test_what_it_cannot_read_is_refused(tmp_path: Path, field: str, values: list[Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        configured(tmp_path, field, values)


def test_no_field_is_exchanged_twice_for_the_same_groups(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'sex' is exchanged twice for the same groups"):
        parse_config(
            {
                "model": {"callable": "scorer:predict", "classes": ["no", "yes"]},
                "data": {"path": "rows.csv", "columns": {"features": {"sex": "category"}, "label": "y"}},
                "attributes": ["sex"],
                "exchange": {"values": [{"field": "sex"}, {"field": "sex", "values": ["F", "M"]}]},
            },
            base=tmp_path,
        )
