"""`audit report`."""

from __future__ import annotations

from pathlib import Path

import click

from audit.cli.options import language

FORMATS = ("html", "md", "csv", "junit", "sarif")


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="May be repeated; default: all.")
@language
def report(folder: Path, formats: tuple[str, ...], lang: str | None) -> None:
    """Render the documents of the run folder RUN again, from the run folder alone.

    Removing inputs.parquet first gives a report without any text of the audited data.
    """
    from audit.report.write import write_report
    from audit.say import say
    from audit.store.lock import held
    from audit.store.manifest import DOCUMENTS
    from audit.store.runfolder import RunFolder

    place = RunFolder(folder)
    result = place.read_result(but=DOCUMENTS)
    with held(folder):
        written = write_report(place, formats or FORMATS, lang, result=result)
        place.vouch(written)
    for name in written:
        say(folder / name)
