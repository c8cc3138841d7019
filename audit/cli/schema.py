"""`audit schema`."""

from __future__ import annotations

import click

from audit.say import say_json


@click.command()
@click.argument("which", type=click.Choice(["config", "result"]), default="config")
def schema(which: str) -> None:
    """Print the JSON Schema of audit.yaml (config) or of result.json (result)."""
    from audit.config import AuditConfig
    from audit.result import AuditResult

    model = AuditConfig if which == "config" else AuditResult
    plain = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema(by_alias=True)}
    say_json(plain)
