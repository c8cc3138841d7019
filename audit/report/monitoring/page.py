"""The page of a history: charts over time in the look of the report, offline, with every number in a table."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from audit.report.charts import COLOUR_NAMES, SERIES, Chart, course
from audit.report.html import (
    PAGE_WORDS,
    content_security_policy,
    page_environment,
    page_script,
    page_style,
    plotly_bundle,
    template_file,
)
from audit.report.monitoring import ICONS, Block, Told
from audit.result.monitoring import Series
from audit.store.files import write_text

#: Charts of one part: those that changed, and then the widest.
MOST_CHARTS = 8


def write_page(told: Told, path: Path) -> None:
    """Render the page, and write it whole or not at all."""
    write_text(path, render_page(told))


def render_page(told: Told) -> str:
    """Render the page."""
    t, blocks = told.t, told.blocks()
    charts: dict[str, Chart] = {}
    shown = [(block, _charts(told, block, charts)) for block in blocks]
    scripts = [template_file("page/early.js"), page_script()]
    plotly = plotly_bundle() if charts else None
    return (
        page_environment()
        .get_template("monitoring.html.j2")
        .render(
            m=told.found,
            t=t,
            told=told,
            icon=ICONS[told.found.status],
            blocks=shown,
            style=page_style(),
            scripts=[Markup(script) for script in scripts],  # noqa: S704
            plotly=Markup(plotly[0]) if plotly else None,  # noqa: S704
            policy=content_security_policy([*scripts, *([plotly[1]] if plotly else [])]),
            charts={chart.id: chart.json() for chart in charts.values()},
            words={
                code: t(f"page.{code}", **{name: f"{{{name}}}" for name in names}) for code, names in PAGE_WORDS.items()
            },
        )
    )


def _charts(told: Told, block: Block, charts: dict[str, Chart]) -> list[Chart]:
    made = []
    for one in block.series[:MOST_CHARTS]:
        if len(one.points) > 1:
            chart = _chart(told, one)
            chart.id = f"chart-{len(charts) + 1}"
            charts[chart.id] = chart
            made.append(chart)
    return made


def _chart(told: Told, one: Series) -> Chart:
    t = told.t
    chart = course(
        told.words.of_series(one),
        [point.at for point in one.points],
        [point.value for point in one.points],
        [(point.lower, point.upper) for point in one.points],
        one.limits,
        signed=one.kind == "gap",
    )
    names = [("monitor.legend.window", SERIES[0]), ("monitor.legend.bounds", SERIES[4])]
    names += [("monitor.legend.limit", SERIES[5])] if one.limits else []
    chart.legend = tuple((t(code), COLOUR_NAMES[colour]) for code, colour in names)
    return chart
