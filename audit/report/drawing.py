"""What a model read, drawn by the kind of its places, with what was attributed to each: for every document.

A text is drawn in its words, a prompt field by field, named values as bars, a picture beside itself with its patches
coloured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from audit.data.examples import Fields
from audit.data.places import Grid
from audit.report.marked import Marked, Piece, heat, marked, marked_within, part_of, plain
from audit.report.pictures import Picture, picture_of
from audit.terms.edits import Replacement, apply_edits, edited_spans

Span = tuple[int, int]


@dataclass(frozen=True)
class Line:
    """A named value within the shown text.

    Attributes
    ----------
    begins, value, end
        Characters where its name begins, where its value begins, and behind it.
    """

    name: str
    begins: int
    value: int
    end: int


@dataclass(frozen=True)
class Kept:
    """What is kept of an example for readers.

    Attributes
    ----------
    text
        What stands in it; of a picture, nothing.
    lines
        Of named values.
    image
        Of a picture, its thumbnail as a file; None where it cannot be shown.
    grid
        Of the patches of pictures; None where no model divided them.
    """

    kind: Literal["text", "fields", "features", "image"]
    text: str
    lines: tuple[Line, ...] = ()
    image: bytes | None = None
    grid: Grid | None = None

    @classmethod
    def of(
        cls,
        read: str | None,
        text: str,
        fields: Sequence[Mapping[str, Any]] | None,
        image: bytes | None,
        grid: Grid | None,
    ) -> Kept:
        """Put together what the run folder holds.

        Parameters
        ----------
        read
            What of a row the model read, as the result says it.
        fields
            `name` and `value` of each, as readers see them.
        """
        if read == "image":
            return cls("image", "", image=image, grid=grid)
        if fields is None or read not in {"fields", "features"}:
            return cls("text", text)
        found = Fields(tuple(one["name"] for one in fields), tuple(one["value"] for one in fields))
        lines = tuple(Line(name, *places) for name, places in zip(found.names, found.lines, strict=True))
        return cls("fields" if read == "fields" else "features", text, lines)

    def edited(self, edits: Sequence[Replacement], image: bytes | None) -> Kept:
        """Return what is shown once values or words were exchanged, or the other picture."""

        def moved(at: int) -> int:
            return at + sum(len(edit.new) - (edit.end - edit.start) for edit in edits if edit.end <= at)

        lines = tuple(Line(one.name, *map(moved, (one.begins, one.value, one.end))) for one in self.lines)
        return replace(self, text=apply_edits(self.text, edits), lines=lines, image=image)


@dataclass(frozen=True)
class FieldLine:
    """A field of a prompt, its words coloured."""

    name: str
    pieces: list[Piece]


@dataclass(frozen=True)
class FeatureRow:
    """A named value and what was attributed to it.

    Attributes
    ----------
    attribution
        None where nothing was explained.
    width
        Length of its bar, as a share of the longest.
    marked
        Whether it was exchanged.
    """

    name: str
    value: str
    attribution: float | None
    width: float
    marked: bool


@dataclass(frozen=True)
class Drawing:
    """What a template draws: one of these, by the kind.

    Attributes
    ----------
    exchanged
        Of a text, itself with what was exchanged marked.
    """

    kind: str
    text: Marked | None = None
    exchanged: list[Piece] | None = None
    fields: tuple[FieldLine, ...] = ()
    features: tuple[FeatureRow, ...] = ()
    picture: Picture | None = None


def draw(
    kept: Kept,
    explanation: Mapping[str, Any] | None = None,
    *,
    column: str = "attributions",
    strongest: float = 0.0,
    place: Span | None = None,
    whole: int | None = None,
    spans: Sequence[Span] | None = None,
) -> Drawing:
    """Draw an example.

    Parameters
    ----------
    explanation
        `starts` and `ends` of its units, and their values in `column`.
    strongest
        What the darkest colour and the longest bar stand for, where that is more than the strongest unit.
    place
        Characters that the decision is about, where that is a part of the text.
    whole
        Characters of a text with a place that is not cut.
    spans
        Characters that were exchanged.
    """
    if kept.kind == "image":
        return Drawing("image", picture=picture_of(kept.image, kept.grid, explanation, column, strongest))
    if kept.kind == "features":
        return Drawing("features", features=_features(kept, explanation, column, strongest, spans or ()))
    pieces = heat(kept.text, explanation, column, strongest) if explanation else plain(kept.text)
    if kept.kind == "fields":
        seen = marked_within(pieces, spans or ())
        lines = (FieldLine(line.name, part_of(seen, line.value, line.end)) for line in kept.lines)
        return Drawing("fields", fields=tuple(lines))
    exchanged = None if spans is None else marked_within(plain(kept.text), spans)
    cut = {} if whole is None else {"whole": whole}
    # Of an exchange that nothing explains, the marked text alone says everything.
    text = None if spans is not None and explanation is None else marked(pieces, place, **cut)
    return Drawing("text", text=text, exchanged=exchanged)


def sides(
    before: Kept,
    edits: Sequence[Replacement],
    image: bytes | None,
    original: Mapping[str, Any] | None,
    exchanged: Mapping[str, Any] | None,
) -> tuple[Drawing, Drawing]:
    """Draw an example and its exchange, with what was exchanged marked, on a scale that both share.

    Parameters
    ----------
    image
        Of a picture, the other one.
    original, exchanged
        Explanations of the two; None where nothing is explained.
    """
    explained = [side for side in (original, exchanged) if side is not None]
    strongest = max((abs(value) for side in explained for value in side["attributions"]), default=0.0)
    after = before.edited(edits, image)
    return (
        draw(before, original, strongest=strongest, spans=[(edit.start, edit.end) for edit in edits]),
        draw(after, exchanged, strongest=strongest, spans=edited_spans(edits)),
    )


def _features(
    kept: Kept, explanation: Mapping[str, Any] | None, column: str, strongest: float, spans: Sequence[Span]
) -> tuple[FeatureRow, ...]:
    """Make a row for each value, the strongest first; in their own order where nothing is explained."""
    found: dict[str, float] = {}
    if explanation is not None:
        for start, value in zip(explanation["starts"], explanation[column], strict=True):
            line = next((line for line in kept.lines if line.begins <= start <= line.end), None)
            if line is not None and math.isfinite(value):
                found[line.name] = found.get(line.name, 0.0) + value
    longest = max(strongest, max(map(abs, found.values()), default=0.0)) or 1.0
    rows = [
        FeatureRow(
            line.name,
            kept.text[line.value : line.end],
            found.get(line.name),
            abs(found.get(line.name, 0.0)) / longest,
            any(start <= line.end and end >= line.value for start, end in spans),
        )
        for line in kept.lines
    ]
    return tuple(sorted(rows, key=lambda row: -row.width))
