"""Pairs of texts of the user's own, with what must become of the decision from the first to the second.

Minimal pairs, contrast sets, tests in the manner of CheckList (Ribeiro et al. 2020): a file says what differs, and the
model is asked about both. Pairs are no rows of the data: they are compared by groups that the file itself names, and
nothing of their texts is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from audit.config import MISSING, AuditConfig, Columns, DataConfig
from audit.config.probes import PairsConfig
from audit.data.source import read_batches
from audit.errors import DataError
from audit.probes.asking import Model, variants_asked
from audit.probes.exchange import Version
from audit.probes.invariance import violates
from audit.probes.variants import TEXT, Outcome, ProbedRow, Variant
from audit.store.columns import group_columns
from audit.store.files import sha256


class Pairs:
    """Asks about both texts of every pair.

    Raises
    ------
    DataError
        If a file cannot be read, or a text in it is missing.
    """

    name = "pairs"
    outcome = "failed"
    severities = (0,)
    reads = frozenset({TEXT})
    needs_attributions = False
    #: A pair is no decision about anybody.
    flags = False

    def __init__(self, asked: Sequence[PairsConfig], config: AuditConfig) -> None:
        self.transforms = [one.called for one in asked]
        self._asked = {one.called: one for one in asked}
        self._second: dict[str, tuple[str, str]] = {}
        names = [attribute.label for attribute in config.attributes]
        parts = [self._read(one, names) for one in asked]
        self._rows = pd.concat(parts, ignore_index=True)

    def fingerprint(self) -> str:
        """Hash the files."""
        return hashlib.sha256("\n".join(sha256(one.file) for one in self._asked.values()).encode()).hexdigest()

    def rows(self) -> pd.DataFrame:
        """Pairs in the shape of drawn decisions: `row_id`, `input` (the first text), weights and groups."""
        return self._rows

    def ask(self, rows: Sequence[ProbedRow], model: Model) -> list[Outcome]:
        """Ask about both texts, and hold the second decision to what is expected."""
        return variants_asked(rows, model, self.variants, self._fails)

    def variants(self, row: ProbedRow) -> list[Variant]:
        """The second text of a pair."""
        name, second = self._second[row.row_id]
        if second == row.example:
            return [Variant(name, 0, None, "unchanged")]
        return [Variant(name, 0, Version(second, (), name))]

    def _fails(self, variant: Variant, was: str, now: str, f: float, f_after: float) -> bool:
        asked = self._asked[variant.transform]
        return violates(asked.expect, asked.tolerance, changed=was != now, moved=f_after - f)

    def _read(self, asked: PairsConfig, names: Sequence[str]) -> pd.DataFrame:
        where = f"probes.pairs, {asked.called}"
        columns = {asked.first: f"{where}: first", asked.second: f"{where}: second"}
        columns |= {column: f"{where}: groups.{name}" for name, column in asked.groups.items()}
        data = DataConfig(path=asked.file, columns=Columns(input=asked.first))
        frame = pd.concat([batch.to_pandas() for batch in read_batches(data, columns)], ignore_index=True)
        for column in (asked.first, asked.second):
            if (empty := frame[column].isna().to_numpy()).any():
                raise DataError(
                    f"row {int(np.argmax(empty)) + 1}: there is no text in {column!r}", where=str(asked.file)
                )
        ids = [f"{asked.called}:{at}" for at in range(1, len(frame) + 1)]
        second = frame[asked.second].astype(str).tolist()
        self._second |= {row: (asked.called, text) for row, text in zip(ids, second, strict=True)}
        rows = pd.DataFrame({"row_id": ids, "input": frame[asked.first].astype(str)})
        rows = rows.assign(y_true=None, y_pred="", weight=1.0, inclusion_probability=1.0, cluster=None)
        for name, column in zip(names, group_columns(names), strict=True):
            given = frame[asked.groups[name]] if name in asked.groups else pd.Series([None] * len(frame))
            rows[column] = given.astype(object).where(given.notna(), MISSING).astype(str).to_numpy()
        return rows
