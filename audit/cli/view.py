"""`audit view`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
def view(folder: Path) -> None:
    """Open the report of the run folder RUN in the browser, and say where it lies."""
    import webbrowser

    from audit.errors import RunFolderError
    from audit.say import say
    from audit.store.manifest import read_manifest

    if not folder.is_dir():
        raise RunFolderError("no such folder", where=str(folder), hint="name the folder that `audit run` wrote")
    read_manifest(folder)
    report = folder / "report.html"
    if not report.is_file():
        raise RunFolderError(
            "holds no report.html", where=str(folder), hint=f"`audit report {folder} --format html` renders it"
        )
    say(report)
    if not webbrowser.open(report.resolve().as_uri()):
        say("note: no browser was found to open it; copy the path into one", err=True)
