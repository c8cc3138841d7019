"""`audit copy`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--overwrite", is_flag=True, help="Replace a finished audit that lies in the store.")
def copy(source: str, target: str, *, overwrite: bool) -> None:
    """Copy a finished run folder to an object store, or from one to this machine.

    One of FROM and TO is an address such as s3://bucket/audits/2026-11. Files are held against the manifest; it is
    written last, so that a copy that broke off is never taken for a whole one. `audit verify` takes an address too.
    """
    from audit.config.place import is_address

    there = [is_address(place) for place in (source, target)]
    if there.count(True) != 1:
        raise click.UsageError("one of FROM and TO is an address, such as s3://bucket/audits/2026-11; the other a path")
    if overwrite and there[0]:
        raise click.UsageError("--overwrite goes with an address that is written to; name a new folder")
    from audit.pipeline.copying import address_of, copy_in, copy_out
    from audit.say import say
    from audit.store.runfolder import RunFolder

    address = address_of(source if there[0] else target)
    if there[0]:
        copy_in(address, Path(target))
        say(f"{target}: every file is as the audit wrote it")
    else:
        names = copy_out(RunFolder(Path(source)), address, overwrite=overwrite)
        say(f"{target}: {len(names)} files, manifest.json last")
