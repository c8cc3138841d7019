"""The configuration: every key with its type, default and meaning, from the schema that the product checks."""

from __future__ import annotations

from audit.config import AuditConfig
from documentation.reference.markdown import page as page_of
from documentation.reference.schema import keys_table, references

LEAD = """Every key of `audit.yaml`. Unknown keys are errors. [Configuration](../configuration.md) says how they work
together, with examples. `audit schema config` prints the same as [a JSON Schema](../schemas/config.schema.json).

Editors complete and check keys as you type where the file begins with this line:

```yaml
# yaml-language-server: $schema=docs/schemas/config.schema.json
```"""


def page() -> str:
    """Write the page: first the top level, then each part once, where it is first met."""
    whole = AuditConfig.model_json_schema()
    parts = whole["$defs"]
    order = _order(whole["properties"], parts)
    known = frozenset(order)
    sections = [f"## The top level\n\n{keys_table(whole, known, defaults=True)}"]
    for name in order:
        told = " ".join(parts[name].get("description", "").split())
        sections.append("\n\n".join(filter(None, [f"## {name}", told, keys_table(parts[name], known, defaults=True)])))
    return page_of("Every key of the configuration", LEAD, *sections)


def _order(node: object, parts: dict[str, dict[str, object]]) -> list[str]:
    """Parts in the order in which a reader meets them, each followed by what it leads to."""
    found: dict[str, None] = {}

    def meet(inner: object) -> None:
        for name in references(inner):
            if name not in found and "properties" in parts[name]:
                found[name] = None
                meet(parts[name])

    meet(node)
    return list(found)
