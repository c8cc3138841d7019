"""What a change of a schema asks of its version."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from release.found import Wrong
from release.schemas import changes_of, refuse_unversioned

BEFORE: dict[str, Any] = {
    "$id": "urn:fairaudit:schema:x:1.2",
    "type": "object",
    "required": ["kept"],
    "properties": {
        "kept": {"type": "string"},
        "code": {"enum": ["a", "b"]},
        "size": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "part": {"$ref": "#/$defs/Part"},
    },
    "$defs": {
        "Part": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
            },
        },
    },
}


def changed(*steps: tuple[str, Any]) -> dict[str, Any]:
    """The schema with other values at dotted places; None takes one away."""
    schema = copy.deepcopy(BEFORE)
    for path, value in steps:
        *parents, last = path.split("/")
        place = schema
        for parent in parents:
            place = place[parent]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return schema


@pytest.mark.parametrize(
    ("steps", "written", "read"),
    [
        ([], None, None),
        ([("properties/new", {"type": "string"})], False, False),
        ([("properties/new", {"type": "string"}), ("required", ["kept", "new"])], True, False),
        ([("properties/code", None)], True, True),
        ([("$defs/Part/properties/name", None)], True, True),
        ([("required", ["kept", "code"])], True, None),
        ([("required", [])], None, True),
        ([("properties/code", {"enum": ["a", "b", "c"]})], False, False),
        ([("properties/code", {"enum": ["a"]})], True, False),
        ([("properties/kept", {"type": "integer"})], True, True),
        ([("properties/size", {"type": "number"})], True, False),
        ([("properties/kept", {"anyOf": [{"type": "string"}, {"type": "null"}]})], False, True),
        ([("properties/kept", {"type": "string", "description": "in other words"})], None, None),
    ],
)
def test_what_breaks_whom(steps: list[tuple[str, Any]], written: bool | None, read: bool | None) -> None:
    after = changed(*steps)
    for use, breaks in (("written", written), ("read", read)):
        changes = list(changes_of(BEFORE, after, use))  # type: ignore[arg-type]
        assert (any(change.breaks for change in changes) if changes else None) is breaks, (use, changes)


def test_a_class_may_be_called_otherwise() -> None:
    text = repr(BEFORE).replace("Part", "Piece")
    assert not list(changes_of(BEFORE, eval(text), "read"))


@pytest.mark.parametrize(
    ("identity", "steps", "said"),
    [
        ("1.2", [("properties/new", {"type": "string"})], r"must become 1\.3"),
        ("1.3", [("properties/new", {"type": "string"})], None),
        ("1.3", [("properties/kept", None)], r"breaks its users \(/kept: is gone\): its version must become 2\.0"),
        ("2.0", [("properties/kept", None)], None),
        ("1.2", [], None),
    ],
)
def test_a_change_needs_its_version(identity: str, steps: list[tuple[str, Any]], said: str | None) -> None:
    after = changed(*steps, ("$id", f"urn:fairaudit:schema:x:{identity}"))
    if said is None:
        refuse_unversioned("result", BEFORE, after)
        return
    with pytest.raises(Wrong, match=said):
        refuse_unversioned("result", BEFORE, after)
