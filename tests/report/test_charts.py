"""Figures are written as plain data: Plotly knows every property of them, and would write them no other way."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import pytest

from audit.report import charts
from audit.report.charts import Chart

NAMES, VALUES = ["women <b>", "men", "men"], [0.2, None, 0.7]
NUMBERS, BOUNDS = [0.2, -0.1, 0.7], [(0.1, 0.3), (None, None), (0.6, 0.8)]
CURVES = {"women": [(0.001, 0.2), (1.0, 1.0)], "men": [(0.01, 0.0), (0.5, 0.9)]}
CHARTS: dict[str, Callable[[], Chart]] = {
    "dots": lambda: charts.dots("l", NAMES, VALUES, BOUNDS, [True, False, False], 0.5),
    "dots without a reference": lambda: charts.dots("l", NAMES, VALUES, BOUNDS, [True, False, False], None),
    "dumbbells": lambda: charts.dumbbells("l", NAMES[:1], [0.1], [0.4], [("women", "men")]),
    "forest": lambda: charts.forest("l", NAMES, NUMBERS, BOUNDS, [[0.1], [], [0.1, -0.1]]),
    "stacked bars": lambda: charts.stacked_bars("l", NAMES, {"yes": [1, None, 3], "no": [4, 5, 6]}),
    "histogram": lambda: charts.histogram("l", [0.0, 0.5, 1.0], [3, 4], "share", "rows", 0.4),
    "changes": lambda: charts.changes("l", NAMES, VALUES, BOUNDS),
    "changes of numbers": lambda: charts.changes("l", NAMES, VALUES, BOUNDS, share=False),
    "parts": lambda: charts.parts("l", NAMES, NUMBERS, BOUNDS),
    "amounts": lambda: charts.amounts("l", NAMES, VALUES, BOUNDS),
    "amounts on either side": lambda: charts.amounts("l", NAMES, VALUES, BOUNDS, signs=True),
    "lines": lambda: charts.lines("l", "x", "y", CURVES, diagonal=True, markers=True),
    "lines over numbers": lambda: charts.lines("l", "x", "y", CURVES, x_percent=False),
    "course": lambda: charts.course(
        "l", ["2026-01-01", "2026-02-01"], [0.1, None], [(-1.0, 1.0), (0.0, 0.2)], [0.1], signed=True
    ),
    "roc": lambda: charts.roc("l", "x", "y", "chance", CURVES),
}


def of_plotly(plain: dict[str, Any]) -> dict[str, Any]:
    """What Plotly makes of a figure; it raises where it does not know a property or a value."""
    figure = go.Figure(plain["data"], {**plain["layout"], "template": None})
    made: dict[str, Any] = json.loads(figure.to_json())
    made["layout"].pop("template", None)
    return made


@pytest.mark.parametrize("name", CHARTS)
def test_plotly_writes_the_same(name: str) -> None:
    chart = CHARTS[name]()
    plain = chart.json()
    assert (plain.pop("height"), plain.pop("on_paper")) == (chart.height, chart.on_paper or chart.height)
    assert json.loads(json.dumps(plain, allow_nan=False)) == of_plotly(plain)


@pytest.mark.parametrize("wrong", [{"mode": "dotted"}, {"hovertemplates": "x"}, {"marker": {"symbol": "no such"}}])
def test_what_plotly_does_not_know_is_found(wrong: dict[str, Any]) -> None:
    chart = CHARTS["dots"]()
    chart.figure.say(**wrong)
    with pytest.raises(ValueError, match=r"[Ii]nvalid"):
        of_plotly(chart.json())


def test_parts_of_a_layout_add_up_and_what_is_no_number_is_left_open() -> None:
    chart = charts.changes("l", ["a"], [math.nan], [(0.1, math.inf)])
    chart.figure.lay_out(xaxis={"nticks": 3}, bargap=0.1)
    plain = chart.json()
    assert plain["layout"]["xaxis"]["nticks"] == 3
    assert plain["layout"]["xaxis"]["automargin"] is True
    assert plain["layout"]["bargap"] == 0.1
    assert plain["data"][0]["x"] == [None]
    assert "NaN" not in json.dumps(plain)


def test_lines_lie_where_plotly_draws_them() -> None:
    chart = CHARTS["course"]()
    chart.figure.add_vertical(3, {"width": 1})
    figure = go.Figure()
    for limit in (0.1, -0.1):
        figure.add_hline(y=limit, line={"color": charts.SERIES[5], "width": 1.6, "dash": "dash"})
    figure.add_hline(y=0, line={"color": charts.MUTED, "width": 1})
    figure.add_vline(x=3, line={"width": 1})
    assert chart.json()["layout"]["shapes"] == json.loads(figure.to_json())["layout"]["shapes"]
