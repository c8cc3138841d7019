"""Where Chinese words end: a segmenter with its own dictionary decides, and what it leaves open is left alone.

jieba (https://github.com/fxsjy/jieba, here in its Rust port) chooses the most probable words by a dictionary, with and
without a hidden Markov model for words that are not in it. A term counts where both ways agree that it is a word, or
the last part of one (前男友), and where no other word of the dictionary reaches over its border and makes a reading of
as few words (孙女 and 女士 in 孙女士).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import Literal

from audit.terms.scripts import is_unspaced

Standing = Literal["word", "part", "open"]
#: Longer words of the dictionary that reach over a border are too rare to look for.
LONGEST = 4
SEGMENTERS = ("jieba",)


@cache
def _jieba() -> tuple[Callable[[str, bool], list[str]], Callable[[str], bool]]:
    """Load the segmenter with the first Chinese term, for its dictionary takes a tenth of a second."""
    from rjieba import Jieba

    loaded = Jieba()
    return loaded.cut, loaded.has_word


def segmenter_version() -> str:
    """Name the version whose dictionary decides."""
    return version("rjieba")


def cut_into_words(text: str) -> list[str]:
    """Cut a Chinese text into words, one after the other, as jieba does by itself."""
    return _jieba()[0](text, True)


def is_chinese_word(piece: str) -> bool:
    """Whether jieba's dictionary holds a word."""
    return _jieba()[1](piece)


class Segments:
    """The words of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        cut, self._known = _jieba()
        self._borders = [_borders(cut(text, hmm)) for hmm in (False, True)]

    def standing(self, start: int, end: int) -> Standing:
        """Tell whether characters are a word, a part of another one, or neither for sure."""
        found = {_stand(borders, start, end) for borders in self._borders}
        if found == {"part"}:
            return "part"
        return "word" if found == {"word"} and not self._reached_over(start, end) else "open"

    def _reached_over(self, start: int, end: int) -> bool:
        """Whether a word of the dictionary over a border of the term makes another reading in as few words."""
        for a in range(max(0, start - LONGEST + 1), start):
            if any(self._rivals(a, b, start, end) for b in range(start + 1, min(end, a + LONGEST + 1))):
                return True
        for b in range(end + 1, min(len(self._text), end + LONGEST - 1) + 1):
            if any(self._rivals(a, b, start, end) for a in range(max(start + 1, b - LONGEST), end)):
                return True
        return False

    def _rivals(self, a: int, b: int, start: int, end: int) -> bool:
        """Whether the word at a to b, with what it leaves of the words around, is no more pieces than they are."""
        if not self._word(self._text[a:b]):
            return False
        ordered = self._borders[0][1]
        first = max(at for at in ordered if at <= min(a, start))
        last = min(at for at in ordered if at >= max(b, end))
        chosen = sum(first <= at < last for at in ordered) + (start not in self._borders[0][0])
        left, right = self._text[first:a], self._text[b:last]
        return 1 + self._pieces(left) + self._pieces(right) <= chosen

    def _pieces(self, rest: str) -> int:
        return min(1, len(rest)) if len(rest) < 2 or self._known(rest) else len(rest)

    def _word(self, piece: str) -> bool:
        return all(map(is_unspaced, piece)) and self._known(piece)


def _borders(words: list[str]) -> tuple[frozenset[int], list[int]]:
    at, ends = 0, [0]
    for word in words:
        at += len(word)
        ends.append(at)
    return frozenset(ends), ends


def _stand(borders: tuple[frozenset[int], list[int]], start: int, end: int) -> Standing:
    known, ordered = borders
    inside = sum(start < at < end for at in ordered) if end - start > 1 else 0
    if end in known and (start in known or (not inside and end - start > 1)):
        return "word"
    return "open" if inside else "part"
