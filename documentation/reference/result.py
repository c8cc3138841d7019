"""What `result.json` holds: every part with its fields."""

from __future__ import annotations

from audit.result import AuditResult
from audit.result.facts import SCHEMA_VERSION
from documentation.reference.markdown import page as page_of
from documentation.reference.schema import keys_table

LEAD = """`result.json` of a run folder holds every number of the report, with codes and parameters, and no prose.
Version {version} of the schema; [the same as a JSON Schema](../schemas/result.schema.json), or `audit schema result`.
What a code means is told under [message codes](codes.md). A field that is null says why in the `note` beside it.

In Python, `audit.open(RUN).result` is this object; [tables as data frames](../notebook.md) come along."""


def page() -> str:
    """Write the page: the whole first, then its parts in alphabetical order."""
    whole = AuditResult.model_json_schema()
    parts = {name: part for name, part in whole["$defs"].items() if "properties" in part}
    known = frozenset(parts)
    sections = [f"## The whole\n\n{keys_table(whole, known, defaults=False)}"]
    for name, part in sorted(parts.items()):
        told = " ".join(part.get("description", "").split())
        table = keys_table(part, known, defaults=False)
        sections.append("\n\n".join(filter(None, [f"## {name}", told, table])))
    return page_of("The result", LEAD.format(version=SCHEMA_VERSION), *sections)
