"""Stray quotes that join rows, and quotes that nothing took off, are noted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.cli import call
from audit.config import DataConfig
from audit.data.quotes import quote_notes
from audit.errors import ExitCode


def notes(folder: Path, text: str, name: str = "rows.csv", **keys: object) -> list[tuple[str, dict[str, object]]]:
    (folder / name).write_bytes(text.encode())
    return [(note.code, note.params) for note in quote_notes(DataConfig(path=folder / name, **keys))]


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("last", [3, 4, 7])
def test_two_stray_quotes_that_join_rows(tmp_path: Path, break_: str, place: int, last: int) -> None:
    table = [[str(i), f"word {i}", "F"] for i in range(1, 9)]
    table[1][place] = '"' + table[1][place]
    table[last - 1][place] += '"'
    text = break_.join(map(",".join, [["id", "text", "sex"], *table]))
    assert notes(tmp_path, text) == [("quotes_join_rows", {"n": 1, "row": 2})]
    assert notes(tmp_path, text, quote="") == []


@pytest.mark.parametrize(
    "cell", ["two\nlines", "one, two\nand three", "so,\nso,\nso", "x,y\n", "first, second\nthird, fourth"]
)
def test_prose_is_no_row(tmp_path: Path, cell: str) -> None:
    rows = "".join(f'{i},"{cell}",F\n' for i in range(1, 9))
    assert notes(tmp_path, "id,text,sex\n" + rows) == []


def test_a_cell_of_one_column_is_never_a_row(tmp_path: Path) -> None:
    assert notes(tmp_path, 'text\n"a\nb"\n') == []


def test_quotes_that_nothing_took_off(tmp_path: Path) -> None:
    text = 'a\tb\n1\t"x"\n2\ty"\n3\t"z, ""w"""\n4\t"\n"5"\t"6"\n'
    assert notes(tmp_path, text, "rows.tsv") == [("quotes_kept", {"n": 3, "row": 1})]
    assert notes(tmp_path, 'a\tb\n1\t"x"\n', "rows.tsv", quote='"') == []


def test_rows_are_counted_through_the_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("a\tb\n1\tx\n2\ty\n")
    (tmp_path / "b.tsv").write_text('a\tb\n1\tx\n2\t"y"\n')
    (note,) = quote_notes(DataConfig(path=tmp_path))
    assert note.params == {"n": 1, "row": 4}


def test_other_formats_have_no_quotes(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"a": "\\"x\\""}\n')
    assert quote_notes(DataConfig(path=tmp_path / "rows.jsonl")) == []


def test_the_result_tells_of_them(tmp_path: Path) -> None:
    body = "".join(f"{i},{'yes' if i % 3 else 'no'},{'FM'[i % 2]},word\n" for i in range(1, 41))
    body = body.replace("\n6,no,F,word", '\n6,no,F,"word').replace("\n9,no,M,word", '\n9,no,M,word"')
    (tmp_path / "rows.csv").write_text("id,pred,sex,note\n" + body)
    (tmp_path / "audit.yaml").write_text(
        'data: {path: rows.csv, columns: {prediction: pred}, positive_label: "yes"}\nattributes: [sex]\n'
    )
    assert call(["run", str(tmp_path / "audit.yaml"), "--quiet"]) == ExitCode.PASSED
    result = json.loads((tmp_path / "runs" / "audit" / "result.json").read_text())
    assert {"code": "quotes_join_rows", "params": {"n": 1, "row": 6}} in result["notes"]
    assert result["data"]["rows"] == 37


@pytest.mark.parametrize("cell", ['"hello"x', '"he said "hi", then left"', '"a\nb"c', '"" x'])
@pytest.mark.parametrize("break_", ["\n", "\r\n"])
def test_text_after_a_closing_quote_is_told(tmp_path: Path, cell: str, break_: str) -> None:
    rows = ["id,text,sex", "1,fine,F", '2,"quoted, ""too""",F', f"3,{cell},F"]
    if cell.count(",") > 0:
        rows[0] += ",more"
        rows[1:3] = [row + "," for row in rows[1:3]]
    assert notes(tmp_path, break_.join(rows) + break_) == [("quotes_go_on", {"row": 3})]


@pytest.mark.parametrize("cell", ['5"x', 'so "called" thing', '"said ""hi"" there"', '"""x"""', '""', "it's"])
def test_other_quotes_are_no_such_cells(tmp_path: Path, cell: str) -> None:
    assert notes(tmp_path, f"id,text,sex\n1,{cell},F\n2,x,M\n") == []


def test_escaped_quotes_are_no_ends(tmp_path: Path) -> None:
    text = 'skipped\nid,text\n1,"a \\"b\\" c"\n'
    assert notes(tmp_path, text, escape="\\", skip_rows=1) == []
    assert notes(tmp_path, text, skip_rows=1) == [("quotes_go_on", {"row": 1})]
