"""`audit report`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from audit.cli.options import language
from audit.cli.printing import name_waiting_review
from audit.report.documents import EVERY_AUDIT, FORMATS


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(FORMATS),
    help="May be repeated; default: what every audit writes.",
)
@language
@click.option(
    "--framework",
    "frameworks",
    multiple=True,
    metavar="ID",
    help="Compliance pack to go through, instead of those of the audit; may be repeated: `audit frameworks`.",
)
@click.option(
    "--audience",
    type=click.Choice(("internal", "public")),
    default="internal",
    show_default=True,
    help="public: no texts, rows or small counts, for everybody.",
)
@click.option(
    "--epsilon",
    type=float,
    help="With --audience public: counts with differentially private noise of this budget, and nothing else. "
    "Default: output.public.epsilon of the audit.",
)
@click.option(
    "--per-unit",
    type=int,
    help="With --epsilon, where decisions form clusters: so many of one cluster, or row, are counted at most. "
    "Default: output.public.per_unit of the audit.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where to write; default: the run folder, or public in it."
)
def report(
    folder: Path,
    formats: tuple[str, ...],
    lang: str | None,
    frameworks: tuple[str, ...],
    audience: Literal["internal", "public"],
    epsilon: float | None,
    per_unit: int | None,
    out: Path | None,
) -> None:
    """Render documents of the run folder RUN again, from the run folder alone.

    Documents for everybody (--audience public) never take the place of internal ones. Removing inputs.parquet first
    gives an internal report without any text of the audited data.
    """
    from audit.frameworks.loading import packs_of
    from audit.report.documents import Telling
    from audit.report.wording import Catalogue
    from audit.report.write import write_documents
    from audit.say import say
    from audit.store.lock import held
    from audit.store.manifest import DOCUMENTS
    from audit.store.runfolder import RunFolder

    packs_of(frameworks, "--framework")
    if (epsilon is not None or per_unit is not None) and audience != "public":
        raise click.UsageError("--epsilon goes with --audience public, and so does --per-unit")
    place = RunFolder(folder)
    result = place.read_result(but=DOCUMENTS)
    if audience == "public":
        from audit.report.audience import PUBLIC, write_public

        place_of, public = out or folder / PUBLIC, None
        asked = result.config["output"]["public"]
        epsilon = asked["epsilon"] if epsilon is None else epsilon
        per_unit = asked["per_unit"] if per_unit is None else per_unit
        if per_unit is not None and epsilon is None:
            raise click.UsageError("--per-unit goes with --epsilon, or with output.public.epsilon of the audit")
        if epsilon is not None:
            from audit.pipeline.release import release

            public = release(place, result, epsilon, per_unit)
        for name in write_public(result, place_of, formats or EVERY_AUDIT, lang, frameworks or None, public):
            say(place_of / name)
        return
    with held(folder):
        written = write_documents(
            Telling(place, result, lang, frameworks=frameworks or None), formats or EVERY_AUDIT, out=out
        )
        if out is None or out.samefile(folder):
            place.vouch(written)
    for name in written:
        say((out or folder) / name)
    name_waiting_review(folder, Catalogue.of(result, lang))
