"""Examples with edits made in them, whatever a model is given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from audit.data.examples import Asked, Example, Fields, Image, Plain, Words
from audit.terms.edits import Replacement, apply_edits


def edited(example: Example, edits: Sequence[Replacement]) -> Example:
    """Make edits in an example; places are those of its one text (`audit.data.examples.joined`).

    The decision that is meant stays the same: of words, the one that stands where it stood.
    """
    if isinstance(example, Asked):
        position = example.position
        if position is not None and isinstance(example.example, Words):
            position = _place(example.example, edits, position)
        return replace(example, example=_edited(example.example, edits), position=position)
    return _edited(example, edits)


def _edited(example: Plain, edits: Sequence[Replacement]) -> Plain:
    if isinstance(example, str):
        return apply_edits(example, edits)
    if isinstance(example, Words):
        return _words(example, edits)
    if isinstance(example, Image):
        raise TypeError("an image holds no text to edit")
    if isinstance(example, Fields):
        return _fields(example, edits)
    cut = len(example[0])
    first = [edit for edit in edits if edit.end <= cut]
    second = [_Shifted(edit.start - cut - 1, edit.end - cut - 1, edit.new) for edit in edits if edit.start > cut]
    return apply_edits(example[0], first), apply_edits(example[1], second)


def _fields(example: Fields, edits: Sequence[Replacement]) -> Fields:
    """Edit values where they stand in the shown text; names stay."""
    values = list(example.values)
    for number, (_, begins, end) in enumerate(example.lines):
        value = values[number]
        moved = [_Shifted(edit.start - begins, edit.end - begins, edit.new) for edit in edits]
        inside = [edit for edit in moved if edit.start >= 0 and edit.end <= end - begins]
        if inside:
            text = apply_edits(example.shown[number], inside)
            values[number] = text if value is None or isinstance(value, str) else float(text)
    return Fields(example.names, tuple(values))


class _Shifted:
    def __init__(self, start: int, end: int, new: str) -> None:
        self.start, self.end, self.new = start, end, new


def _words(example: Words, edits: Sequence[Replacement]) -> Words:
    """What edits touch becomes the words of what they put there, with what is left of a word on either side."""
    text = apply_edits(example.text, edits)
    places: list[tuple[int, int]] = []
    for start, end, inside in _stretches(example, edits):
        begin = start + sum(_grows(edit) for edit in edits if edit.end <= start and edit not in inside)
        if not inside:
            places.append((begin, begin + end - start))
            continue
        stop = begin + end - start + sum(map(_grows, inside))
        places += [(begin + found.start(), begin + found.end()) for found in re.finditer(r"\S+", text[begin:stop])]
    return Words(text, tuple(start for start, _ in places), tuple(end for _, end in places))


def _stretches(example: Words, edits: Sequence[Replacement]) -> list[tuple[int, int, list[Replacement]]]:
    """Words, those that one edit touches as one stretch with it."""
    parts: list[tuple[int, int, list[Replacement]]] = [
        (start, end, []) for start, end in zip(example.starts, example.ends, strict=True)
    ]
    for edit in edits:
        touched = [part for part in parts if part[0] < edit.end and part[1] > edit.start]
        if touched:
            whole = [(part[0], part[1]) for part in touched] + [(edit.start, edit.end)]
            inside = [one for part in touched for one in part[2]] + [edit]
            at = parts.index(touched[0])
            parts[at : at + len(touched)] = [(min(a for a, _ in whole), max(b for _, b in whole), inside)]
    return parts


def _place(example: Words, edits: Sequence[Replacement], position: int) -> int:
    """Where the word that stood at a position, or what came for it, stands now."""
    start = example.starts[position]
    inside = [edit.start for edit in edits if edit.start <= start < edit.end]
    begin = min([start, *inside])
    at = begin + sum(_grows(edit) for edit in edits if edit.end <= begin)
    after = _words(example, edits)
    return max(next((i for i, end in enumerate(after.ends) if end > at), len(after) - 1), 0)


def _grows(edit: Replacement) -> int:
    return len(edit.new) - (edit.end - edit.start)
