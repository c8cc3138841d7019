"""The Python API: what `audit` exports, with signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import audit
from audit.pytest_plugin import Fairness
from audit.testing import check_adapter
from documentation.reference.markdown import page as page_of

LEAD = """What `import audit` offers. [Python and notebooks](../notebook.md) shows it at work;
[Extending](../extending.md) says how packages of your own add metrics, adapters, probes, sections and
compliance packs."""

#: Results have the fields of the schema, which has a page of its own.
WITH_SCHEMA = {"AuditConfig": "configuration.md", "AuditResult": "result.md"}


def page() -> str:
    """Write the page."""
    names = [name for name in audit.__all__ if not name.startswith("__")]
    exported = {name: audit.behind(name) for name in names}  # `audit.explain` is a package too
    calls = {name: what for name, what in exported.items() if not isinstance(what, type)}
    classes = {name: what for name, what in exported.items() if isinstance(what, type)}
    return page_of(
        "Python",
        LEAD,
        *(_call(f"audit.{name}", call) for name, call in calls.items()),
        *(_class(f"audit.{name}", kind) for name, kind in classes.items()),
        _call("audit.testing.check_adapter", check_adapter),
        _class("fairness_of(...)", Fairness),
    )


def _call(name: str, function: Callable[..., Any], level: str = "##") -> str:
    called = name.rpartition(".")[2] if level != "##" else name
    signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(function)))
    return f"{level} {name}\n\n```text\n{called}{signature}\n```\n\n{_told(function)}"


def _class(name: str, kind: type) -> str:
    parts = [f"## {name}", _told(kind)]
    if schema := WITH_SCHEMA.get(kind.__name__):
        parts.append(f"Its fields are [told on a page of their own]({schema}).")
    parts += [_member(f"{kind.__name__}.{called}", member) for called, member in _members(kind)]
    return "\n\n".join(parts)


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Methods and properties of a class itself that have words."""
    for name, member in vars(kind).items():
        told = inspect.getdoc(member.fget if isinstance(member, property) else member)
        public = not name.startswith("_") and (isinstance(member, property) or inspect.isfunction(member))
        if public and told:
            yield name, member


def _member(name: str, member: Any) -> str:
    if isinstance(member, property):
        return f"### {name}\n\n{_told(member.fget)}"
    return _call(name, member, "###")


def _told(documented: Any) -> str:
    """A docstring in NumPy style as Markdown: heads in bold, and of their parameters a list."""
    lines = (inspect.getdoc(documented) or "").split("\n")
    out: list[str] = []
    listing = False
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line and set(below) == {"-"}:
            listing = True
            out += [f"**{line}**", ""]
        elif line and set(line) == {"-"}:
            continue
        elif listing and line and not line.startswith(" "):
            out.append(f"- `{line}`  ")
        else:
            out.append(line)
    return "\n".join(out)
