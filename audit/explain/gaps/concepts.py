"""What the units of explained decisions are about: a word, an identity group, the user's category, a field.

Each unit belongs to exactly one concept, so that attributions of concepts add up to those of the example: the user's
categories come first, then identity terms, then the word itself, lower-cased. A field that holds a few words at most (a
name, an age) is one concept with all its words, whatever else these are about: who wrote it as a field of its own says
what it is. Of a picture, each of its nine parts is one. The frame (special tokens) is one concept, and punctuation is
one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.data.examples import Example, Fields, Image, joined, plain, said
from audit.data.places import Grid, field_of
from audit.explain.integrate.units import FRAME, units_of
from audit.explain.verify.outcome import has_content
from audit.terms.lexicon import Lexicon, find_terms
from audit.terms.scripts import phrase_pattern

TOKENS, PUNCTUATION = "tokens", "punctuation"
#: A field none of whose values has more words is about one thing.
SHORT_FIELD = 4


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
    explained: pd.DataFrame,
    lexicons: Sequence[Lexicon],
    categories: Mapping[str, Sequence[str]],
    grid: Grid | None = None,
) -> Contributions:
    """Sort the units of explained decisions into concepts.

    Parameters
    ----------
    explained
        `input`, `starts`, `ends`, `score_attributions`, `frame`.
    categories
        The user's: name -> words and phrases.
    grid
        Of the patches of images.
    """
    pattern = _patterns(categories)
    units = units_of(explained, "score_attributions")
    examples = list(explained["input"])
    texts = [joined(example) for example in examples]
    words = units.called(examples, grid)
    spelled, every = pd.factorize(np.array(words, object))
    codes: dict[Concept, int] = {}
    kind = "region" if examples and isinstance(plain(examples[0]), Image) else "word"
    own = [codes.setdefault(_own_concept(word, kind), len(codes)) for word in every]
    concepts = np.array(own, np.int64)[spelled]
    concepts[units.numbers == FRAME] = codes.setdefault(Concept("special", TOKENS), len(codes))
    short = _short_fields(examples)
    for pair, text, of in zip(examples, texts, units.slices(len(texts)), strict=True):
        places = [
            (m.start(), m.end(), Concept("lexicon", name))
            for name, p in pattern.items()
            for m in p.finditer(text)
            if _within(pair, m.start(), m.end())
        ]
        places += [
            (m.start, m.end, Concept("identity", identity_name(m.axis, m.group)))
            for m in find_terms(lexicons, said(pair))
        ]
        # Where two claim a word, the first has it.
        for start, end, concept in reversed(places):
            concepts[units.touching(of, start, end)] = codes.setdefault(concept, len(codes))
        for at in range(of.start + 1, of.stop) if short else ():
            if (name := field_of(pair, int(units.starts[at]))) in short:
                concepts[at] = codes.setdefault(Concept("field", str(name)), len(codes))
    # Words that are part of something else everywhere are no concepts of their own.
    held, concepts = np.unique(concepts, return_inverse=True)
    names = list(codes)
    return Contributions(units.rows, concepts, words, units.phi, units.numbers, [names[code] for code in held])


def _own_concept(word: str, kind: str) -> Concept:
    """Return the concept of a word that is in no category."""
    return Concept(kind, word) if has_content(word) else Concept("special", PUNCTUATION)


def _short_fields(examples: Sequence[Example]) -> frozenset[str]:
    """Name the fields of which no example has more than a few words."""
    most: dict[str, int] = {}
    for example in examples:
        found = plain(example)
        if isinstance(found, Fields):
            for name, value in zip(found.names, found.shown, strict=True):
                most[name] = max(most.get(name, 0), len(value.split()))
    return frozenset(name for name, words in most.items() if words <= SHORT_FIELD)


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
