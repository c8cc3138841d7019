"""Units of many explained decisions, as the table of attributions holds them: what readers see, concepts are made of.

Units are whole words of a text, fields or patches, each with its place (`audit.data.places`); what belongs to none of
them is one line, the frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.data.examples import Example
from audit.data.places import Grid, called

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: Number of the frame. (That of `models.adapter`, which takes torch to import.)
FRAME = -1


@dataclass(frozen=True)
class Units:
    """Units of explained decisions, decision by decision; the frame first, then the others in their order.

    Attributes
    ----------
    rows : array of shape (units,)
        Decision of each unit, by position.
    numbers : array of shape (units,)
        Which unit of its decision it is, from 0; `FRAME` for the frame.
    starts, ends : array of shape (units,)
        Place of each; 0 for the frame.
    phi : array of shape (units,)
        Attribution.
    """

    rows: Ints
    numbers: Ints
    starts: Ints
    ends: Ints
    phi: Floats

    def called(self, examples: Sequence[Example], grid: Grid | None = None) -> list[str]:
        """Name each unit; the frame has no name."""
        out: list[str] = []
        for example, of in zip(examples, self.slices(len(examples)), strict=True):
            places = list(zip(self.starts[of].tolist(), self.ends[of].tolist(), strict=True))
            out += ["", *called(example, places[1:], grid)]
        return out

    def slices(self, decisions: int) -> list[slice]:
        """Where the units of each decision stand."""
        edges = np.searchsorted(self.rows, np.arange(decisions + 1)).tolist()
        return [slice(*edges[i : i + 2]) for i in range(decisions)]

    def touching(self, of: slice, start: int, end: int) -> Ints:
        """Positions of a decision's units that share a character with a place in its text."""
        return int(of.start) + np.flatnonzero((self.starts[of] < end) & (self.ends[of] > start))


def units_of(explained: pd.DataFrame, column: str) -> Units:
    """Lay the units of all decisions out one after the other.

    Parameters
    ----------
    explained
        `starts`, `ends` and the attributions, one list of units per decision; `frame`, one number.
    column
        The attributions.
    """
    sizes = explained["starts"].map(len).to_numpy(np.int64) + 1
    rows = np.repeat(np.arange(len(explained)), sizes)
    numbers = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + FRAME
    framed = numbers == FRAME
    starts, ends, phi = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64), np.zeros(len(rows))
    starts[~framed], ends[~framed] = _flat(explained["starts"], np.int64), _flat(explained["ends"], np.int64)
    phi[~framed] = _flat(explained[column], np.float64)
    phi[framed] = explained["frame"].to_numpy(np.float64)
    return Units(rows, numbers, starts, ends, phi)


def _flat(lists: pd.Series, dtype: npt.DTypeLike) -> npt.NDArray[np.generic]:
    return np.concatenate([np.zeros(0, dtype), *lists]).astype(dtype, copy=False)
