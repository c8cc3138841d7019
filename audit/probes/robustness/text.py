"""Text changed place by place: a finder names the places, a share of them is changed, the rest of the text stays.

A larger severity changes the places of the smaller ones too, in the same way, so that flips by severity are about more
of the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from audit.data.examples import Example, Fields, Words, joined, plain
from audit.probes.edited import edited
from audit.probes.exchange import Edit
from audit.probes.robustness.protected import protected
from audit.probes.robustness.transform import Changed, Draw, Refused, Span, kind_of

#: Severities of changes by word: the share of a text's words that is changed, but one word at the least.
WORD_SHARES = (0.05, 0.1, 0.2, 0.35, 0.5)
#: The same of changes that a reader hardly sees.
ALL_SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
#: Values of fields with fewer words than this are categories: another spelling would be another category.
FEWEST_WORDS = 3


@dataclass(frozen=True)
class Left:
    """A place that is left as it is, and why."""

    start: int
    end: int
    reason: str


#: Finds the places of a text, each with its edit or the reason why it stays. A place without either is not given.
Finder = Callable[[str, Draw], Iterable[Edit | Left]]


@dataclass(frozen=True)
class TextTransform:
    """Changes a share of the places that a finder names.

    Attributes
    ----------
    severities
        Share of the places that is changed at severity 1, 2, …; one place at the least.
    guarded
        Leave negations as they are too. Off where the change is about them, or cannot be read in two ways.
    """

    name: str
    finder: Finder
    severities: tuple[float, ...]
    guarded: bool = True
    reads: frozenset[str] = frozenset({"text", "words", "fields"})

    def apply(self, example: Example, severity: int, seed: int, spared: Sequence[Span] = ()) -> Changed | Refused:
        """Change the share of a severity, in an order that the seed gives."""
        if kind_of(example) not in self.reads:
            return Refused("no_text")
        if severity == 0:
            return Changed(example)
        draw = Draw(seed, self.name)
        places = _places(self, example, seed, tuple(spared))
        left = Counter(place.reason for place in places if isinstance(place, Left))
        counted = tuple(sorted(left.items()))
        free = [place for place in places if isinstance(place, Edit)]
        if not free:
            reason = max(left, key=lambda reason: (left[reason], reason)) if left else "no_place"
            return Refused(reason, counted)
        wanted = max(1, math.floor(self.severities[severity - 1] * len(places) + 0.5))
        order = sorted(free, key=lambda edit: draw.number("place", edit.start))
        edits = tuple(sorted(order[:wanted], key=lambda edit: edit.start))
        return Changed(edited(example, edits), edits, None, counted)


@lru_cache(maxsize=16)
def _places(transform: TextTransform, example: Example, seed: int, spared: tuple[Span, ...]) -> tuple[Edit | Left, ...]:
    """Find the places of an example once for all severities."""
    text, found, draw = joined(example), plain(example), Draw(seed, transform.name)
    places = []
    for start, end in stretches(example):
        kept = protected(text[start:end], negations=transform.guarded)
        for place in transform.finder(text[start:end], draw):
            reason = next((why for a, b, why in kept if a < place.end and b > place.start), None)
            moved = _moved(place, start)
            if reason is None and any(a < moved.end and b > moved.start for a, b in spared):
                reason = "spared"
            if reason is None and isinstance(found, Words) and not _within_word(found, moved):
                reason = "words"
            places.append(moved if reason is None else Left(moved.start, moved.end, reason))
    return tuple(places)


def stretches(example: Example) -> list[Span]:
    """Where the texts of an example are in its one text: of fields, those that hold sentences."""
    found = plain(example)
    if isinstance(found, Fields):
        return [
            (begins, end)
            for value, (_, begins, end) in zip(found.values, found.lines, strict=True)
            if isinstance(value, str) and len(value.split()) >= FEWEST_WORDS
        ]
    if isinstance(found, tuple):
        return [(0, len(found[0])), (len(found[0]) + 1, len(found[0]) + 1 + len(found[1]))]
    return [(0, len(joined(example)))]


def _moved(place: Edit | Left, by: int) -> Edit | Left:
    if isinstance(place, Left):
        return Left(place.start + by, place.end + by, place.reason)
    return Edit(place.start + by, place.end + by, place.old, place.new)


def _within_word(words: Words, place: Edit | Left) -> bool:
    """Whether a change is inside one word and leaves it one word, so that positions and tags stay."""
    new = place.new if isinstance(place, Edit) else "-"
    if any(map(str.isspace, new)):
        return False
    return any(
        a <= place.start and place.end <= b and (new or place.end - place.start < b - a)
        for a, b in zip(words.starts, words.ends, strict=True)
    )
