"""What a raw cell is: text, a whole number, a floating one, a boolean, or missing. All that Arrow knows becomes one.

Numbers keep the type they are stored in, since that says how they are spelled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.data.door import Readable
from audit.errors import CellError, DataError

PLAIN_CELLS = "a cell is one text, number or truth value: write lists and objects into columns of their own"


def holds(path: Readable, column: str, row: int, what: str, hint: str = PLAIN_CELLS) -> DataError:
    """Say that one cell of a file is none that an audit can read."""
    return CellError(column, row, f" holds {what}", where=str(path), hint=hint)


def _refuse_filled(array: Any, column: str, path: Readable, first_row: int, what: str, hint: str = PLAIN_CELLS) -> None:
    """Refuse a column of a kind that an audit cannot read, unless there is nothing in it."""
    filled = array.is_valid().to_numpy(zero_copy_only=False).nonzero()[0]
    if len(filled):
        raise holds(path, column, first_row + int(filled[0]), what, hint)


def plain(
    array: Any,
    column: str,
    path: Readable,
    first_row: int,
    classes: Sequence[str] | None = None,
    *,
    lists: bool = False,
) -> Any:
    """Bring an Arrow column to text, numbers or booleans.

    Parameters
    ----------
    first_row
        Row number of its first cell.
    classes
        Names of the class numbers that it holds.
    lists
        Cells may hold lists; these become text, in JSON.

    Raises
    ------
    DataError
        With the row, for a list, an object, bytes that are no text, or a number that no class has.
    """
    array = unwrapped(array)
    if pa.types.is_duration(array.type) or pa.types.is_interval(array.type):
        # Arrow writes it as a bare number, of whatever unit the file happens to count in.
        _refuse_filled(array, column, path, first_row, f"a span of time ({array.type})", "write it as a number")
        return pa.nulls(len(array), pa.string())
    if lists and _is_list(array.type):
        return pa.array(
            [
                written(_by_name(cell, classes, column, path, row))
                for row, cell in enumerate(array.to_pylist(), first_row)
            ],
            pa.string(),
        )
    if pa.types.is_nested(array.type):
        listed = not pa.types.is_struct(array.type) and not pa.types.is_map(array.type)
        _refuse_filled(array, column, path, first_row, "a list" if listed else "an object")
        return pa.nulls(len(array), pa.string())
    if classes is not None and pa.types.is_integer(array.type):
        return _named(array, column, path, first_row, classes)
    number = pa.types.is_integer(array.type) or pa.types.is_floating(array.type)
    if number or pa.types.is_boolean(array.type) or pa.types.is_null(array.type) or array.type == pa.string():
        return _half(array) if pa.types.is_float16(array.type) else array
    try:
        return array.cast(pa.string())
    except (pa.ArrowException, UnicodeError):
        for row, cell in enumerate(array, first_row):
            try:
                pa.array([cell.as_py()], array.type).cast(pa.string())
            except (pa.ArrowException, UnicodeError):
                raise holds(path, column, row, f"{array.type}, which is no text") from None
        raise


def unwrapped(array: Any) -> Any:
    """Return the values themselves, in one piece, however they are stored."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # an empty one combines to itself in some versions
        array = pa.array([], array.type)
    if isinstance(array.type, pa.BaseExtensionType):
        uuids = getattr(array.type, "extension_name", "") == "arrow.uuid"
        array = array.storage
        if uuids:
            cells = array.to_pylist()
            array = pa.array([None if cell is None else str(UUID(bytes=cell)) for cell in cells], pa.string())
    if pa.types.is_run_end_encoded(array.type):
        array = pc.run_end_decode(array)
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _by_name(cell: Any, classes: Sequence[str] | None, column: str, path: Readable, row: int) -> Any:
    """Write the names of class numbers in a list."""
    if cell is None or classes is None or not all(isinstance(code, int) for code in cell):
        return cell
    if wrong := [code for code in cell if not 0 <= code < len(classes)]:
        raise DataError(
            f"column {column!r}, row {row}: {wrong[0]} is the number of no class; there are {len(classes)}, from 0",
            where=str(path),
        )
    return [classes[code] for code in cell]


def written(cell: Any) -> str | None:
    """Write a list as text, which is how all formats hand it on."""
    return None if cell is None else json.dumps(cell, ensure_ascii=False, default=str)


def _half(array: Any) -> Any:
    """Write float16, which Arrow cannot, as the shortest decimals of that precision."""
    values = array.to_numpy(zero_copy_only=False)
    texts = np.where(np.isnan(values), "nan", values.astype(str))
    return pa.array(texts.tolist(), pa.string(), mask=np.isnan(values))


def _named(array: Any, column: str, path: Readable, first_row: int, classes: Sequence[str]) -> Any:
    """Class numbers mean nothing to a reader; -1 is how `datasets` writes "no label"."""
    codes = array.to_pylist()
    for row, code in enumerate(codes, first_row):
        if code is not None and not -1 <= code < len(classes):
            raise DataError(
                f"column {column!r}, row {row}: {code} is the number of no class; there are {len(classes)}, from 0",
                where=str(path),
            )
    return pa.array([None if code is None or code < 0 else classes[code] for code in codes], pa.string())


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Read the names of class numbers that `datasets` keeps in the metadata of Parquet and Arrow files."""
    try:
        features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    if not isinstance(features, Mapping):
        return {}
    named = {column: _of_items(feature) for column, feature in features.items()}
    return {
        column: [str(name) for name in feature["names"]]
        for column, feature in named.items()
        if isinstance(feature, Mapping)
        and feature.get("_type") == "ClassLabel"
        and isinstance(feature.get("names"), list)
    }


def _of_items(feature: Any) -> Any:
    """Of a list, what its items are: `datasets` has written lists in three ways."""
    if isinstance(feature, list) and len(feature) == 1:
        return feature[0]
    listed = isinstance(feature, Mapping) and feature.get("_type") in {"Sequence", "List", "LargeList"}
    return feature.get("feature") if listed else feature
