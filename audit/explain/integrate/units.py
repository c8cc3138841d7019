"""Attributions by unit: the sub-words of a whole word together, and the special tokens of a decision together.

Units are what readers see, what is erased and what concepts are made of. `unit_codes` numbers those of one encoded
input, before anything is written; `units_of` reads those of a table of explained decisions. Both number them alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from audit.models.adapter import Encoded

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SPECIAL = -1


def words_of(item: Encoded) -> np.ndarray:
    """Word of each token, −1 for special ones."""
    return item.words if item.words is not None else np.where(item.special, SPECIAL, np.arange(item.length))


def unit_codes(item: Encoded) -> Ints:
    """Unit of each token, from 0 in the order of the text; −1 for special tokens."""
    words, seen = words_of(item).tolist(), dict[int, int]()
    return np.array([seen.setdefault(word, len(seen)) if word >= 0 else SPECIAL for word in words], np.int64)


def unit_sums(values: npt.NDArray[np.float32], codes: Ints) -> Floats:
    """φ of each unit."""
    kept = codes >= 0
    sums = np.bincount(codes[kept], values[kept].astype(np.float64), int(codes.max(initial=-1)) + 1)
    return sums.astype(np.float64)


@dataclass(frozen=True)
class Units:
    """Units of explained decisions, decision by decision; special tokens first, then words as they stand in the text.

    Attributes
    ----------
    rows : array of shape (units,)
        Decision of each unit, by position.
    numbers : array of shape (units,)
        Which unit of its decision it is, from 0; −1 for special tokens.
    starts, ends : array of shape (units,)
        Characters of the input; 0 for special tokens.
    phi : array of shape (units,)
        Attribution.
    """

    rows: Ints
    numbers: Ints
    starts: Ints
    ends: Ints
    phi: Floats

    def words(self, texts: Sequence[str]) -> list[str]:
        """Read the word of each unit off the texts, lower-cased; nothing for special tokens."""
        places = zip(self.rows.tolist(), self.starts.tolist(), self.ends.tolist(), strict=True)
        return [texts[row][start:end].strip().lower() for row, start, end in places]

    def slices(self, decisions: int) -> list[slice]:
        """Where the units of each decision stand."""
        edges = np.searchsorted(self.rows, np.arange(decisions + 1)).tolist()
        return [slice(*edges[i : i + 2]) for i in range(decisions)]

    def touching(self, of: slice, start: int, end: int) -> Ints:
        """Positions of a decision's units that share a character with a place in its text."""
        return int(of.start) + np.flatnonzero((self.starts[of] < end) & (self.ends[of] > start))


def units_of(explained: pd.DataFrame, column: str) -> Units:
    """Add tokens up to units.

    Parameters
    ----------
    explained
        `starts`, `ends`, `words` and the attributions, one list of tokens per decision.
    column
        The attributions.
    """
    rows = np.repeat(np.arange(len(explained)), explained["words"].map(len).to_numpy(np.int64))
    words = np.maximum(_flat(explained["words"], np.int64), SPECIAL)
    if not len(rows):
        nothing = np.zeros(0, np.int64)
        return Units(nothing, nothing, nothing, nothing, np.zeros(0))
    keys = rows * (words.max() + 2) + words
    order = np.argsort(keys, kind="stable")
    first = np.flatnonzero(np.diff(keys[order], prepend=keys[order[0]] - 1))
    starts = np.minimum.reduceat(_flat(explained["starts"], np.int64)[order], first)
    ends = np.maximum.reduceat(_flat(explained["ends"], np.int64)[order], first)
    phi = np.add.reduceat(_flat(explained[column], np.float64)[order], first)
    token = order[first]
    special = words[token] == SPECIAL
    # As they stand in the text, whatever the tokenizer numbers its words by.
    placed = np.lexsort((np.where(special, SPECIAL, token), rows[token]))
    rows, special = rows[token][placed], special[placed]
    numbers = np.arange(len(rows)) - np.searchsorted(rows, rows)
    numbers -= np.isin(rows, rows[special])
    return Units(rows, numbers, starts[placed], ends[placed], phi[placed])


def _flat(lists: pd.Series, dtype: npt.DTypeLike) -> npt.NDArray[np.generic]:
    return np.concatenate([np.zeros(0, dtype), *lists]).astype(dtype, copy=False)
