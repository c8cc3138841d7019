"""Text in whatever encoding, packed or not."""

from __future__ import annotations

import codecs
from pathlib import Path

import pyarrow as pa
import pytest

from audit.data.text import text_lines
from audit.errors import DataError
from tests.data.reading import rows

TEXT = "prüf,text\n1,naïve 𝒳\n0,中文\n"
JSON = '{"prüf": 1, "text": "naïve 𝒳"}\n{"prüf": 0, "text": "中文"}\n'
EXPECTED = [("1", "naïve 𝒳"), ("0", "中文")]
MARKED = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


@pytest.mark.parametrize("encoding", MARKED)
@pytest.mark.parametrize(("suffix", "text"), [("csv", TEXT), ("jsonl", JSON)])
def test_a_byte_order_mark_tells_the_encoding(tmp_path: Path, encoding: str, suffix: str, text: str) -> None:
    path = tmp_path / f"rows.{suffix}"
    path.write_bytes(MARKED[encoding] + text.encode(encoding))
    assert rows(path, "prüf", "text") == EXPECTED
    assert rows(path, "prüf", "text", encoding=encoding) == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be", "gb18030"])
@pytest.mark.parametrize(("suffix", "text"), [("csv", TEXT), ("jsonl", JSON)])
def test_an_encoding_can_be_named(tmp_path: Path, encoding: str, suffix: str, text: str) -> None:
    path = tmp_path / f"rows.{suffix}"
    path.write_bytes(text.encode(encoding))
    assert rows(path, "prüf", "text", encoding=encoding) == EXPECTED


def test_a_table_that_excel_saved_as_unicode_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    path.write_bytes('id\ttext\r\n1\t"two\nlines"\r\n2\t"a ""b"""\r\n'.encode("utf-16"))
    keys = {"format": "csv", "delimiter": "\t", "quote": '"'}
    assert rows(path, "id", "text", **keys) == [("1", "two\nlines"), ("2", 'a "b"')]


def test_utf16_without_a_mark_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(TEXT.encode("utf-16-le"))
    with pytest.raises(DataError, match=r"zero bytes(.|\n)*utf-16-le"):
        rows(path, "text")


def test_utf16_that_is_cut_within_a_character(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(TEXT.encode("utf-16")[:-1])
    with pytest.raises(DataError, match="line 3 is not utf-16-le"):
        rows(path, "text")


def test_lines_in_another_encoding_are_counted_whatever_ends_them(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a,b\r1,\xe9\r2,x\r3,\xe8\r")
    with pytest.raises(DataError, match="lines 2, 4 are not utf-8"):
        rows(path, "b")


@pytest.mark.parametrize(("packing", "suffix"), [("gzip", "gz"), ("bz2", "bz2"), ("zstd", "zst"), ("lz4", "lz4")])
@pytest.mark.parametrize(("kind", "text"), [("csv", TEXT), ("jsonl", JSON)])
def test_packed_files(tmp_path: Path, packing: str, suffix: str, kind: str, text: str) -> None:
    for name in (f"rows.{kind}.{suffix}", f"named-otherwise.{kind}"):
        with pa.output_stream(str(tmp_path / name), compression=packing) as stream:
            stream.write(text.encode("utf-16"))
        assert rows(tmp_path / name, "prüf", "text") == EXPECTED


def test_a_file_that_is_not_what_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    path.write_text(TEXT)
    with pytest.raises(DataError, match="not packed as its name says"):
        rows(path, "text")
    path = tmp_path / "rows.csv"
    path.write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(DataError, match="Excel workbook"):
        rows(path, "text")


def test_lines_of_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes("one\r\n\ntwo\u2028still two\n".encode("utf-16"))
    assert list(text_lines(path)) == ["one", "", "two\u2028still two"]
    path.write_bytes(b"one\n\xff\n")
    with pytest.raises(DataError, match="line 2 is not utf-8"):
        list(text_lines(path))
