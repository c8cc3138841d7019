"""Typing errors: a neighbouring key, two letters swapped, one dropped, one doubled.

A word is changed only where a reader finds it again: it is a word of the dictionary, its first and last letter stay
(Rayner et al. 2006 measured what losing them costs), what is written is no word itself, and no other common word is one
error away from it: *lve* may be *love* or *live*, and is not written.

Refused: words of fewer than four letters (`short`), words that the dictionary does not hold, such as names
(`unknown_word`), those with an apostrophe (`contraction`), where every error makes another word or one that reads as
another (`another_word`); and what `protected` names.

References
----------
Rayner, White, Johnson and Liversedge 2006, Raeding Wrods With Jubmled Lettres, Psychological Science 17(3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from audit.probes.exchange import Edit
from audit.probes.robustness.dictionary import could_be, is_word
from audit.probes.robustness.text import WORD_SHARES, Left, TextTransform
from audit.probes.robustness.transform import Draw

SHORTEST = 4
#: Left edge of each row of letters on a QWERTY keyboard, in keys: ISO/IEC 9995-2.
_ROWS = ((0.0, "qwertyuiop"), (0.25, "asdfghjkl"), (0.75, "zxcvbnm"))
_WORD = re.compile(r"(?<![\w'’-])[A-Za-z]+(?:['’][A-Za-z]+)*(?![\w'’])")


def _neighbours() -> dict[str, str]:
    places = {
        letter: (left + at, row) for row, (left, letters) in enumerate(_ROWS) for at, letter in enumerate(letters)
    }

    def touch(a: str, b: str) -> bool:
        (x, row), (y, other) = places[a], places[b]
        return abs(x - y) == 1 if row == other else abs(row - other) == 1 and abs(x - y) < 1

    return {a: "".join(b for b in places if touch(a, b)) for a in places}


#: Letter -> letters of the keys that touch its key.
NEIGHBOURS = _neighbours()

#: A word -> each error in it: place, characters there, what is written instead.
Errors = Callable[[str], Sequence[tuple[int, str, str]]]


def _keys(word: str) -> list[tuple[int, str, str]]:
    return [
        (i, letter, near.upper() if letter.isupper() else near)
        for i, letter in _inner(word)
        for near in NEIGHBOURS[letter.lower()]
    ]


def _swaps(word: str) -> list[tuple[int, str, str]]:
    pairs = [(i, word[i : i + 2]) for i in range(1, len(word) - 2)]
    return [(i, pair, pair[::-1]) for i, pair in pairs if pair[0] != pair[1]]


def _drops(word: str) -> list[tuple[int, str, str]]:
    # Of two equal letters the first, so that one error is written in one way.
    return [(i, letter, "") for i, letter in _inner(word) if letter != word[i - 1]]


def _doubles(word: str) -> list[tuple[int, str, str]]:
    return [(i, letter, letter * 2) for i, letter in _inner(word) if letter not in (word[i - 1], word[i + 1])]


def _inner(word: str) -> list[tuple[int, str]]:
    return list(enumerate(word))[1:-1]


def _finder(errors: Errors) -> Callable[[str, Draw], Iterator[Edit | Left]]:
    def find(text: str, draw: Draw) -> Iterator[Edit | Left]:
        for found in _WORD.finditer(text):
            word, start = found.group(), found.start()
            reason = _untouched(word)
            if reason is None:
                for at, old, new in draw.shuffled(errors(word), start):
                    written = word[:at] + new + word[at + len(old) :]
                    if not is_word(written) and could_be(written) <= {word.lower()}:
                        yield Edit(start + at, start + at + len(old), old, new)
                        break
                else:
                    reason = "another_word"
            if reason:
                yield Left(start, found.end(), reason)

    return find


def _untouched(word: str) -> str | None:
    if "'" in word or "’" in word:
        return "contraction"
    if len(word) < SHORTEST:
        return "short"
    return None if is_word(word) else "unknown_word"


TRANSFORMS = (
    TextTransform("keyboard", _finder(_keys), WORD_SHARES),
    TextTransform("swapped_letters", _finder(_swaps), WORD_SHARES),
    TextTransform("dropped_letter", _finder(_drops), WORD_SHARES),
    TextTransform("doubled_letter", _finder(_doubles), WORD_SHARES),
)
