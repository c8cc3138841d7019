"""Edits by character span: a text and what stands where make the edited text, so that it need not be stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Replacement(Protocol):
    """What stands at these characters of a text instead."""

    @property
    def start(self) -> int:
        """First character."""

    @property
    def end(self) -> int:
        """Character behind the last."""

    @property
    def new(self) -> str:
        """What stands there instead."""


def apply_edits(text: str, edits: Sequence[Replacement]) -> str:
    """Replace spans of a text, left to right."""
    pieces, at = [], 0
    for edit in edits:
        pieces += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join([*pieces, text[at:]])


def edited_spans(edits: Sequence[Replacement]) -> list[tuple[int, int]]:
    """Where the new words stand in the edited text."""
    spans, moved = [], 0
    for edit in edits:
        start = edit.start + moved
        spans.append((start, start + len(edit.new)))
        moved += len(edit.new) - (edit.end - edit.start)
    return spans
