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
