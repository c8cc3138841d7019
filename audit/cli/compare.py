"""`audit compare`."""

from __future__ import annotations

import math
from pathlib import Path

import click

from audit.cli.options import language, printed
from audit.errors import ConfigError


@click.command()
@click.argument("baseline", type=click.Path(path_type=Path))
@click.argument("candidate", type=click.Path(path_type=Path))
@click.option("--other-rows", is_flag=True, help="The two are of other rows: compare as independent samples.")
@click.option(
    "--margin",
    type=click.FloatRange(0, 1),
    default=0.02,
    show_default=True,
    help="Changes shown to be smaller than this count as equivalent.",
)
@language
@printed
def compare(baseline: Path, candidate: Path, other_rows: bool, margin: float, lang: str | None, kind: str) -> None:
    """Compare the run folder CANDIDATE with BASELINE, a run folder or a baseline file.

    Shows what changed in which group, with intervals; what was shown to be the same within the margin; which decisions
    flipped in which group, and which way; which gaps widened or narrowed; and, where both runs explained the same rows,
    whether the reasons stayed. It judges nothing: audit gate --baseline does.
    """
    if math.isnan(margin):  # click's range lets it through: it is neither below nor above anything
        raise ConfigError("--margin is no number", hint="give one from 0 to 1")
    from audit.pipeline.calls import compare as compare_runs
    from audit.pipeline.calls import open_run
    from audit.report.markdown import render_comparison
    from audit.report.terminal import tell_comparison
    from audit.report.wording import Catalogue
    from audit.say import say, say_json, say_styled, width_of_output

    opened = open_run(candidate)
    found = compare_runs(baseline, opened, other_rows=other_rows)
    words = Catalogue.of(opened.result, lang)
    if kind == "json":
        say_json(found.model_dump(mode="json", by_alias=True))
    elif kind == "markdown":
        say(*render_comparison(found, words, margin))
    else:
        say_styled(tell_comparison(found, words, margin, width_of_output()))
