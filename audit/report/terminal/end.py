"""The end of what `audit run` prints: where the time went, and the command to type next."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from audit.report.wording import Catalogue
from audit.result import AuditResult

#: Stages that are named, the longest first, and the share of the whole time from which on one is.
MOST_STAGES, LEAST_SHARE = 3, 0.05


def tell_time(result: AuditResult, t: Catalogue, seconds: float) -> str:
    """Say how long it took, and which stages took most of it.

    Parameters
    ----------
    seconds
        From the command to its end, start-up and documents included. Where the stages took longer than that, the audit
        was finished earlier, and they are left out.
    """
    stages = sorted(result.timings.seconds.items(), key=lambda item: -item[1])
    named = [(name, took) for name, took in stages[:MOST_STAGES] if took >= max(LEAST_SHARE * seconds, 0.05)]
    if not named or sum(took for _, took in stages) > seconds:
        return t("terminal.time", total=_duration(seconds, t))
    told = [t("terminal.time.stage", stage=_stage(name, t), seconds=_duration(took, t)) for name, took in named]
    return t("terminal.time.of", total=_duration(seconds, t), stages=t.listed(told))


def _stage(name: str, t: Catalogue) -> str:
    """Name a stage; every probe is one of its own."""
    kind, _, of = name.partition(": ")
    return t(f"terminal.stage.{kind}", name=of) if of else t(f"terminal.stage.{kind}")


def tell_next(result: AuditResult, t: Catalogue, *, run: Path, config: Path, compared: bool) -> str:
    """Name one command that goes on from here, ready to be typed.

    Parameters
    ----------
    run, config
        The run folder, and the configuration that was run.
    compared
        Whether there was a baseline.
    """
    status = result.judgement.status if result.judgement else None
    examples = [example.row_id for finding in result.findings.items for example in finding.examples]
    if status == "fail" and examples and result.model is not None:
        return _next("explain", ["explain", str(run), "--row", examples[0], "--config", str(config)], t)
    if status == "pass" and not compared:
        return _next("baseline", ["gate", str(run), "--save-baseline", "baseline.json"], t)
    return _next("view", ["view", str(run)], t)


def _next(why: str, arguments: list[str], t: Catalogue) -> str:
    quoted = subprocess.list2cmdline if os.name == "nt" else shlex.join
    return t("terminal.next", command=quoted(["audit", *arguments]), why=t(f"terminal.next.{why}"))


def _duration(seconds: float, t: Catalogue) -> str:
    if seconds >= 120:
        return t("terminal.minutes", n=f"{seconds / 60:,.0f}")
    return t("terminal.seconds", n=f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}")
