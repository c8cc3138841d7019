"""`audit data`."""

from __future__ import annotations

from pathlib import Path

import click

from audit.cli.options import language, printed
from audit.text import Language


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key, e.g. data_audit.near=0.9."
)
@language
@printed
def data(config: Path, overrides: tuple[str, ...], lang: Language | None, kind: str) -> None:
    """Look at the data of CONFIG (audit.yaml) themselves, without running its model.

    Who is in them, what is missing, what is there twice, what tells the group, and whether that differs between groups.
    `data_audit` in the configuration says more: reference shares, rows of training, annotators. No text of the data is
    printed.
    """
    from audit.config import load_config

    settings = load_config(config, overrides)

    # Only now the heavy imports: a typo in the configuration is told at once.
    from audit.pipeline.data_audit import data_audit
    from audit.report.markdown import data_markdown
    from audit.report.terminal import tell_data
    from audit.report.wording import Catalogue
    from audit.say import say, say_json, say_styled, width_of_output

    found = data_audit(settings)
    t = Catalogue(lang or settings.output.language)
    if kind == "json":
        say_json(found.model_dump(mode="json"))
    elif kind == "markdown":
        say(*data_markdown(found, t).split("\n"))
    else:
        say_styled(tell_data(found, t, width_of_output()))
