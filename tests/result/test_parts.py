"""A result is the parts that the stages of an audit return, beside each other: no field is written down twice."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import audit
from audit.result import (
    AuditResult,
    Conclusions,
    Consequences,
    DataAudited,
    Fairness,
    Measured,
    Part,
    Probing,
    Record,
    Remembered,
    Scored,
    Subject,
    Verdicts,
    Why,
)

PARTS = (Subject, Fairness, DataAudited, Verdicts, Why, Probing, Remembered, Consequences, Scored, Conclusions, Record)


def declared(model: type[Part]) -> list[str]:
    """Fields that the class itself writes down."""
    return [name for name in inspect.get_annotations(model) if name in model.model_fields]


def test_every_field_is_declared_by_exactly_one_part_and_stands_in_its_order() -> None:
    assert declared(AuditResult) == declared(Measured) == []
    names = [name for part in PARTS for name in declared(part)]
    assert list(AuditResult.model_fields) == names
    assert max(Counter(names).values()) == 1


def test_no_stage_writes_down_the_whole() -> None:
    for path in Path(audit.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "AuditResult"
            assert not made, f"{path}:{node.lineno}: put a result together from its parts"


def test_parts_make_the_whole_and_one_that_is_missing_is_told(
    stored: Callable[..., dict[str, Any]], table: Callable[..., Path]
) -> None:
    result = audit.run(stored(table(y=[1, 1, 0, 0] * 10, p=[1, 0, 1, 0] * 10, g=["a", "b", "b", "b"] * 10)))
    parts = [part.model_construct(**{name: getattr(result, name) for name in declared(part)}) for part in PARTS]
    assert AuditResult.of(*parts) == result
    assert Measured.of(*parts[:2]).metrics == result.metrics
    with pytest.raises(ValidationError, match=r"judgement\n.*missing"):
        AuditResult.of(*(part for part in parts if not isinstance(part, Verdicts)))
