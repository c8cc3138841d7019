"""A picture and its patches: which colour each has, and where the strongest ones are."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.data.places import Grid, box
from audit.report.marked import LEVELS

#: Patches that are numbered in a picture and told in its table.
MOST_NUMBERED = 5
#: A patch that carries less than this share of the strongest one is not numbered.
LEAST_NUMBERED = 0.2
#: How a file of each kind begins.
_KINDS = ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"))


@dataclass(frozen=True)
class Patch:
    """A numbered patch.

    Attributes
    ----------
    row, column
        Counted from 1.
    across, down
        Its middle, in patches from the left and from the top.
    """

    number: int
    row: int
    column: int
    across: float
    down: float
    value: float


@dataclass(frozen=True)
class Picture:
    """A picture to show.

    Attributes
    ----------
    source
        The thumbnail as an address that holds it; None where it could not be decoded.
    rows, columns
        Of patches; 0 where nothing is explained.
    colours
        Step of colour -> the outline of all patches that have it, as the path of an SVG.
    strongest
        Patches that carry most, the strongest first, none beside another that pulls the same way.
    """

    source: str | None
    rows: int
    columns: int
    colours: dict[str, str]
    strongest: tuple[Patch, ...]


def picture_of(
    image: bytes | None,
    grid: Grid | None,
    explanation: Mapping[str, Any] | None,
    column: str = "attributions",
    strongest: float = 0.0,
) -> Picture:
    """Colour the patches of a picture by what was attributed to them.

    Parameters
    ----------
    explanation
        `starts`, the cells of the grid, and their values in `column`; None where nothing is explained.
    strongest
        What the strongest colour stands for, where that is more than the strongest patch.
    """
    source = None if image is None else address(image)
    if explanation is None or grid is None:
        return Picture(source, 0, 0, {}, ())
    rows, columns = grid
    placed = zip(explanation["starts"], explanation[column], strict=True)
    cells = [(int(cell), float(value)) for cell, value in placed if math.isfinite(value)]
    most = max((abs(value) for _, value in cells), default=0.0)
    scale = max(strongest, most)
    outlines: dict[str, list[str]] = {}
    for cell, value in cells:
        step = round(LEVELS * value / scale) if scale else 0
        if step:
            row, at = divmod(cell, columns)
            outlines.setdefault(f"{'p' if step > 0 else 'n'}{abs(step)}", []).append(f"M{at} {row}h1v1h-1z")
    patches = []
    for number, (cell, value) in enumerate(_peaks(cells, columns, LEAST_NUMBERED * most), start=1):
        left, top, width, height = box(cell, grid)
        row, at = divmod(cell, columns)
        across, down = (left + width / 2) * columns, (top + height / 2) * rows
        patches.append(Patch(number, row + 1, at + 1, across, down, value))
    colours = {name: "".join(outlines[name]) for name in sorted(outlines)}
    return Picture(source, rows, columns, colours, tuple(patches))


def _peaks(cells: list[tuple[int, float]], columns: int, least: float) -> list[tuple[int, float]]:
    """Choose the strongest patches, none of them beside another one that pulls the same way."""
    chosen: list[tuple[int, float]] = []
    for cell, value in sorted(cells, key=lambda item: -abs(item[1])):
        if len(chosen) == MOST_NUMBERED or not abs(value) >= least > 0:
            break
        row, at = divmod(cell, columns)
        beside = (
            max(abs(row - other // columns), abs(at - other % columns)) < 2 and value * carried > 0
            for other, carried in chosen
        )
        if not any(beside):
            chosen.append((cell, value))
    return chosen


def address(image: bytes) -> str | None:
    """Return an address that holds a thumbnail itself; None for what is none, which no page must be given."""
    kind = next((kind for begins, kind in _KINDS if image.startswith(begins)), None)
    return None if kind is None else f"data:{kind};base64,{base64.b64encode(image).decode('ascii')}"
