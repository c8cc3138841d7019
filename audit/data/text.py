"""Text files, packed or not and in whatever encoding, as one stream of UTF-8."""

from __future__ import annotations

import codecs
import io
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from audit.data.door import Readable, reading
from audit.data.files import PACKED
from audit.errors import DataError, some

#: First bytes of what is no text, and what to do about it.
_OTHERS = {
    b"PAR1": ("a Parquet file", "set data.format to parquet"),
    b"PK\x03\x04": ("a zip archive or an Excel workbook", "unpack it, or save it as CSV"),
    b"\xd0\xcf\x11\xe0": ("an Excel workbook", "save it as CSV"),
    b"ARROW1": ("an Arrow file", "save it as Parquet"),
}
_PACKINGS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
}
#: The longer marks first: that of UTF-32 begins like that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_LOOK = 4096
#: No decoder yields half a character, so it can mark the bytes that were none.
_MARK = "\udfff"

codecs.register_error("audit-mark", lambda error: (_MARK, error.end))  # type: ignore[attr-defined]


@dataclass(frozen=True)
class TextFile:
    """How a text file is packed and encoded."""

    path: Readable
    packing: str | None
    encoding: str
    mark: bytes = b""

    def open_bytes(self) -> Any:
        """Open it unpacked, in its own encoding, after its byte order mark."""
        stream = _unpacked(self.path, self.packing)
        stream.read(len(self.mark))
        return stream

    def open_utf8(self) -> Any:
        """Open it unpacked and in UTF-8."""
        stream = self.open_bytes()
        return stream if self.encoding == "utf-8" else pa.transcoding_input_stream(stream, self.encoding, "utf-8")

    def refuse_encoding(self, error: Exception) -> None:
        """If the cause of an error is text in another encoding, say in which lines."""
        bad: list[str] = []
        with self.open_bytes() as stream:
            lines = io.TextIOWrapper(stream, self.encoding, errors="audit-mark")
            bad += [str(number) for number, line in enumerate(lines, 1) if _MARK in line]
        if bad:
            these = some(bad).replace("'", "")
            raise DataError(
                f"line {these} is not {self.encoding}" if len(bad) == 1 else f"lines {these} are not {self.encoding}",
                where=str(self.path),
                hint="set data.encoding, for example latin-1 or utf-16, or convert the file",
            ) from error


def text_lines(path: Path, encoding: str = "utf-8") -> Iterator[str]:
    """Yield the lines of a text file, without what ends them."""
    with reading(path, "text"):
        file = text_file(path, encoding)
        try:
            with file.open_utf8() as stream:
                for line in io.TextIOWrapper(stream, "utf-8"):
                    yield line.removesuffix("\n")
        except UnicodeError as error:
            file.refuse_encoding(error)
            raise


def _unpacked(path: Readable, packing: str | None) -> Any:
    source: Any = str(path) if isinstance(path, Path) else path.open("rb")
    if packing == "xz":  # which Arrow does not unpack
        return pa.PythonFile(lzma.open(source), mode="r")
    return pa.input_stream(source, compression=packing)


def text_file(path: Readable, encoding: str) -> TextFile:
    """Find out how a file is packed and encoded; a byte order mark counts for more than `encoding`.

    Raises
    ------
    DataError
        If it is no text, or not packed as its name says.
    """
    with path.open("rb") as raw:
        head = raw.read(_LOOK)
    for magic, (what, cure) in _OTHERS.items():
        if head.startswith(magic):
            raise DataError(f"is {what}, not text", where=str(path), hint=cure)
    packing = next((name for magic, name in _PACKINGS.items() if head.startswith(magic)), None)
    named = PACKED.get(path.suffix.lower())
    if named and packing != named:
        raise DataError(
            f"is not packed as its name says ({named})",
            where=str(path),
            hint="it is damaged; or give it the name of what it is",
        )
    if packing:
        with _unpacked(path, packing) as stream:
            head = stream.read(_LOOK)
    if len(head) < _LOOK and not head.strip():
        raise DataError("is empty", where=str(path))
    mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
    marked = _MARKS.get(mark)
    plain = codecs.lookup(encoding).name
    if not marked and plain in {"utf-16", "utf-32"}:
        raise DataError(
            f"does not begin with the byte order mark of {plain}",
            where=str(path),
            hint=f"set data.encoding to {plain}-le or {plain}-be",
        )
    if (
        not marked
        and not plain.startswith("utf-16")
        and not plain.startswith("utf-32")
        and head.count(0) * 5 > len(head)
    ):
        raise DataError(
            "is full of zero bytes, as UTF-16 is without a byte order mark",
            where=str(path),
            hint="set data.encoding to utf-16-le or utf-16-be",
        )
    return TextFile(path, packing, marked or {"utf-8-sig": "utf-8"}.get(plain, plain), mark)
