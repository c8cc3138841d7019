"""Texts as readers see them: coloured by what was attributed to each unit, with what the decision is about marked.

Places are characters of the whole text, as units and decisions have them. A long text is cut after it was taken into
pieces, so that no place moves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Piece = dict[str, Any]
#: Steps of colour on either side of zero.
LEVELS = 5
#: Characters of a text that is shown whole, around what is marked in a longer one, and of a long mark itself.
WHOLE, AROUND, LONGEST_MARK = 900, 280, 400
#: A cut moves by so many characters at most, so that it falls between words.
WORD = 30


@dataclass(frozen=True)
class Part:
    """Pieces of a text that are marked, or not."""

    pieces: list[Piece]
    marked: bool


@dataclass(frozen=True)
class Marked:
    """A text to show.

    Attributes
    ----------
    before, after
        Characters that were cut off.
    share
        How much of all attribution is on these; None where there is none.
    """

    parts: list[Part]
    before: int = 0
    after: int = 0
    share: float | None = None


def heat(
    text: str, explanation: Mapping[str, Any], column: str = "attributions", strongest: float = 0.0
) -> list[Piece]:
    """Cut the text at the places of its units; every piece has its signed attribution and a colour step.

    Pieces between units (spaces) have step 0 and no value. Steps are relative to the strongest unit of the text, or
    to `strongest` if that is more, so that two texts can be compared.
    """
    placed = zip(explanation["starts"], explanation["ends"], explanation[column], strict=True)
    # What is no number, where the model gave none, has no colour.
    units = [(start, end, value) for start, end, value in placed if end > start and math.isfinite(value)]
    strongest = max(strongest, max((abs(value) for _, _, value in units), default=0.0))
    pieces: list[Piece] = []
    at = 0
    for start, end, value in units:
        if start > at:
            pieces.append(_plain(text[at:start]))
        if end > at:
            step = round(LEVELS * value / strongest) if strongest else 0
            pieces.append({"text": text[max(start, at) : end], "step": step, "value": value, "marked": False})
            at = end
    if at < len(text):
        pieces.append(_plain(text[at:]))
    return pieces


def marked(pieces: Sequence[Piece], place: tuple[int, int] | None, whole: int = WHOLE) -> Marked:
    """Mark a place in a text that is taken into pieces, and cut a long text around it.

    Parameters
    ----------
    place
        First character and the one after the last; None marks nothing, and cuts nothing.
    whole
        Characters of a text that is not cut.
    """
    if place is None:
        return Marked([Part(list(pieces), False)])
    start, end = place
    text = "".join(piece["text"] for piece in pieces)
    low, high = 0, len(text)
    if len(text) > whole:
        low = between_words(text, max(0, start - AROUND), -1)
        high = between_words(text, min(len(text), min(end, start + LONGEST_MARK) + AROUND), 1)
    parts = [
        Part(list(_slice(pieces, low, min(start, high))), False),
        Part(list(_slice(pieces, start, min(end, high))), True),
        Part(list(_slice(pieces, end, high)), False),
    ]
    cut = low, len(text) - high
    share = _share_outside(pieces, low, high) if any(cut) else None
    return Marked([part for part in parts if part.pieces], *cut, share)


def marked_within(pieces: Sequence[Piece], spans: Sequence[tuple[int, int]]) -> list[Piece]:
    """Mark some characters of a text that is taken into pieces, as exchanged ones are; nothing is cut.

    Parameters
    ----------
    spans
        Characters, in order, none of them twice.
    """
    out: list[Piece] = []
    at = 0
    for start, end in spans:
        out += _slice(pieces, at, start)
        out += [{**piece, "marked": True} for piece in _slice(pieces, start, end)]
        at = end
    return [*out, *_slice(pieces, at, sum(len(piece["text"]) for piece in pieces))]


def part_of(pieces: Sequence[Piece], start: int, end: int) -> list[Piece]:
    """Take some characters out of a text that is taken into pieces."""
    return list(_slice(pieces, start, end))


def plain(text: str) -> list[Piece]:
    """Take a text as one piece without colour."""
    return [_plain(text)]


def _plain(text: str) -> Piece:
    return {"text": text, "step": 0, "value": None, "marked": False}


def _slice(pieces: Iterable[Piece], low: int, high: int) -> Iterable[Piece]:
    at = 0
    for piece in pieces:
        kept = piece["text"][max(low - at, 0) : max(high - at, 0)]
        at += len(piece["text"])
        if kept:
            yield {**piece, "text": kept}


def between_words(text: str, at: int, way: int) -> int:
    """Move a cut outward to the nearest blank, if there is one close by."""
    for step in range(WORD + 1):
        here = at + way * step
        if here <= 0 or here >= len(text):
            return max(0, min(here, len(text)))
        if text[here - 1 if way < 0 else here].isspace():
            return here
    return at


def _share_outside(pieces: Iterable[Piece], low: int, high: int) -> float | None:
    """Share of all attribution that is on units with no character shown."""
    total = outside = 0.0
    at = 0
    for piece in pieces:
        size, reached = abs(piece["value"] or 0.0), at + len(piece["text"])
        total += size
        outside += size if reached <= low or at >= high else 0.0
        at = reached
    return outside / total if total else None
