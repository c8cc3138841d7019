"""How `audit run` and `audit gate` print what was found: for people, for a CI summary, or for machines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import ExitCode

if TYPE_CHECKING:
    from audit.report.wording import Catalogue
    from audit.result import AuditResult


def print_audit(
    kind: str,
    result: AuditResult,
    language: str | None,
    *,
    run: Path,
    report: Path | None,
    code: ExitCode,
    gate: bool = False,
) -> None:
    """Print an audit.

    Parameters
    ----------
    kind
        `text`, `markdown` or `json`.
    report
        Where its report is; None if there is none of this verdict.
    code
        What the command exits with.
    gate
        Tell every rule, and nothing but rules.
    """
    from audit.report.machine import machine_audit
    from audit.report.markdown import render_markdown
    from audit.report.terminal import tell_audit, tell_judgement
    from audit.report.wording import Catalogue
    from audit.say import say, say_json, say_styled, width_of_output
    from audit.store.runfolder import RunFolder

    words = Catalogue.of(result, language)
    if kind == "json":
        say_json(machine_audit(result, words, run=run, report=report, exit_code=int(code)))
        return
    if kind == "markdown":
        say(*render_markdown(result, words, review=RunFolder(run).read_review()).split("\n"))
    elif gate:
        say_styled(tell_judgement(result, words, width_of_output()))
    else:
        say_styled(tell_audit(result, words, width_of_output(), RunFolder(run).read_review()))
    if report is not None:
        say("", words("terminal.report", path=report), err=kind != "text")
    name_waiting_review(run, words)


def name_waiting_review(run: Path, words: Catalogue) -> None:
    """Say that answers of people lie in a run folder and do not count, where that is so."""
    from audit.pipeline.review_again import waits_for_import
    from audit.say import say
    from audit.store.runfolder import RunFolder

    if waits_for_import(RunFolder(run)):
        say(words("terminal.review_waits", run=run), err=True)
