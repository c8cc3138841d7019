"""`audit verify`."""

from __future__ import annotations

from pathlib import Path

import click

#: Differences that are told one by one.
MOST_TOLD = 20


@click.command()
@click.argument("folder", metavar="RUN")
@click.option(
    "--allowed-signers", type=click.Path(path_type=Path), metavar="FILE", help="Trusted keys, as ssh-keygen reads them."
)
def verify(folder: str, allowed_signers: Path | None) -> None:
    """Check that the run folder RUN holds what its audit wrote, and that its numbers follow from its decisions.

    Every file is held against the manifest; groups, metrics, disparities, impact ratios and scores are computed again
    from the decision table, the policy of the audit judges again, and the findings are joined again. Neither data nor
    model need be there. Explanations, exchanges, flags and documents are held by their hashes alone. RUN may be an
    address that `audit copy` wrote to; its files are then brought here for as long as this takes.

    Who wrote the folder it cannot know: keep the hash of manifest.json elsewhere, or have result.json signed
    (`ssh-keygen -Y sign -f KEY -n fairaudit RUN/result.json`). A signature that is there is checked with
    --allowed-signers, or the command fails.
    """
    from audit.errors import RunFolderError
    from audit.pipeline.copying import at_hand
    from audit.pipeline.verify import verify as hold_against
    from audit.say import say

    with at_hand(folder) as place:
        found = hold_against(place, allowed_signers)
    if found.wrong:
        more = [f"and {len(found.wrong) - MOST_TOLD:,} more"] if len(found.wrong) > MOST_TOLD else []
        told = [
            f"{len(found.wrong):,} numbers or verdicts do not follow from the decisions",
            *found.wrong[:MOST_TOLD],
            *more,
        ]
        raise RunFolderError(
            "\n".join(told),
            where=folder,
            hint="result.json was changed, or made by another version of the libraries",
        )
    say(f"{folder}: every file is as the audit wrote it")
    say(f"{found.values:,} parts of the result follow from the decisions, and verdicts and findings from them")
    for one in found.signed:
        say(f"{one.file} is signed by {one.by}")
    if found.own:
        say(f"not computed again, as code of yours is not run for it: {', '.join(found.own)}")
