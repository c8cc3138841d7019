"""Figures in the colours of the light theme; the page swaps them for those of the theme in force."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from audit.report.figures import Figure, bar, scatter
from audit.report.wording import chart_text

#: After Okabe and Ito, in the order series take them. `page.js` knows which CSS variable each stands for.
SERIES = ["#0072b2", "#d98200", "#008a63", "#b5588f", "#3f9fd8", "#c94f00", "#7b8794"]
MUTED = "#8c98a4"
#: What the style sheet calls each.
COLOUR_NAMES = dict(
    zip([*SERIES, MUTED], ("blue", "orange", "green", "purple", "sky", "vermillion", "grey", "muted"), strict=True)
)
#: Pixels of a row on a screen, where it may be touched, and on paper, where a tall chart leaves half a page empty.
ROW_HEIGHT, ROW_ON_PAPER = 34, 20


@dataclass
class Chart:
    """A figure with what those who cannot see it are told."""

    figure: Figure
    label: str
    height: int
    id: str = ""
    #: What its series are called, each with the name of its colour: drawn by the page, where it wraps as text does.
    legend: tuple[tuple[str, str], ...] = ()
    #: Its height on paper, where that is another one.
    on_paper: int | None = None

    def json(self) -> dict[str, Any]:
        """Return the figure as plain data."""
        return {**self.figure.plain(), "height": self.height, "on_paper": self.on_paper or self.height}


def dots(
    label: str,
    groups: Sequence[str],
    values: Sequence[float | None],
    bounds: Sequence[tuple[float | None, float | None]],
    muted: Sequence[bool],
    reference: float | None,
) -> Chart:
    """One metric of every group as a dot with its interval; `reference` is drawn as a line."""
    names = _distinct(groups)
    figure = Figure(
        scatter(
            x=list(values),
            y=names,
            mode="markers",
            cliponaxis=False,
            marker={"size": 10, "color": [MUTED if grey else SERIES[0] for grey in muted]},
            error_x=_whiskers(values, bounds),
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    if reference is not None:
        figure.add_vertical(reference, line={"color": MUTED, "width": 1, "dash": "dot"})
    _layout(figure, names)
    return _of_rows(figure, label, names)


def dumbbells(
    label: str, names: Sequence[str], lows: Sequence[float], highs: Sequence[float], hovers: Sequence[tuple[str, str]]
) -> Chart:
    """The lowest and the highest group of every metric, joined by a line as long as the gap."""
    rows = _distinct(names)
    figure = Figure()
    for row, low, high in zip(rows, lows, highs, strict=True):
        figure.add(
            scatter(x=[low, high], y=[row, row], mode="lines", line={"color": MUTED, "width": 3}, hoverinfo="skip")
        )
    for end, values, colour, symbol in ((0, lows, SERIES[1], "diamond"), (1, highs, SERIES[0], "circle")):
        figure.add(
            scatter(
                x=list(values),
                y=rows,
                mode="markers",
                cliponaxis=False,
                marker={"size": 11, "color": colour, "symbol": symbol},
                text=[chart_text(pair[end], 40) for pair in hovers],
                hovertemplate="%{text}: %{x:.1%}<extra></extra>",
            )
        )
    _layout(figure, rows)
    return _of_rows(figure, label, rows)


def forest(
    label: str,
    names: Sequence[str],
    values: Sequence[float],
    bounds: Sequence[tuple[float | None, float | None]],
    limits: Sequence[Sequence[float]],
) -> Chart:
    """Gaps with their bounds, and upright marks at the limits that rules set each."""
    rows = _distinct(names)
    figure = Figure(
        scatter(
            x=list(values),
            y=rows,
            mode="markers",
            cliponaxis=False,
            marker={"size": 10, "color": SERIES[0], "symbol": "square"},
            error_x=_whiskers(values, bounds),
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    marks = [(limit, row) for row, of_row in zip(rows, limits, strict=True) for limit in of_row]
    if marks:
        figure.add(
            scatter(
                x=[limit for limit, _ in marks],
                y=[row for _, row in marks],
                mode="markers",
                marker={"symbol": "line-ns", "size": 22, "line": {"width": 3, "color": SERIES[5]}},
                hovertemplate="%{x:.1%}<extra></extra>",
            )
        )
    _layout(figure, rows)
    return _of_rows(figure, label, rows)


def stacked_bars(
    label: str, groups: Sequence[str], series: Mapping[str, Sequence[int | None]], colours: Sequence[str] = SERIES
) -> Chart:
    """Counts per group, stacked by series, of which there are no more than colours."""
    names = _distinct(groups)
    figure = Figure()
    painted = list(zip(series.items(), colours, strict=False))
    if len(painted) < len(series):
        raise ValueError(f"{len(series)} series in {len(colours)} colours could not be told apart")
    for (name, counts), colour in painted:
        figure.add(
            bar(
                x=list(counts),
                y=names,
                orientation="h",
                name=chart_text(name),
                marker={"color": colour},
                hovertemplate="%{y}: %{x:,}<extra>%{fullData.name}</extra>",
            )
        )
    _layout(figure, names)
    figure.lay_out(barmode="stack", bargap=0.35, xaxis={"tickformat": ",d"})
    legend = tuple((name, COLOUR_NAMES[colour]) for (name, _), colour in painted)
    return _of_rows(figure, label, names, legend)


def histogram(label: str, edges: Sequence[float], counts: Sequence[int], x: str, y: str, limit: float) -> Chart:
    """Counts in bins, with a line at the limit."""
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    widths = [high - low for low, high in pairwise(edges)]
    figure = Figure(
        bar(
            x=middles,
            y=list(counts),
            width=widths,
            marker={"color": SERIES[0]},
            hovertemplate="%{x:.1%}: %{y}<extra></extra>",
        )
    )
    figure.add_vertical(limit, line={"color": SERIES[5], "width": 2, "dash": "dash"})
    figure.lay_out(
        margin={"l": 50, "r": 16, "t": 8, "b": 44}, showlegend=False, bargap=0.05,
        xaxis={"tickformat": ".0%", "title": {"text": chart_text(x, 80)}}, yaxis={"title": {"text": chart_text(y)}},
    )  # fmt: skip
    return Chart(figure, label, 220)


def changes(
    label: str,
    names: Sequence[str],
    values: Sequence[float | None],
    bounds: Sequence[tuple[float | None, float | None]],
    *,
    share: bool = True,
) -> Chart:
    """Changes with their intervals, around a line at zero; in percent if they are of shares."""
    rows = _distinct(names)
    figure = Figure(
        scatter(
            x=list(values),
            y=rows,
            mode="markers",
            cliponaxis=False,
            marker={"size": 10, "color": SERIES[0]},
            error_x=_whiskers(values, bounds),
            hovertemplate=f"%{{y}}: %{{x:{'+.1%' if share else '+.3f'}}}<extra></extra>",
        )
    )
    figure.add_vertical(0, line={"color": MUTED, "width": 1})
    _layout(figure, rows)
    figure.lay_out(xaxis={"tickformat": "+.0%" if share else "+.3~f", "rangemode": "normal"})
    return _of_rows(figure, label, rows)


def parts(
    label: str,
    names: Sequence[str],
    values: Sequence[float],
    bounds: Sequence[tuple[float | None, float | None]],
) -> Chart:
    """Parts of a whole as bars on either side of zero, with intervals where there are any."""
    rows = _distinct(names)
    figure = Figure(
        bar(
            x=list(values),
            y=rows,
            orientation="h",
            marker={"color": [SERIES[0] if value > 0 else SERIES[1] for value in values]},
            error_x=_whiskers(values, bounds),
            hovertemplate="%{y}: %{x:+.4f}<extra></extra>",
        )
    )
    figure.add_vertical(0, line={"color": MUTED, "width": 1})
    _layout(figure, rows)
    figure.lay_out(xaxis={"tickformat": "+.3~g", "rangemode": "normal", "nticks": 5}, bargap=0.4)
    return _of_rows(figure, label, rows)


def amounts(
    label: str,
    names: Sequence[str],
    values: Sequence[float],
    bounds: Sequence[tuple[float | None, float | None]],
    *,
    signs: bool = False,
) -> Chart:
    """Numbers of any size with their intervals; around a line at zero, where they may be on either side of it."""
    rows = _distinct(names)
    figure = Figure(
        scatter(
            x=list(values),
            y=rows,
            mode="markers",
            cliponaxis=False,
            marker={"size": 10, "color": SERIES[0]},
            error_x=_whiskers(values, bounds),
            hovertemplate=f"%{{y}}: %{{x:{'+' if signs else ''},.1~f}}<extra></extra>",
        )
    )
    if signs:
        figure.add_vertical(0, line={"color": MUTED, "width": 1})
    _layout(figure, rows)
    figure.lay_out(
        xaxis={"tickformat": "+,.2~f" if signs else ",.2~f", "rangemode": "normal" if signs else "tozero", "nticks": 5}
    )
    return _of_rows(figure, label, rows)


def lines(
    label: str,
    x: str,
    y: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    diagonal: bool = False,
    markers: bool = False,
    x_percent: bool = True,
) -> Chart:
    """One curve per group; the diagonal is where x equals y."""
    figure = Figure()
    if diagonal:
        figure.add(
            scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": MUTED, "width": 1, "dash": "dot"},
                       hoverinfo="skip", showlegend=False)
        )  # fmt: skip
    dashes = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")
    for number, (name, points) in enumerate(series.items()):
        colour = SERIES[number % len(SERIES)]
        figure.add(
            scatter(
                x=[point[0] for point in points],
                y=[point[1] for point in points],
                mode="lines+markers" if markers else "lines",
                name=chart_text(name, 40),
                line={"color": colour, "width": 2.2, "dash": dashes[number % len(dashes)]},
                marker={"size": 7, "color": colour},
                hovertemplate="%{x:.1%}, %{y:.1%}" if x_percent else "%{x:.2f}: %{y:.1%}",
            )
        )
    figure.lay_out(
        margin={"l": 8, "r": 16, "t": 8, "b": 44}, showlegend=len(series) > 1,
        legend={"orientation": "h", "y": -0.28, "yanchor": "top", "x": 0},
        xaxis={"tickformat": ".0%" if x_percent else ".2f", "title": {"text": chart_text(x, 60)}, "zeroline": False},
        yaxis={"tickformat": ".0%", "title": {"text": chart_text(y, 40), "standoff": 10},
               "rangemode": "tozero", "zeroline": False, "automargin": True},
    )  # fmt: skip
    return Chart(figure, label, 340 + 18 * (len(series) // 2))


def course(
    label: str,
    at: Sequence[str],
    values: Sequence[float | None],
    bounds: Sequence[tuple[float, float]],
    limits: Sequence[float],
    *,
    signed: bool,
) -> Chart:
    """A gap or a rate over time: a dot for each window, its bounds as they came to be, and limits as lines.

    Parameters
    ----------
    at
        Start of each window, as ISO 8601.
    signed
        Whether limits hold on either side of zero, where a line is drawn.
    """
    figure = Figure()
    for side in (0, 1):
        figure.add(
            scatter(
                x=list(at), y=[pair[side] for pair in bounds], mode="lines", hoverinfo="skip",
                line={"color": SERIES[4], "width": 1.6, "shape": "hv"},
            )
        )  # fmt: skip
    figure.add(
        scatter(
            x=list(at), y=list(values), mode="markers", marker={"size": 5, "color": SERIES[0]},
            hovertemplate="%{x}: %{y:.1%}<extra></extra>",
        )
    )  # fmt: skip
    for limit in limits:
        for line in (limit, -limit) if signed else (limit,):
            figure.add_horizontal(line, line={"color": SERIES[5], "width": 1.6, "dash": "dash"})
    if signed:
        figure.add_horizontal(0, line={"color": MUTED, "width": 1})
    # What was not bounded yet would flatten all the rest.
    seen = [value for value in values if value is not None]
    last = bounds[-1] if bounds else (0.0, 0.0)
    ends = [*seen, *limits, *(-limit for limit in limits if signed), *(b for b in last if abs(b) < 1)]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    room = 0.08 * (high - low) or 0.05
    figure.lay_out(
        margin={"l": 8, "r": 16, "t": 8, "b": 36},
        showlegend=False,
        xaxis={"type": "date", "tickformat": "%Y-%m-%d", "nticks": 3, "tickangle": 0, "automargin": True},
        yaxis={"tickformat": ".1~%", "range": [low - room, high + room], "automargin": True, "zeroline": False},
    )
    return Chart(figure, label, 240)


def roc(label: str, x: str, y: str, chance: str, series: Mapping[str, Sequence[tuple[float, float]]]) -> Chart:
    """True positive rates over false positive rates, on two scales of powers of ten; `chance` names the diagonal."""
    smallest = min((point[0] for points in series.values() for point in points), default=0.01)
    power = min(math.floor(math.log10(smallest) + 1e-9), -1)
    figure = Figure(
        scatter(x=[10**power, 1], y=[10**power, 1], mode="lines", line={"color": MUTED, "width": 1, "dash": "dot"},
                   hoverinfo="skip", showlegend=False)
    )  # fmt: skip
    legend = [(chance, COLOUR_NAMES[MUTED])]
    dashes = ("solid", "dash", "dot", "dashdot")
    for number, (name, points) in enumerate(series.items()):
        colour = SERIES[number % len(SERIES)]
        # Where nobody is named there is no power of ten.
        seen = [point for point in points if point[1] > 0]
        figure.add(
            scatter(
                x=[point[0] for point in seen], y=[point[1] for point in seen], mode="lines",
                name=chart_text(name, 40), line={"color": colour, "width": 2.2, "dash": dashes[number % len(dashes)]},
                hovertemplate="%{x:.2%}, %{y:.2%}<extra>%{fullData.name}</extra>",
            )
        )  # fmt: skip
        legend.append((name, COLOUR_NAMES[colour]))
    ticks = [10**at for at in range(power, 1)]
    names = [f"{100 * one:g}\u00a0%" for one in ticks]
    axis = {"type": "log", "range": [power, 0.02], "tickvals": ticks, "ticktext": names, "zeroline": False}
    figure.lay_out(
        margin={"l": 8, "r": 16, "t": 8, "b": 44}, showlegend=False,
        xaxis={**axis, "title": {"text": chart_text(x, 60)}},
        yaxis={**axis, "title": {"text": chart_text(y, 40), "standoff": 10}, "automargin": True},
    )  # fmt: skip
    return Chart(figure, label, 340, legend=tuple(legend))


def _distinct(names: Sequence[str]) -> list[str]:
    """Wrap labels for the axis; Plotly takes equal ones for the same row, so equal ones get numbers."""
    out: list[str] = []
    for name in names:
        text = chart_text(name)
        out.append(f"{text} ({out.count(text) + 1})" if text in out else text)
    return out


def _whiskers(values: Sequence[float | None], bounds: Sequence[tuple[float | None, float | None]]) -> dict[str, Any]:
    """Bars from each value to its bounds."""
    upper = [_distance(high, value) for value, (_, high) in zip(values, bounds, strict=True)]
    lower = [_distance(value, low) for value, (low, _) in zip(values, bounds, strict=True)]
    return {"type": "data", "array": upper, "arrayminus": lower, "thickness": 1.6, "width": 4, "color": MUTED}


def _distance(high: float | None, low: float | None) -> float:
    return 0.0 if high is None or low is None else max(high - low, 0.0)


def _of_rows(figure: Figure, label: str, names: Sequence[str], legend: tuple[tuple[str, str], ...] = ()) -> Chart:
    """A chart with a row per name, high enough for names of several lines."""
    lines = max((name.count("<br>") + 1 for name in names), default=1)
    screen, paper = (48 + max(row, 15 * lines) * len(names) for row in (ROW_HEIGHT, ROW_ON_PAPER))
    return Chart(figure, label, screen, legend=legend, on_paper=paper)


def _layout(figure: Figure, names: Sequence[str]) -> None:
    figure.lay_out(
        margin={"l": 8, "r": 16, "t": 8, "b": 36},
        showlegend=False,
        xaxis={
            "tickformat": ".0%",
            "rangemode": "tozero",
            "automargin": True,
            "zeroline": False,
            "nticks": 6,
            "tickangle": 0,
        },
        # A range of its own: Plotly leaves the more room the more rows there are.
        yaxis={"range": [len(names) - 0.5, -0.5], "automargin": True, "type": "category", "showgrid": False},
    )
