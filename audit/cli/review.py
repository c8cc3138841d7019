"""`audit review`: people answer back."""

from __future__ import annotations

from pathlib import Path

import click

from audit.cli.options import language

RUN = click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))


@click.group()
def review() -> None:
    """Ask people about single decisions, and take their answers in.

    `audit review export RUN` writes flagged decisions and a blind control sample for reviewers; `audit review import
    RUN ANSWERS…` takes back what they filled in; `audit review show RUN` says what follows.
    """


@review.command("export")
@RUN
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The audit's configuration: reads texts that the run did not keep, and explains what it did not explain.",
)
@click.option("--most", type=click.IntRange(min=1), help="Flagged decisions at most; default: all.")
@click.option(
    "--controls",
    type=click.IntRange(min=0),
    help="About so many; default: as many as flagged decisions, and at least 50.",
)
@click.option(
    "--reviewers", type=click.IntRange(1, 99), default=1, show_default=True, help="Each gets an order of their own."
)
@click.option(
    "--overlap",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Share of the decisions that all reviewers get; each of the others goes to one of them.",
)
@click.option(
    "--show-decision",
    is_flag=True,
    help="Show decision and score before the right class is asked for: quicker, but people tend to agree with it.",
)
@click.option(
    "--question",
    help="Question for the right class in your own words, as “Should this person be invited to an interview?”.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Of the draw; default: that of the audit.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(["csv", "xlsx", "label-studio"]),
    help="May be repeated; default: csv.",
)
@click.option(
    "--audience",
    type=click.Choice(("internal", "public")),
    default="internal",
    show_default=True,
    help="Rows are never for the public: `public` is refused.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Where to write; default: RUN/review.")
@click.option("--overwrite", is_flag=True, help="Forget an earlier review of this run, with all answers.")
@language
def export(
    folder: Path,
    config: Path | None,
    most: int | None,
    controls: int | None,
    reviewers: int,
    overlap: float,
    show_decision: bool,
    question: str | None,
    seed: int | None,
    formats: tuple[str, ...],
    audience: str,
    out: Path | None,
    overwrite: bool,
    lang: str | None,
) -> None:
    """Write decisions of the run folder RUN for reviewers.

    Reviewers see the text and, after they have named the right class, the decision and its reasons. They are not told
    which decisions are flagged, whom they are about, or what the label is. The files hold personal data wherever the
    data does.
    """
    from audit.config import load_config
    from audit.errors import ConfigError
    from audit.pipeline.review import Asking, export_review
    from audit.review.draw import FLAGGED
    from audit.say import say

    if audience == "public":
        raise ConfigError(
            "a review shows single rows, which are never for the public", hint="--audience public is for `audit report`"
        )
    key, files = export_review(
        folder,
        Asking(most, controls, reviewers, overlap, show_decision, seed, question),
        config=load_config(config) if config else None,
        formats=formats or ("csv",),
        out=out,
        language=lang,
        overwrite=overwrite,
    )
    for path in files:
        if path.parent.name != "pictures":
            say(path)
    flagged = int((key.table["arm"] == FLAGGED).sum())
    say(f"{len(key.table):,} decisions to review: {flagged:,} flagged, {len(key.table) - flagged:,} controls")
    if not key.design.reasons:
        say("reasons are left out: not all of these decisions are explained (--config with the model explains them)")
    say("the key stays in the run folder; give reviewers nothing else from it")


@review.command("import")
@RUN
@click.argument("answers", nargs=-1, metavar="[ANSWERS]…", type=click.Path(path_type=Path))
@click.option(
    "--from", "source", metavar="RUN", type=click.Path(path_type=Path), help="Take the review over from another run."
)
@click.option("--replace", is_flag=True, help="Take the answers of these reviewers in the place of their earlier ones.")
@click.option(
    "--reviewer-error",
    "assumed",
    type=click.FloatRange(0, 0.5, max_open=True),
    help="How often a reviewer errs; default: measured by how often two of them differ.",
)
@language
def import_(
    folder: Path, answers: tuple[Path, ...], source: Path | None, replace: bool, assumed: float | None, lang: str | None
) -> None:
    """Take answers of reviewers into the run folder RUN, and render its report again.

    ANSWERS are CSV files, workbooks (XLSX) or JSON from Label Studio, as many as there are. Without any, the answers
    that are kept in RUN are used, as after the audit was run again on the same rows.
    """
    from audit.pipeline.review import import_review
    from audit.report.terminal.review import tell_review
    from audit.report.wording import Catalogue
    from audit.say import say, say_styled, width_of_output
    from audit.store.runfolder import RunFolder

    found, taken = import_review(folder, answers, source=source, replace=replace, assumed=assumed, language=lang)
    told = f"; {taken.repeated:,} were given twice alike, and count once" if taken.repeated else ""
    say(f"{taken.new:,} new answers{told}")
    say_styled(tell_review(found, Catalogue.of(RunFolder(folder).read_result(), lang), width_of_output()))
    say(folder / "report.html")


@review.command()
@RUN
@click.option("--format", "kind", type=click.Choice(["text", "json"]), default="text", show_default=True)
@language
def show(folder: Path, kind: str, lang: str | None) -> None:
    """Say what the review of the run folder RUN found."""
    from audit.errors import RunFolderError
    from audit.report.terminal.review import tell_review
    from audit.report.wording import Catalogue
    from audit.say import say_json, say_styled, width_of_output
    from audit.store.manifest import DOCUMENTS
    from audit.store.runfolder import RunFolder

    place = RunFolder(folder)
    result = place.read_result(but=DOCUMENTS)
    found = place.read_review()
    if found is None:
        raise RunFolderError(
            "holds no review", where=str(folder), hint="audit review export RUN, and import what comes"
        )
    if kind == "json":
        say_json(found.model_dump(mode="json", by_alias=True))
        return
    say_styled(tell_review(found, Catalogue.of(result, lang), width_of_output()))
