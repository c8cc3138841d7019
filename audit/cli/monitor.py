"""`audit monitor`: one command for each thing that is done with a history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli.options import language, printed
from audit.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from audit.monitoring.history import History
    from audit.monitoring.windows import Window
    from audit.result import Note

new_epoch = click.option(
    "--new-epoch",
    metavar="REASON",
    default="",
    help="Begin anew with this window: something was mended, and this is it.",
)
same_epoch = click.option(
    "--same-epoch", is_flag=True, help="Go on although the model is another, as if it were the same."
)
page = click.option("--html", type=click.Path(path_type=Path), help="Write the page with charts over time there.")


@click.group(no_args_is_help=True)
def monitor() -> None:
    """Watch a stream of windows, with bounds that stay valid however often you look.

    A history is one file, to which windows are only ever added. All alarms of a year together are false with a
    probability of at most 5 % (1 - level), if you look every night. Exit codes are those of audit gate: 1 while an
    alarm of severity error stands.
    """


@monitor.command()
@click.argument("history", type=click.Path(path_type=Path))
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--window",
    metavar="START/END",
    help="Time of its rows: a day, or two moments (ISO 8601); default: data.period of the run, or the day it was run.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="audit.yaml of the run: its policy is watched, and its table is read again for new words.",
)
@new_epoch
@same_epoch
@page
@language
@printed
def add(
    history: Path,
    run: Path,
    window: str | None,
    config: Path | None,
    new_epoch: str,
    same_epoch: bool,
    html: Path | None,
    lang: str | None,
    kind: str,
) -> ExitCode:
    """Add the run folder RUN to HISTORY, and say what stands.

    The same window again, with labels that arrived since, adds these labels. Nothing is ever replaced.
    """
    from audit.config import load_config
    from audit.monitoring.add import Wish
    from audit.pipeline.stream import add_run

    _refuse_both(new_epoch, same_epoch)
    settings = load_config(config) if config else None
    told, notes = add_run(history, run, _window(window), Wish(settings, new_epoch, same_epoch))
    return _tell(told, notes, html, lang, kind)


@monitor.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--time", "column", metavar="COLUMN", required=True, help="Column that says when a row came up.")
@click.option("--window", "size", default="1d", show_default=True, help="Length of a window: 12h, 1d, 7d, 2w.")
@click.option(
    "--history", type=click.Path(path_type=Path), required=True, help="The history; begun if it is not there."
)
@click.option("--until", metavar="MOMENT", help="Windows that end by then are complete; default: now, in UTC.")
@click.option("--late-labels", is_flag=True, help="Audit windows again to which labels have come since.")
@click.option(
    "--runs", type=click.Path(path_type=Path), help="Folder for the run folder of each window; default: HISTORY.runs."
)
@new_epoch
@same_epoch
@page
@language
@printed
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def run(
    config: Path,
    column: str,
    size: str,
    history: Path,
    until: str | None,
    late_labels: bool,
    runs: Path | None,
    new_epoch: str,
    same_epoch: bool,
    html: Path | None,
    lang: str | None,
    kind: str,
    quiet: bool,
) -> ExitCode:
    """Cut the table of CONFIG into windows by time, audit each that is complete and not in the history, and add it."""
    from datetime import UTC, datetime

    from audit.config import load_config
    from audit.config.times import length, moment

    _refuse_both(new_epoch, same_epoch)
    settings = load_config(config)
    try:
        span = length(size)
        end = moment(until) if until else datetime.now(UTC).replace(tzinfo=None)
    except ValueError as error:
        raise ConfigError(str(error), where="audit monitor run") from None

    # Only now the heavy imports: a typo in the configuration is told at once.
    from audit.monitoring.add import Wish
    from audit.pipeline.stream import Stream, follow
    from audit.say import say
    from audit.store.progress import Progress

    def tell(window: Window, number: int, of: int) -> None:
        if not quiet:
            say(f"window {number} of {of}: {window.start.isoformat()} ({window.rows:,} rows)", err=True)

    place = runs or history.with_name(f"{history.name}.runs")
    told, notes = follow(
        Stream(settings, column, span, end, late_labels),
        history,
        place,
        Wish(settings, new_epoch, same_epoch),
        Progress(quiet=True),
        tell,
    )
    return _tell(told, notes, html, lang or settings.output.language, kind)


@monitor.command()
@click.argument("history", type=click.Path(path_type=Path))
@page
@language
@printed
def show(history: Path, html: Path | None, lang: str | None, kind: str) -> ExitCode:
    """Say what stands in HISTORY; nothing is added."""
    from audit.pipeline.stream import history_of

    return _tell(history_of(history), [], html, lang, kind)


def _refuse_both(new_epoch: str, same_epoch: bool) -> None:
    if new_epoch and same_epoch:
        raise ConfigError("--new-epoch and --same-epoch contradict each other")


def _window(text: str | None) -> tuple[str, str] | None:
    """Read a day, or a start and an end."""
    from datetime import timedelta

    from audit.config.times import moment, spelled

    if text is None:
        return None
    start, slash, end = text.partition("/")
    try:
        begins = moment(start)
        ends = moment(end) if slash else begins + timedelta(days=1)
    except ValueError as error:
        raise ConfigError(str(error), where="--window") from None
    if not begins < ends:
        raise ConfigError(f"{text!r}: the end is not behind the start", where="--window")
    return spelled(begins), spelled(ends)


def _tell(history: History, notes: list[Note], html: Path | None, lang: str | None, kind: str) -> ExitCode:
    """Print what stands, write the page if one is asked for, and return what that exits with."""
    from audit.monitoring.look import look
    from audit.policy.exits import exit_code
    from audit.report.monitoring import Told
    from audit.report.wording import Catalogue
    from audit.say import say, say_json, say_styled, width_of_output

    found = look(history, notes)
    code = exit_code(found.status, found.on_inconclusive)
    told = Told(found, Catalogue(lang or "en"))
    if html is not None:
        from audit.report.monitoring.page import write_page

        write_page(told, html)
    if kind == "json":
        say_json({**found.model_dump(mode="json", by_alias=True), "exit_code": int(code)})
    elif kind == "markdown":
        say(*told.markdown().split("\n"))
    else:
        say_styled(told.terminal(width_of_output()))
    if html is not None:
        say(told.t("terminal.report", path=html), err=kind != "text")
    return code
