"""`audit explain`."""

from __future__ import annotations

from pathlib import Path

import click

from audit.cli.options import language


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--row",
    "rows",
    multiple=True,
    required=True,
    metavar="ID",
    help="Decision to explain: the id of its row, or what the report calls it; may be repeated.",
)
@click.option(
    "--config", type=click.Path(path_type=Path), help="The audit's configuration: explains rows that the run did not."
)
@click.option(
    "--method",
    "methods",
    multiple=True,
    type=click.Choice(["input_x_gradient", "occlusion", "shapley"]),
    help="Another method beside integrated gradients, by Captum; needs --config; may be repeated.",
)
@click.option(
    "--format", "kind", type=click.Choice(["html", "json"]), default="html", show_default=True, help="Of the sheets."
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the sheets; default: RUN/sheets.")
@language
def explain(
    folder: Path,
    rows: tuple[str, ...],
    config: Path | None,
    methods: tuple[str, ...],
    kind: str,
    out: Path | None,
    lang: str | None,
) -> None:
    """Write the decision sheet of single rows of the run folder RUN.

    A sheet holds the text of the row: it is personal data wherever the row is.
    """
    from audit.config import load_config
    from audit.pipeline.calls import explain as explain_row
    from audit.pipeline.calls import open_run
    from audit.report.sheet import render_sheet, sheet_name
    from audit.report.wording import Catalogue
    from audit.say import say
    from audit.store.files import write_text

    opened = open_run(folder)
    settings = load_config(config) if config else None
    words = Catalogue.of(opened.result, lang)
    for row in rows:
        sheet = explain_row(opened, row, config=settings, methods=methods)
        path = (out or folder / "sheets") / f"{sheet_name(row)}.{kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = sheet.model_dump_json(indent=2) + "\n" if kind == "json" else render_sheet(sheet, words)
        write_text(path, text)
        say(path)
