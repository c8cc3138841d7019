"""Options that several commands share."""

from __future__ import annotations

import click

from audit.text import LANGUAGES

#: `--lang`
language = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    help="Language of the report and of what is printed; default: output.language of the audit.",
)

#: `--format`, of what a command prints.
printed = click.option(
    "--format",
    "kind",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="Of what is printed: text for people, Markdown for a CI summary, or one JSON object for machines.",
)
