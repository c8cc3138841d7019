"""Cells become values: text in its one spelling, or numbers. Where a cell is neither, the error has its row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.config import DataConfig
from audit.config.spelling import BLANKS, POWER, TRUTH, WHOLE, as_label
from audit.errors import CellError, DataError

Floats = npt.NDArray[np.float64]

#: Whole numbers below this have a float64 of their own.
MOST_WHOLE = 2**53
_SPELLED_OTHERWISE = "|".join([WHOLE, POWER, "^-0$", f"^(?:{'|'.join(TRUTH)})$"])
_NUMBER = r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$"
_NOT_A_NUMBER = r"^[-+]?(?i:nan)$"
_INFINITE = re.compile(r"[-+]?(inf|infinity)", re.IGNORECASE)


def flat(column: pa.Array | pa.ChunkedArray) -> Any:
    """Return a column as one array."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # an empty chunked array combines to itself in some versions
        array = pa.array([], column.type)
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def as_text(column: pa.Array | pa.ChunkedArray, missing: tuple[str, ...] = ("",), *, exact: bool = False) -> Any:
    """Spell every value as text, missing ones (null, NaN, or a text of `missing`) as null.

    Parameters
    ----------
    exact
        Leave text as it is, blanks included: what a model reads.
    """
    array = flat(column)
    if pa.types.is_floating(array.type):
        array = _each(_shortest(array), lambda text: None if text == "nan" else as_label(float(text)))
    elif array.type != pa.string():
        array = array.cast(pa.string())
    elif not exact:
        array = pc.utf8_trim(array, characters=BLANKS)
        if pc.any(pc.match_substring_regex(array, _SPELLED_OTHERWISE)).as_py():
            array = _each(array, as_label)
    is_missing = pc.is_in(array, value_set=pa.array(list(missing), pa.string()))
    return pc.if_else(is_missing, pa.scalar(None, pa.string()), array)


def identities(column: pa.Array | pa.ChunkedArray, missing: tuple[str, ...]) -> Any:
    """Spell ids and clusters: text without the blanks around it, and otherwise as it stands."""
    array = flat(column)
    if array.type != pa.string():
        return as_text(array, missing)
    return as_text(pc.utf8_trim(array, characters=BLANKS), missing, exact=True)


def _shortest(array: Any) -> Any:
    """Write floats as the shortest decimal of the precision they are stored in."""
    return array.cast(pa.string())


def _each(array: Any, spell: Callable[[str], str | None]) -> Any:
    """Spell every different text once."""
    coded = array.dictionary_encode()
    words = [None if word is None else spell(word) for word in coded.dictionary.to_pylist()]
    return pc.take(pa.array(words, pa.string()), coded.indices)


@dataclass(frozen=True)
class NumberReader:
    """Reads columns of one table as numbers.

    Attributes
    ----------
    rows
        Row number of every cell.
    """

    data: DataConfig
    rows: pa.Array

    def read(self, column: pa.Array | pa.ChunkedArray, name: str, *, truths: bool = False) -> Floats:
        """Read a column as finite numbers, missing as NaN.

        Parameters
        ----------
        truths
            Truth values are numbers, 0 and 1, where a column says which rows belong to a group.

        Raises
        ------
        DataError
            With column and row, for a cell that is no number or not a finite one.
        """
        array = flat(column)
        missing = self.data.missing_values
        if pa.types.is_boolean(array.type) and not truths and array.null_count < len(array):
            at = int(array.is_valid().to_numpy(zero_copy_only=False).nonzero()[0][0])
            raise self.error(name, at, f"{str(array[at]).lower()} is a truth value, not a number", "write 0 and 1")
        if pa.types.is_string(array.type) or pa.types.is_null(array.type):
            values = self._of_text(array.cast(pa.string()), name)
        else:
            if pa.types.is_floating(array.type) and array.type != pa.float64():
                values = _floats(_shortest(array).cast(pa.float64()))
            else:
                values = _floats(array.cast(pa.float64(), safe=False))
            if any(missing):
                values = np.where(as_text(array, missing).is_null().to_numpy(zero_copy_only=False), np.nan, values)
        if np.isinf(values).any():
            at = int(np.flatnonzero(np.isinf(values))[0])
            raise self.error(name, at, f"{array[at].as_py()!r} is not a finite number")
        return values

    def error(self, name: str, at: int, problem: str, hint: str | None = None) -> DataError:
        """Say what is wrong with one cell."""
        return CellError(name, int(self.rows[at].as_py()), f": {problem}", where=str(self.data.path), hint=hint)

    def _of_text(self, text: Any, name: str) -> Floats:
        trimmed = pc.utf8_trim(text, characters=BLANKS)
        absent = pc.or_(
            pc.is_in(trimmed, value_set=pa.array(list(self.data.missing_values), pa.string())),
            pc.match_substring_regex(trimmed, _NOT_A_NUMBER),
        )
        absent = pc.or_(absent, pc.is_in(as_text(trimmed, ()), pa.array(list(self.data.missing_values), pa.string())))
        trimmed = pc.if_else(absent, pa.scalar(None, pa.string()), trimmed)
        plain = trimmed
        if self.data.decimal == ",":
            # A point could only group thousands there, and a number that is read with it would be another one.
            plain = pc.replace_substring(pc.replace_substring(trimmed, ".", "?"), ",", ".")
        good = pc.fill_null(pc.match_substring_regex(plain, _NUMBER), True)
        if not pc.all(good).as_py():
            at = good.index(False).as_py()
            cell = trimmed[at].as_py()
            if _INFINITE.fullmatch(cell):
                raise self.error(name, at, f"{cell!r} is not a finite number")
            raise self.error(name, at, f"{cell!r} is not a number", _cure(cell, self.data.decimal))
        plain = pc.replace_substring_regex(plain, r"^\+", "")
        try:
            return _floats(plain.cast(pa.float64()))
        except pa.ArrowInvalid:  # more digits than Arrow reads
            return np.array([np.nan if cell is None else float(cell) for cell in plain.to_pylist()])


def _floats(array: Any) -> Floats:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.float64)


def _cure(cell: str, decimal: str) -> str:
    if decimal == "." and re.fullmatch(r"[-+]?[0-9]*,[0-9]+", cell, re.ASCII):
        return "data.decimal: ',' reads numbers with a decimal comma"
    if decimal == "," and "." in cell:
        return "data.decimal is ',', so a point is no part of a number"
    return "write numbers with the digits 0 to 9, as 0.25 or 1e-6; data.missing_values lists what means a missing value"
