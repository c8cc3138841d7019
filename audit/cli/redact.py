"""`audit redact`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--personal",
    is_flag=True,
    help="Cover the personal data that is found in the kept texts, and keep the rest of them.",
)
def redact(folder: Path, personal: bool) -> None:
    """Remove the texts of the finished audit in RUN for good, and write its documents again without them.

    The kept texts or pictures, the words of texts that the result names, decision sheets in RUN/sheets, and signatures
    of what was changed are gone afterwards. Numbers, verdicts and flags stay, and `audit verify` holds them as before.

    With --personal, e-mail addresses, phone numbers, cards, accounts, ids, network addresses and coordinates are
    covered by their kind, as [e-mail····], and words that may be a part of one are no longer named.

    What lies elsewhere is not touched: the data file, copies, documents written with --out, backups.
    """
    from audit.errors import RunFolderError
    from audit.pipeline.redact import redact as take_out
    from audit.report.audience import PUBLIC
    from audit.say import say
    from audit.store.runfolder import RunFolder

    if not folder.is_dir():
        raise RunFolderError("no such folder", where=str(folder))
    done = take_out(RunFolder(folder), personal=personal)
    if personal:
        kinds = ", ".join(f"{kind} {n:,}" for kind, n in sorted(done.masked.items())) or "none"
        say(f"personal data covered in kept texts: {kinds}")
    else:
        say(f"texts or pictures removed: {done.texts:,}")
    if done.comments:
        say(f"comments of reviewers removed: {done.comments:,}")
    say(f"words of texts no longer named in the result: {done.words:,}")
    say(*(f"written again: {name}" for name in done.rendered))
    say(*(f"removed: {name}" for name in done.removed))
    say(*(f"{name} could not be written again: {why}" for name, why in done.unrendered.items()), err=True)
    if (folder / PUBLIC).exists():
        say(f"not touched: {folder / PUBLIC}; audit report --audience public writes it again", err=True)
