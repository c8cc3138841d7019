"""What may stand in the place of a word without changing the right answer: a synonym, or two of its letters swapped.

Never touched: words that name a group, negations, numbers, addresses, mentions, and words that begin with a capital
within a sentence, for they may be names. A swap that makes another word is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from audit.probes.robustness.dictionary import is_word
from audit.probes.robustness.protected import protected
from audit.terms.lexicon import Lexicon
from audit.terms.loading import load_lexicons
from audit.terms.names import sentence_start

SYNONYMS = Path(__file__).parent / "synonyms_en.tsv"
WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")
#: Fewer letters have no two inner ones to swap.
LEAST_LETTERS = 5
#: Swaps of one word that are tried.
MOST_SWAPS = 3


@dataclass(frozen=True)
class Substitute:
    """A word of a text, and what may stand there instead, synonyms first.

    Attributes
    ----------
    start, end
        Characters of the word.
    """

    start: int
    end: int
    words: tuple[str, ...]


@cache
def synonyms() -> Mapping[str, tuple[str, ...]]:
    """Read which English words have the same first sense, by word."""
    lines = SYNONYMS.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {word: tuple(others.split()) for word, _, others in rows}


@cache
def _lexicons() -> tuple[Lexicon, ...]:
    return tuple(load_lexicons(("en", "zh")))


def substitutes(text: str) -> list[Substitute]:
    """Say which words of a text may be exchanged, and for what.

    A word without a substitute is left out.
    """
    kept = [(start, end) for start, end, _ in protected(text, negations=True)]
    kept += [(mention.start, mention.end) for lexicon in _lexicons() for mention in lexicon.find(text)]
    out = []
    for found in WORD.finditer(text):
        start, end, word = found.start(), found.end(), found.group()
        if any(start < last and first < end for first, last in kept):
            continue
        if word[:1].isupper() and not sentence_start(text, start):
            continue
        words = (*_synonyms(word), *_swaps(word))
        if words:
            out.append(Substitute(start, end, words))
    return out


def _synonyms(word: str) -> list[str]:
    """Words of the same sense, with the capital that was there; of another beginning, "a" and "an" would be wrong."""
    lower = word.lower()
    vowels = "aeiou"
    alike = [other for other in synonyms().get(lower, ()) if (other[0] in vowels) == (lower[0] in vowels)]
    return [other[:1].upper() + other[1:] if word[:1].isupper() else other for other in alike]


def _swaps(word: str) -> list[str]:
    """The word with two letters beside each other swapped, neither the first nor the last."""
    if len(word) < LEAST_LETTERS or not word.isalpha():
        return []
    swapped = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 2))
    return [new for new in swapped if new != word and not is_word(new.lower())][:MOST_SWAPS]
