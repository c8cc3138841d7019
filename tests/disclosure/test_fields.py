"""Every field of a result is decided about, and what nobody decided about is not told."""

from __future__ import annotations

from types import UnionType
from typing import Any, Union, get_args, get_origin

from audit.disclosure.fields import DECISIONS
from audit.disclosure.public import _swept
from audit.result import AuditResult, Part


def parts_of(annotation: Any) -> set[type[Part]]:
    """Models that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return {annotation}
    if get_origin(annotation) in {Union, UnionType, list, dict, tuple}:
        return set().union(*map(parts_of, get_args(annotation)))
    return set()


def fields() -> dict[str, Any]:
    """Every field that a public result can hold; what stands in a part that is dropped is not reached."""
    found: dict[str, Any] = {}
    todo: list[type[Part]] = [AuditResult]
    done: set[type[Part]] = set()
    while todo:
        part = todo.pop()
        if part in done:
            continue
        done.add(part)
        for name, field in part.model_fields.items():
            found[f"{part.__name__}.{name}"] = field.annotation
            if DECISIONS.get(f"{part.__name__}.{name}") != "dropped":
                todo += parts_of(field.annotation)
    return found


def test_every_field_is_decided_about() -> None:
    undecided = sorted(fields().keys() - DECISIONS.keys())
    assert not undecided, f"say in audit/disclosure/fields.py what becomes of {undecided}"


def test_no_decision_is_about_a_field_that_is_gone() -> None:
    assert not sorted(DECISIONS.keys() - fields().keys())


class _New(Part):
    told_to_nobody: str
    count: int
    maybe: int | None
    rows: list[str]


def test_what_nobody_decided_about_is_emptied() -> None:
    new = _New(told_to_nobody="a text", count=3, maybe=3, rows=["id"])
    assert _swept(new).model_dump() == {"told_to_nobody": "", "count": 0, "maybe": None, "rows": []}
