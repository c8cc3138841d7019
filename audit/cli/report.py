"""`audit report`."""

from __future__ import annotations

from pathlib import Path

import click

FORMATS = ("html", "md", "csv", "junit", "sarif")


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="May be repeated; default: all.")
@click.option("--lang", default="en", show_default=True, help="Language of the report.")
def report(folder: Path, formats: tuple[str, ...], lang: str) -> None:
    """Render the documents of the run folder RUN again, from the run folder alone.

    Removing inputs.parquet first gives a report without any text of the audited data.
    """
    from audit.errors import RunFolderError
    from audit.report.write import write_report
    from audit.say import say
    from audit.store.runfolder import RunFolder

    place = RunFolder(folder)
    if not folder.is_dir():
        raise RunFolderError("no such folder", where=str(folder))
    if not place.finished:
        raise RunFolderError("holds no finished audit", where=str(folder), hint="audit run --resume finishes it")
    written = write_report(place, formats or FORMATS, lang)
    manifest = place.read_manifest()
    facts = {key: value for key, value in manifest.items() if key not in {"fingerprint", "files", "schema_version"}}
    place.write_manifest(manifest["fingerprint"], facts)
    for name in written:
        say(folder / name)
