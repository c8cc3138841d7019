"""What the units of explained decisions are about: a concept is a word, an identity group, the user's category.

Each unit (whole word) belongs to exactly one concept, so that attributions of concepts add up to those of the text:
the user's categories come first, then identity terms, then the word itself, lower-cased. Special tokens are one
concept, and punctuation is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.explain.outcome import has_content
from audit.lexicon import Lexicon, find_terms
from audit.models.adapter import joined

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
        Which unit of its decision it is; −1 for special tokens.
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
        `input`, `starts`, `ends`, `words`, `score_attributions`.
    categories
        The user's: name -> words and phrases.
    """
    pattern = _patterns(categories)
    codes: dict[Concept, int] = {}
    own: dict[str, Concept] = {}
    rows: list[int] = []
    concepts: list[int] = []
    words: list[str] = []
    phi: list[float] = []
    units: list[int] = []
    for at, record in enumerate(
        explained[["input", "starts", "ends", "words", "score_attributions"]].to_dict("records")
    ):
        text = joined(record["input"])
        places = [
            (m.start(), m.end(), Concept("lexicon", name)) for name, p in pattern.items() for m in p.finditer(text)
        ]
        places += [
            (m.start, m.end, Concept("identity", identity_name(m.axis, m.group))) for m in find_terms(lexicons, text)
        ]
        for unit, (start, end, value) in enumerate(units_of(record, "score_attributions"), start=-1):
            word = text[start:end].strip().lower()
            if start == end == 0 and value.is_special:
                concept = Concept("special", TOKENS)
            else:
                named = next((named for first, last, named in places if first < end and start < last), None)
                concept = named or own.get(word) or own.setdefault(word, _own_concept(word))
            rows.append(at)
            concepts.append(codes.setdefault(concept, len(codes)))
            words.append(word)
            phi.append(value.phi)
            units.append(unit)
    return Contributions(
        np.array(rows, np.int64), np.array(concepts, np.int64), words, np.array(phi), np.array(units, np.int64),
        list(codes),
    )  # fmt: skip


def _own_concept(word: str) -> Concept:
    """Return the concept of a word that is in no category."""
    return Concept("word", word) if has_content(word) else Concept("special", PUNCTUATION)


class UnitValue(NamedTuple):
    """Attribution of a unit, and whether it is all special tokens together."""

    phi: float
    is_special: bool


def units_of(record: dict[Any, Any], column: str) -> list[tuple[int, int, UnitValue]]:
    """Characters and attribution of each unit of a decision, the special tokens together first."""
    special = 0.0
    found: dict[int, tuple[int, int, float]] = {}
    # Plain numbers: a loop over NumPy's takes three times as long.
    columns = (np.asarray(record[name]).tolist() for name in ("starts", "ends", "words", column))
    for start, end, word, value in zip(*columns, strict=True):
        if word < 0:
            special += value
            continue
        first, last, total = found.get(word, (start, end, 0.0))
        found[word] = (min(first, start), max(last, end), total + value)
    units = [(start, end, UnitValue(total, is_special=False)) for start, end, total in found.values()]
    return [(0, 0, UnitValue(special, is_special=True)), *units]


def _patterns(categories: Mapping[str, Sequence[str]]) -> dict[str, re.Pattern[str]]:
    return {
        name: re.compile(
            "|".join(rf"(?<!\w){re.escape(term)}(?!\w)" for term in sorted(terms, key=len, reverse=True)), re.IGNORECASE
        )
        for name, terms in categories.items()
        if terms
    }
