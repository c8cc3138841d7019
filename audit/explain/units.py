"""Attributions by unit: the sub-words of a whole word together, and the special tokens of a decision together.

Units are what readers see, what is erased and what concepts are made of; `faithfulness.unit_codes` numbers them alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.models.adapter import joined

SPECIAL = -1


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

    rows: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    phi: npt.NDArray[np.float64]

    def words(self, explained: pd.DataFrame) -> list[str]:
        """Read the word of each unit off `input`, lower-cased; nothing for special tokens."""
        texts = [joined(text) for text in explained["input"]]
        places = zip(self.rows.tolist(), self.starts.tolist(), self.ends.tolist(), strict=True)
        return [texts[row][start:end].strip().lower() for row, start, end in places]

    def slices(self, decisions: int) -> list[slice]:
        """Where the units of each decision stand."""
        edges = np.searchsorted(self.rows, np.arange(decisions + 1)).tolist()
        return [slice(*edges[i : i + 2]) for i in range(decisions)]

    def touching(self, of: slice, start: int, end: int) -> npt.NDArray[np.int64]:
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
