"""Published schemas: as the code says, and changed no more than their version allows.

Whoever writes a configuration and whoever reads a result rely on different things. A new key of the configuration
breaks nobody unless it is required; a field of a result may come, but not go. What breaks raises the first number of
the schema's version, what is added the second (docs/release.md).
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from audit import __version__
from audit.cli.schema import SCHEMAS, schema_of
from release.found import ROOT, Wrong

FOLDER = ROOT / "docs" / "schemas"
RELEASED = FOLDER / "released"
#: What users write; all others are what they read.
WRITTEN = {"config"}


class Change(NamedTuple):
    """What became of one place of a schema."""

    breaks: bool
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def check() -> str:
    """Hold the published schemas against the code, and against those of the last release."""
    for name in SCHEMAS:
        published = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
        if published != schema_of(name):
            raise Wrong(
                f"docs/schemas/{name}.schema.json is old: audit schema {name} > docs/schemas/{name}.schema.json"
            )
    last = last_release()
    if last is None:
        return f"{len(SCHEMAS)} are as the code says; none was released before"
    for name in SCHEMAS:
        before = json.loads((last / f"{name}.schema.json").read_text(encoding="utf-8"))
        refuse_unversioned(name, before, schema_of(name))
    return f"{len(SCHEMAS)} are as the code says, and versioned since {last.name}"


def last_release() -> Path | None:
    """Folder of the schemas that were released last."""
    folders = [path for path in RELEASED.iterdir() if path.is_dir()] if RELEASED.is_dir() else []
    return max(folders, key=lambda path: tuple(int(part) for part in re.findall(r"\d+", path.name)[:3]), default=None)


def freeze() -> Path:
    """Keep the schemas of this version, to be held against later ones."""
    folder = RELEASED / __version__
    folder.mkdir(parents=True)
    for name in SCHEMAS:
        shutil.copy(FOLDER / f"{name}.schema.json", folder)
    return folder


def refuse_unversioned(name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Refuse a change that the version does not tell.

    Raises
    ------
    Wrong
        With the first change, and the version that it asks for.
    """
    changes = list(changes_of(before, after, "written" if name in WRITTEN else "read"))
    if not changes:
        return
    (major, minor), (new_major, new_minor) = version_of(before), version_of(after)
    breaking = [change for change in changes if change.breaks]
    if breaking and new_major <= major:
        raise Wrong(f"schema {name} breaks its users ({breaking[0]}): its version must become {major + 1}.0")
    if (new_major, new_minor) <= (major, minor):
        raise Wrong(f"schema {name} changed ({changes[0]}): its version must become {major}.{minor + 1}")


def version_of(schema: dict[str, Any]) -> tuple[int, int]:
    """Read the version at the end of the schema's `$id`."""
    major, _, minor = schema["$id"].rpartition(":")[2].partition(".")
    return int(major), int(minor)


def changes_of(before: dict[str, Any], after: dict[str, Any], use: Literal["written", "read"]) -> Iterator[Change]:
    """Compare two schemas.

    Parameters
    ----------
    use
        Whether users write such documents, or read them.
    """
    yield from _Comparison(before, after, use == "written").of(before, after, "")


class _Comparison:
    def __init__(self, before: dict[str, Any], after: dict[str, Any], written: bool) -> None:
        self._before, self._after, self._written = before, after, written
        self._seen: set[tuple[str, str]] = set()

    def of(self, old: Any, new: Any, path: str) -> Iterator[Change]:
        """Compare one place; what refers to itself is compared once."""
        pair = (old.get("$ref", ""), new.get("$ref", ""))
        if any(pair):
            if pair in self._seen:
                return
            self._seen.add(pair)
        old, new = _resolved(old, self._before), _resolved(new, self._after)
        yield from self._kinds(old, new, path or "the document")
        yield from self._properties(old, new, path)
        for word in ("items", "additionalProperties"):
            if isinstance(old.get(word), dict) and isinstance(new.get(word), dict):
                yield from self.of(old[word], new[word], f"{path}[]")
        before, after = _variants(old, self._before), _variants(new, self._after)
        for left, right in zip(before, after, strict=False):
            yield from self.of(left, right, path)

    def _properties(self, old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[Change]:
        was, now = old.get("properties", {}), new.get("properties", {})
        for name in was.keys() - now.keys():
            yield Change(True, f"{path}/{name}", "is gone")
        for name in now.keys() - was.keys():
            required = self._written and name in new.get("required", [])
            yield Change(required, f"{path}/{name}", "is new, and required" if required else "is new")
        for name in was.keys() & now.keys():
            before, after = (name in one.get("required", []) for one in (old, new))
            if self._written and after and not before:
                yield Change(True, f"{path}/{name}", "became required")
            if not self._written and before and not after:
                yield Change(True, f"{path}/{name}", "may be missing now")
            yield from self.of(was[name], now[name], f"{path}/{name}")

    def _kinds(self, old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[Change]:
        was, now = _kinds(old, self._before), _kinds(new, self._after)
        if gone := was - now:
            yield Change(self._written, path, f"is no longer {', '.join(sorted(gone))}")
        if added := now - was:
            types = {kind for kind in added if not kind.startswith("=")}
            # A reader who knows the values of a code has to expect more of them, not other types.
            yield Change(not self._written and bool(types), path, f"may be {', '.join(sorted(added))}")


def _resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _variants(schema: dict[str, Any], root: dict[str, Any]) -> list[dict[str, Any]]:
    """Alternatives that have parts of their own."""
    given = [*schema.get("anyOf", []), *schema.get("oneOf", [])]
    return [one for one in given if {"properties", "items"} & set(_resolved(one, root))]


def _kinds(schema: dict[str, Any], root: dict[str, Any]) -> set[str]:
    """Types that a place may have, and of one with fixed values these, as `=value`."""
    alternatives = [*schema.get("anyOf", []), *schema.get("oneOf", [])]
    if alternatives:
        return {kind for one in alternatives for kind in _kinds(_resolved(one, root), root)}
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if values:
        return {f"={json.dumps(value)}" for value in values}
    types = schema.get("type", [])
    return {types} if isinstance(types, str) else set(types)
