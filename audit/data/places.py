"""What a unit is called, by its place: the word that stands there, the field that it is, or the part of the picture.

A place is a first and a last number, the latter excluded: of texts and fields, characters of the shown text
(`audit.data.examples.joined`); of images, cells of the grid that a model's patches make, counted from 0 line by line.
"""

from __future__ import annotations

from collections.abc import Sequence

from audit.data.examples import Example, Fields, Image, joined, plain
from audit.personal import find_personal
from audit.personal.masking import LABELS

#: Rows and columns of patches.
Grid = tuple[int, int]
_ROWS, _COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")


def called(example: Example, places: Sequence[tuple[int, int]], grid: Grid | None = None) -> list[str]:
    """Name what stands at some places of an example, so that the same in two examples has the same name.

    A word is lower-cased; a whole field is its name, whatever its value; a patch is the ninth of the picture that its
    middle is in. A word of personal data is called by its kind, `[e-mail]`: names are counted and told, values are not.
    """
    found = plain(example)
    if isinstance(found, Image):
        return [_ninth(start, grid) for start, _ in places]
    text = joined(example)
    if isinstance(found, Fields):
        whole = {first: name for name, (first, _, _) in zip(found.names, found.lines, strict=True)}
        words = _words(text, places)
        return [whole.get(start, word) for (start, _), word in zip(places, words, strict=True)]
    return _words(text, places)


def _words(text: str, places: Sequence[tuple[int, int]]) -> list[str]:
    found = find_personal(text)
    kinds = (next((f.kind for f in found if f.start < end and start < f.end), None) for start, end in places)
    return [
        f"[{LABELS[kind]}]" if kind else text[start:end].strip().lower()
        for (start, end), kind in zip(places, kinds, strict=True)
    ]


def field_of(example: Example, start: int) -> str | None:
    """Name the field that a place is in; None in an example without fields."""
    found = plain(example)
    return found.field_at(start) if isinstance(found, Fields) else None


def box(start: int, grid: Grid) -> tuple[float, float, float, float]:
    """Where a patch is: left, top, width and height, as shares of the picture."""
    rows, columns = grid
    row, column = divmod(start, columns)
    return column / columns, row / rows, 1 / columns, 1 / rows


def _ninth(start: int, grid: Grid | None) -> str:
    if grid is None:
        raise ValueError("places of an image need the grid of its patches")
    left, top, width, height = box(start, grid)
    row, column = int(3 * (top + height / 2)), int(3 * (left + width / 2))
    return "centre" if row == column == 1 else f"{_ROWS[row]} {_COLUMNS[column]}"
