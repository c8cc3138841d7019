"""CSV: one reader for header and body, quotes, escapes, and files without a header."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.cli import call
from audit.data import csv_files
from audit.errors import AuditError, DataError, ExitCode
from tests.data.reading import cells, rows


def write(folder: Path, text: str, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_a_quote_is_plain_text_between_tabs(tmp_path: Path) -> None:
    body = "".join(f"{i}\tyes\t{chr(34) + 'hello' if i % 7 == 6 else 'word'}\n" for i in range(1, 41))
    path = write(tmp_path, "id\tpred\tnote\n" + body, "rows.tsv")
    assert cells(path, "id") == [[str(i) for i in range(1, 41)]]
    assert cells(path, "note")[0][5] == '"hello'


@pytest.mark.parametrize("name", ["rows.tsv", "rows.TSV", "rows.tab"])
def test_a_quote_between_tabs_can_be_asked_for(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, 'a\tb\n1\t"x\ty"\n2\t"p\nq"\n', name)
    assert rows(path, "a", "b", quote='"') == [("1", "x\ty"), ("2", "p\nq")]
    with pytest.raises(DataError, match=r"ragged rows(.|\n)*set data.quote to '\"'"):
        rows(path, "a")


def test_quotes_can_be_other_characters_or_none(tmp_path: Path) -> None:
    assert rows(write(tmp_path, "a;b\n'x;y';2\n"), "a", "b", delimiter=";", quote="'") == [("x;y", "2")]
    assert rows(write(tmp_path, 'a,b\n"x,2\n'), "a", "b", quote="") == [('"x', "2")]


def test_an_escape_takes_a_character_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,b\n"say \\"hi\\", please",2\nx\\,y,3\n')
    assert rows(path, "a", "b", escape="\\") == [('say "hi", please', "2"), ("x,y", "3")]


@pytest.mark.parametrize("break_", ["\n", "\r", "\r\n"])
def test_every_kind_of_line_break_ends_a_row(tmp_path: Path, break_: str) -> None:
    path = write(tmp_path, break_.join(["a,b", "1,2", "", "3,4"]))
    assert rows(path, "b", "a") == [("2", "1"), ("4", "3")]


def test_the_header_is_read_like_every_row(tmp_path: Path) -> None:
    path = write(tmp_path, '\n\n"of two\nlines", "b ",c"d\n1,2,3\n')
    assert rows(path, "of two\nlines", 'c"d') == [("1", "3")]
    assert rows(write(tmp_path, "id; sex ;x\n1;F;2\n"), "sex", delimiter=";") == [("F",)]


def test_lines_before_the_header_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, 'Report "of" May\nmade, by, hand\na,b\n1,2\n3\n')
    with pytest.raises(DataError, match=r"1 ragged rows.*row 2\n"):
        rows(path, "a", skip_rows=2)
    assert rows(write(tmp_path, "junk\na,b\n1,2\n"), "b", skip_rows=1) == [("2",)]


def test_files_without_a_header(tmp_path: Path) -> None:
    path = write(tmp_path, "1,F\n2,M\n")
    assert rows(path, "1", "2", header=False) == [("1", "F"), ("2", "M")]
    assert rows(path, "sex", header=["id", "sex"]) == [("F",), ("M",)]
    with pytest.raises(DataError, match=r"has 2 columns, and data\.header names 3"):
        rows(path, "sex", header=["id", "sex", "age"])
    with pytest.raises(DataError, match=r"ragged.*row 3\n"):
        rows(write(tmp_path, "1,F\n2,M\n3\n"), "1", header=False)


def test_a_quote_that_is_never_closed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ('a,b\n1,2\n3,"4\n5,6\n', 'a,b\n1,2\n3,"4\n5,6', 'a,b\n1,"', 'a,b\n"1,2\n3,4\n'):
        with pytest.raises(DataError, match=r"never closed\n.*data.quote"):
            rows(write(tmp_path, text), "a")
    monkeypatch.setattr(csv_files, "BLOCK_BYTES", 1 << 10)
    with pytest.raises(DataError, match=r"longer than (.|\n)*data.quote"):
        rows(write(tmp_path, 'a,b\n1,"' + "5,6\n" * 1000), "a")


def test_a_column_that_holds_the_end_of_the_table_is_read_whole(tmp_path: Path) -> None:
    path = write(tmp_path, f"a,b\n{csv_files.END},1\n{csv_files.END},2")
    assert len(rows(path, "a", "b")) == 2


def test_the_wrong_delimiter_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has one column only, 'a;b'\n.*told apart by ';'"):
        rows(write(tmp_path, "a;b\n1;2\n"), "a")
    with pytest.raises(DataError, match=r'Then set data\.delimiter: "\\t"'):
        rows(write(tmp_path, "a\tb\n1\t2\n"), "a")


@pytest.mark.parametrize("text", ["", "\n\n", " \r\n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(AuditError, match="is empty"):
        rows(write(tmp_path, text), "a")


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    assert rows(write(tmp_path, "a,b"), "a") == rows(write(tmp_path, "a,b\n"), "a") == []


def test_the_nearest_column_is_named_whatever_its_case(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="did you mean 'Sex'"):
        rows(write(tmp_path, "id,Sex\n1,F\n"), " sex")


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ({"delimiter": ",", "quote": ","}, "must differ"),
        ({"delimiter": "\n"}, "no plain character"),
        ({"delimiter": "\\t"}, r'has 2 characters and must be one; a tab is written "\\t", within double quotes'),
        ({"delimiter": ""}, "at least 1"),
        ({"quote": "''"}, r"has 2 characters and must be one \["),
        ({"quote": "„"}, "no plain character"),
        ({"encoding": "utf9"}, "no encoding"),
        ({"encoding": "hex"}, "no encoding"),
        ({"skip_rows": -1}, "greater"),
    ],
)
def test_keys_that_cannot_be(tmp_path: Path, keys: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        rows(write(tmp_path, "a\n1\n"), "a", **keys)


def test_a_key_that_means_nothing_to_the_format_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, '{"a": 1}', "rows.jsonl")
    with pytest.raises(AuditError, match=r"data\.quote: means nothing to jsonl"):
        rows(path, "a", quote="'")


def test_columns_are_named_by_number_from_the_configuration(tmp_path: Path) -> None:
    write(tmp_path, "".join(f"{i % 2},{'FM'[i // 2 % 2]},test\n" for i in range(40)) + "1,F,train\n")
    (tmp_path / "audit.yaml").write_text(
        "data: {path: rows.csv, header: false, columns: {prediction: 1}, where: {3: test}}\nattributes: [2]\n"
    )
    assert call(["validate", str(tmp_path / "audit.yaml")]) == ExitCode.PASSED
    (tmp_path / "audit.yaml").write_text("data: {path: rows.csv, columns: {prediction: 1.5}}\nattributes: [true]\n")
    assert call(["validate", str(tmp_path / "audit.yaml")]) == ExitCode.USAGE
