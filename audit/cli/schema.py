"""`audit schema`."""

from __future__ import annotations

import click

from audit.say import say_json


@click.command()
@click.argument("which", type=click.Choice(["config", "result", "review"]), default="config")
def schema(which: str) -> None:
    """Print the JSON Schema of audit.yaml (config), of result.json (result) or of review.json (review)."""
    from pydantic import BaseModel

    from audit.config import AuditConfig
    from audit.result import AuditResult
    from audit.result.review import Review

    models: dict[str, type[BaseModel]] = {"config": AuditConfig, "result": AuditResult, "review": Review}
    plain = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **models[which].model_json_schema(by_alias=True),
    }
    say_json(plain)
