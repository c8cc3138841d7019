"""Long documents cut into overlapping windows of whole words, each word decided where it has most context."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
#: Of a window, the share that the next one reads again.
OVERLAP = 0.25


@dataclass(frozen=True)
class Window:
    """A stretch of a document.

    Attributes
    ----------
    first, last
        Its tokens, the end excluded.
    words
        Of the words in it, those that are decided here, by their place among all words that have tokens.
    cut
        Whether it holds only the beginning of a word: one that is longer than a window.
    """

    first: int
    last: int
    words: Ints
    cut: bool = False


def cut_into_windows(lengths: Ints, room: int | None) -> list[Window]:
    """Cut a document into as few windows as overlap and room allow.

    Parameters
    ----------
    lengths : array of shape (words,)
        Tokens of each word, at least one.
    room
        Tokens that a window takes, special ones not counted; None if nothing limits it.

    Returns
    -------
    list of windows
        Each word is decided in one of them: where the nearer edge of the window is farthest from its first token. The
        document's own edges do not count, for there is nothing beyond them. None, if there are no words.
    """
    if not len(lengths):
        return []
    ends = np.cumsum(lengths)
    starts, total = ends - lengths, int(ends[-1])
    if room is None or total <= room:
        return [Window(0, total, np.arange(len(lengths)))]
    stretches = _stretches(starts, ends, room)
    context = np.full((len(stretches), len(lengths)), -1, np.int64)
    for row, (first, last) in enumerate(stretches):
        inside = slice(first, last)
        left, right = starts[inside] - starts[first], ends[last - 1] - starts[inside]
        beyond = total + 1
        context[row, inside] = np.minimum(beyond if first == 0 else left, beyond if last == len(lengths) else right)
    chosen = context.argmax(0)
    windows = []
    for row, (first, last) in enumerate(stretches):
        after = min(int(ends[last - 1]), int(starts[first]) + room)
        windows.append(Window(int(starts[first]), after, np.flatnonzero(chosen == row), after < ends[last - 1]))
    return [window for window in windows if len(window.words)]


def _stretches(starts: Ints, ends: Ints, room: int) -> list[tuple[int, int]]:
    """First word of each window, and the one after its last."""
    n = len(starts)
    found: list[tuple[int, int]] = []
    first = 0
    while True:
        last = max(int(np.searchsorted(ends, starts[first] + room, "right")), first + 1)
        if last == n:
            # The last one is filled up from before, which costs little and gives its words context.
            full = int(np.searchsorted(starts, ends[-1] - room))
            before = found[-1][0] + 1 if found else 0
            found.append((min(max(full, before), first), n))
            return found
        found.append((first, last))
        again = int(np.searchsorted(starts, ends[last - 1] - int(room * OVERLAP)))
        first = max(min(again, last), first + 1)
