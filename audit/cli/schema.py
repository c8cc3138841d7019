"""`audit schema`."""

from __future__ import annotations

from typing import Any

import click

from audit.say import say_json

#: Published schemas and their versions: what breaks raises the first number, what is added the second.
SCHEMAS = {"config": "1.0", "result": "1.0", "review": "1.0", "verdict": "1.0", "comparison": "1.0"}


@click.command()
@click.argument("which", type=click.Choice(list(SCHEMAS)), default="config")
def schema(which: str) -> None:
    """Print the JSON Schema of audit.yaml (config), result.json (result), review.json (review) or of what is printed.

    verdict: audit run and audit gate with --format json. comparison: audit compare with --format json.
    """
    say_json(schema_of(which))


def schema_of(which: str) -> dict[str, Any]:
    """Make one of the schemas, as plain data."""
    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaMode

    from audit.config import AuditConfig
    from audit.report.machine import ToldAudit
    from audit.result import AuditResult, Comparison
    from audit.result.review import Review

    models: dict[str, type[BaseModel]] = {
        "config": AuditConfig,
        "result": AuditResult,
        "review": Review,
        "verdict": ToldAudit,
        "comparison": Comparison,
    }
    # What is printed is whole, while what is read may leave out what has a default.
    mode: JsonSchemaMode = "serialization" if which in {"verdict", "comparison"} else "validation"
    plain = models[which].model_json_schema(by_alias=True, mode=mode)
    identity = f"urn:fairaudit:schema:{which}:{SCHEMAS[which]}"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": identity, **plain}
