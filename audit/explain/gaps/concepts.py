"""What the units of explained decisions are about: a concept is a word, an identity group, the user's category.

Each unit (whole word) belongs to exactly one concept, so that attributions of concepts add up to those of the text:
the user's categories come first, then identity terms, then the word itself, lower-cased. The frame (special tokens)
is one concept, and punctuation is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.data.examples import Example, joined, plain
from audit.explain.integrate.units import FRAME, units_of
from audit.explain.verify.outcome import has_content
from audit.terms.lexicon import Lexicon, find_terms
from audit.terms.scripts import phrase_pattern

TOKENS, PUNCTUATION = "tokens", "punctuation"


class Concept(NamedTuple):
    """What attribution is summed over."""

    kind: str
    name: str


@dataclass(frozen=True)
class Contributions:
    """Attributions of explained decisions toward one class, by concept, one entry per unit.

    Attributes
    ----------
    rows, concepts : array of shape (entries,)
        Decision and concept of each entry.
    words : list of str
        The word that stood there, lower-cased.
    phi : array of shape (entries,)
        Its attribution.
    units : array of shape (entries,)
        Which unit of its decision it is; −1 for the frame.
    """

    rows: npt.NDArray[np.int64]
    concepts: npt.NDArray[np.int64]
    words: list[str]
    phi: npt.NDArray[np.float64]
    units: npt.NDArray[np.int64]
    names: list[Concept]


def identity_name(axis: str, group: str) -> str:
    """Name an identity group."""
    return f"{axis}: {group}"


def sum_by_concept(
    explained: pd.DataFrame, lexicons: Sequence[Lexicon], categories: Mapping[str, Sequence[str]]
) -> Contributions:
    """Sort the units of explained decisions into concepts.

    Parameters
    ----------
    explained
        `input`, `starts`, `ends`, `score_attributions`, `frame`.
    categories
        The user's: name -> words and phrases.
    """
    pattern = _patterns(categories)
    units = units_of(explained, "score_attributions")
    texts = [joined(text) for text in explained["input"]]
    words = units.words(texts)
    spelled, every = pd.factorize(np.array(words, object))
    codes: dict[Concept, int] = {}
    own = [codes.setdefault(_own_concept(word), len(codes)) for word in every]
    concepts = np.array(own, np.int64)[spelled]
    concepts[units.numbers == FRAME] = codes.setdefault(Concept("special", TOKENS), len(codes))
    for pair, text, of in zip(explained["input"], texts, units.slices(len(texts)), strict=True):
        places = [
            (m.start(), m.end(), Concept("lexicon", name))
            for name, p in pattern.items()
            for m in p.finditer(text)
            if _within(pair, m.start(), m.end())
        ]
        places += [
            (m.start, m.end, Concept("identity", identity_name(m.axis, m.group))) for m in find_terms(lexicons, text)
        ]
        # Where two claim a word, the first has it.
        for start, end, concept in reversed(places):
            concepts[units.touching(of, start, end)] = codes.setdefault(concept, len(codes))
    # Words that are part of something else everywhere are no concepts of their own.
    held, concepts = np.unique(concepts, return_inverse=True)
    names = list(codes)
    return Contributions(units.rows, concepts, words, units.phi, units.numbers, [names[code] for code in held])


def _own_concept(word: str) -> Concept:
    """Return the concept of a word that is in no category."""
    return Concept("word", word) if has_content(word) else Concept("special", PUNCTUATION)


def _patterns(categories: Mapping[str, Sequence[str]]) -> dict[str, re.Pattern[str]]:
    """One pattern per category; of its phrases, the longest that begins at a place."""
    found = {name: sorted(filter(str.strip, terms), key=len, reverse=True) for name, terms in categories.items()}
    return {
        name: re.compile("|".join(map(phrase_pattern, terms)), re.IGNORECASE) for name, terms in found.items() if terms
    }


def _within(text: Example, start: int, end: int) -> bool:
    """Whether a span lies in one text of a pair; only the first and the second joined could hold it otherwise."""
    found = plain(text)
    return not isinstance(found, tuple) or end <= len(found[0]) or start > len(found[0])
