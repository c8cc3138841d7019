"""Figures as plain data for the script in the page; objects of Plotly's package took most of a small report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Plain = dict[str, Any]


class Figure:
    """What Plotly's script draws: its traces and its layout, by the names of Plotly's reference.

    Attributes
    ----------
    data
        Traces, in the order in which they are drawn.
    layout
    """

    def __init__(self, *traces: Plain) -> None:
        self.data = list(traces)
        self.layout: Plain = {}

    def add(self, trace: Plain) -> None:
        """Draw one more trace, above those before."""
        self.data.append(trace)

    def add_vertical(self, x: float, line: Plain) -> None:
        """Draw a line from the bottom to the top of the plot."""
        self._add_shape({"line": line, "type": "line", "x0": x, "x1": x, "xref": "x", "y0": 0, "y1": 1,
                         "yref": "y domain"})  # fmt: skip

    def add_horizontal(self, y: float, line: Plain) -> None:
        """Draw a line from the left to the right of the plot."""
        self._add_shape({"line": line, "type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": y, "y1": y,
                         "yref": "y"})  # fmt: skip

    def say(self, **properties: Any) -> None:
        """Set properties of every trace."""
        for trace in self.data:
            trace.update(properties)

    def lay_out(self, **parts: Any) -> None:
        """Set parts of the layout; what an axis already says and is not set stays."""
        for name, part in parts.items():
            known = self.layout.get(name)
            self.layout[name] = {**known, **part} if isinstance(known, dict) and isinstance(part, dict) else part

    def plain(self) -> Plain:
        """Return data and layout as JSON can hold them: what is no number is left open."""
        found: Plain = _plain({"data": self.data, "layout": self.layout})
        return found

    def _add_shape(self, shape: Plain) -> None:
        self.layout.setdefault("shapes", []).append(shape)


def scatter(**properties: Any) -> Plain:
    """A trace of points or lines."""
    return {**properties, "type": "scatter"}


def bar(**properties: Any) -> Plain:
    """A trace of bars."""
    return {**properties, "type": "bar"}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        # As Plotly's own objects do, which know no property without a value.
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
