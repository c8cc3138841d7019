"""Cells that hold pictures: the path of a file, the content of one, or both, as `datasets` writes them."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from audit.config import DataConfig
from audit.data.cells import holds, plain, unwrapped
from audit.data.door import Readable
from audit.data.values import as_text, flat
from audit.errors import CellError

#: A picture in a canonical batch: the content of a file; or else the path of one, in full.
IMAGE = pa.struct([("bytes", pa.large_binary()), ("path", pa.string())])
_KINDS = "a cell is the path of a file, the bytes of one, or a struct of `bytes` and `path`, as datasets writes images"


def image_cells(array: Any, column: str, path: Readable, first_row: int) -> Any:
    """Bring an Arrow column to text, which is of paths, or to the type `IMAGE`.

    Raises
    ------
    DataError
        For a column of anything else.
    """
    array = unwrapped(array)
    kind = array.type
    if pa.types.is_struct(kind):
        names = [field.name for field in kind]
        if set(names) & {"bytes", "path"}:
            parts = [
                _cast(pc.struct_field(array, name), part, column, path, first_row)
                if name in names
                else pa.nulls(len(array), part)
                for name, part in (("bytes", pa.large_binary()), ("path", pa.string()))
            ]
            return pa.StructArray.from_arrays(parts, ["bytes", "path"])
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        content = array.cast(pa.large_binary())
        return pa.StructArray.from_arrays([content, pa.nulls(len(array), pa.string())], ["bytes", "path"])
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return plain(array, column, path, first_row)
    raise holds(path, column, first_row, f"{kind}, which is no picture", _KINDS)


def _cast(array: Any, kind: pa.DataType, column: str, path: Readable, first_row: int) -> Any:
    try:
        return array.cast(kind)
    except pa.ArrowException:
        raise holds(path, column, first_row, f"{array.type} where {kind} was expected", _KINDS) from None


def read_images(cells: pa.Array | pa.ChunkedArray, column: str, data: DataConfig, rows: pa.Array) -> pa.StructArray:
    """Make pictures of raw cells, of the type `IMAGE`; a missing cell is one of which nothing is known.

    A path that stands beside content is a mere name.

    Parameters
    ----------
    rows
        Row number of every cell.

    Raises
    ------
    DataError
        With column and row, for a path that is not below the folder of the data. Nothing is opened.
    """
    array = flat(cells)
    if pa.types.is_struct(array.type):
        content, paths = pc.struct_field(array, "bytes"), pc.struct_field(array, "path")
    else:
        content, paths = pa.nulls(len(array), pa.large_binary()), array
    paths = as_text(paths, data.missing_values, exact=True)
    paths = pc.if_else(content.is_valid(), pa.scalar(None, pa.string()), paths)
    if data.path.stored and paths.null_count < len(paths):
        at = paths.is_valid().index(True).as_py()
        raise CellError(
            column, rows[at].as_py(), f": {paths[at].as_py()!r} is a path, and these data lie in a store",
            where=str(data.path), hint="put the bytes of pictures into the column, or bring the files to this machine",
        )  # fmt: skip
    folder, out = Path() if data.path.stored else data.folder, []
    for at, name in enumerate(paths.to_pylist()):
        if name is not None and (wrong := _outside(name)):
            raise CellError(
                column, rows[at].as_py(), f": {name!r} {wrong}", where=str(data.path),
                hint="paths start at the folder of the data, and lead to files below it",
            )  # fmt: skip
        out.append(None if name is None else str(folder / name))
    return pa.StructArray.from_arrays([content, pa.array(out, pa.string())], ["bytes", "path"])


def _outside(name: str) -> str | None:
    """Say what is wrong with a path that leads elsewhere, whatever is there."""
    path = PurePath(name)
    if "\0" in name:
        return "is no path: it holds a zero byte"
    if path.is_absolute():
        return "is an absolute path"
    return "leads out of the folder of the data" if ".." in path.parts else None
