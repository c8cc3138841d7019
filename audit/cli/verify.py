"""`audit verify`."""

from __future__ import annotations

from pathlib import Path

import click

#: Differences that are told one by one.
MOST_TOLD = 20


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
def verify(folder: Path) -> None:
    """Check that the run folder RUN holds what its audit wrote, and that its numbers follow from its decisions.

    Every file is held against the manifest; metrics, disparities and impact ratios are computed again from the decision
    table, and the policy of the audit judges again. Neither data nor model need be there. Who wrote the folder it
    cannot know: keep the hash of manifest.json elsewhere.
    """
    from audit.errors import RunFolderError
    from audit.pipeline.verify import verify as hold_against
    from audit.say import say
    from audit.store.runfolder import RunFolder

    found = hold_against(RunFolder(folder))
    if found.wrong:
        more = [f"and {len(found.wrong) - MOST_TOLD:,} more"] if len(found.wrong) > MOST_TOLD else []
        told = [
            f"{len(found.wrong):,} numbers or verdicts do not follow from the decisions",
            *found.wrong[:MOST_TOLD],
            *more,
        ]
        raise RunFolderError(
            "\n".join(told),
            where=str(folder),
            hint="result.json was changed, or made by another version of the libraries",
        )
    say(f"{folder}: every file is as the audit wrote it")
    say(
        f"{found.values:,} metrics, disparities and impact ratios follow from the decisions, and the verdicts from them"
    )
    if found.own:
        say(f"not computed again, as code of yours is not run for it: {', '.join(found.own)}")
