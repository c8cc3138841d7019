"""How much of a gap closes once its words are masked: the model is asked, rather than the parts believed.

Parts of a decomposition say what words carry. They are no forecast: where words for and against meet in one text, they
share what a squashed score can move, so that a part may exceed the whole gap. So in the sampled decisions that hold
them the named concepts are masked, one at a time and all together, and F is computed again. With
f_c = F(x) − F(x with c masked), the gap in mean score closes by mean_a f_c − mean_b f_c.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.explain.explanations import Explainer
from audit.explain.gaps.decomposition import Attributed
from audit.explain.verify.erasing import ErasedCase


class Masker:
    """Ask the model again, each question once however many gaps ask it.

    Parameters
    ----------
    table
        `input` and `score_attributions` of the sampled decisions.
    data
        The same decisions as numbers.
    target
        Index of the class whose score has the gaps.
    """

    def __init__(self, explainer: Explainer, table: pd.DataFrame, data: Attributed, target: int) -> None:
        self._explainer, self._table, self._data, self._target = explainer, table, data, target
        self._eraser = explainer.eraser(explainer.baseline)
        self._cases: dict[int, ErasedCase] = {}

    def falls(self, masked: Sequence[Sequence[int]], among: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        """How far F falls, of each of these decisions and for each set of concepts: zero where none of it is there.

        Returns
        -------
        array of shape (decisions, sets)
        """
        found = self._data.contributions
        asked: list[tuple[int, int, frozenset[int]]] = []
        for column, concepts in enumerate(masked):
            at = np.flatnonzero(np.isin(found.concepts, list(concepts)) & (found.units >= 0) & among[found.rows])
            units: dict[int, set[int]] = {}
            for row, unit in zip(found.rows[at].tolist(), found.units[at].tolist(), strict=True):
                units.setdefault(row, set()).add(unit)
            asked += [(row, column, frozenset(chosen)) for row, chosen in units.items()]
        self._encode(sorted({row for row, _, _ in asked} - self._cases.keys()))
        rows = list(self._cases)
        place = {row: i for i, row in enumerate(rows)}
        cases = [self._cases[row] for row in rows]
        self._eraser.evaluate(cases, [(place[row], chosen) for row, _, chosen in asked])
        out = np.zeros((len(self._data.f), len(masked)))
        for row, column, chosen in asked:
            out[row, column] = self._data.f[row] - self._cases[row].known[chosen][0]
        return out

    def _encode(self, rows: Sequence[int]) -> None:
        texts = [self._table["input"].iloc[row] for row in rows]
        for row, item in zip(rows, self._explainer.adapter.encode(texts), strict=True):
            phi = self._table["score_attributions"].iloc[row]
            self._cases[row] = ErasedCase(item, self._target, phi, float(self._data.f[row]))
