"""Answers are read from every kind of file, and every error says where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.errors import DataError
from audit.review.reading import Said, read_file

HEAD = "review_id,reviewer,case,label,comment\n"


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_csv_as_it_was_exported(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", HEAD + 'd1,ann,"a, b\nc",yes,"fine,\nreally"\n,,,,\nd2,ann,x,,\n', "utf-8-sig")
    assert read_file(path) == [
        Said("r.csv", "row 2", "ann", "d1", {"label": "yes", "comment": "fine,\nreally"}),
        Said("r.csv", "row 4", "ann", "d2", {"label": "", "comment": ""}),
    ]


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "utf-8"), ("\t", "utf-16")])
def test_csv_as_spreadsheets_save_it(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = (HEAD + "d1,bo,x,no,\n").replace(",", delimiter)
    assert read_file(write(tmp_path / "r.csv", text, encoding))[0].told["label"] == "no"


def test_a_reviewer_without_a_name_is_called_as_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "kim-label.csv", "review_id,label\nd1,yes\n")
    assert read_file(path)[0].reviewer == "kim"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,label\nd1,yes\n", "no column 'review_id'"),
        ("review_id,case\nd1,x\n", "has none of the columns"),
        ("review_id,label,label\nd1,yes,no\n", "column 'label' occurs more than once"),
        (HEAD + "d1,a,x,yes,one,two\n", "row 2 has 6 cells, and there are 5 columns"),
        (HEAD + "d1,a,x,yes,\n,a,x,no,\n", "row 3 has no review_id"),
        (HEAD + 'd1,a,"x,yes,\n', "is no CSV"),
        ("", "no column"),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as told:
        read_file(write(tmp_path / "r.csv", text))
    assert "r.csv" in str(told.value) and told.value.hint


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes(b"review_id,label\nd1,\xff\n")
    with pytest.raises(DataError, match="line 2 is no UTF-8"):
        read_file(tmp_path / "r.csv")


def test_other_files_are_refused(tmp_path: Path) -> None:
    for name, message in (("r.docx", "no kind of file"), ("missing.csv", "no such file")):
        if name == "r.docx":
            (tmp_path / name).write_bytes(b"x")
        with pytest.raises(DataError, match=message):
            read_file(tmp_path / name)


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    openpyxl = pytest.importorskip("openpyxl")

    def make(**sheets: list[list[Any]]) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "r.xlsx"
        book.save(path)
        return path

    return make


def test_a_workbook_is_read_sheet_by_sheet(workbook: Callable[..., Path]) -> None:
    path = workbook(
        guide=[["What to do"]],
        one=[["review_id", "reviewer", "label"], ["d1", "ann", 1], [None, None, None]],
        two=[["review_id", "reviewer", "biased"], ["d1", "ann", "no"]],
    )
    assert [(said.place, said.told) for said in read_file(path)] == [
        ("sheet 'one', row 2", {"label": "1"}),
        ("sheet 'two', row 2", {"biased": "no"}),
    ]


def test_what_is_no_workbook_is_told(tmp_path: Path, workbook: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="no sheet has a column 'review_id'"):
        read_file(workbook(guide=[["What to do"]]))
    (tmp_path / "broken.xlsx").write_bytes(b"PK no zip")
    with pytest.raises(DataError, match="is no workbook"):
        read_file(tmp_path / "broken.xlsx")


def full(review_id: str, *annotations: dict[str, Any], reviewer: str = "reviewer-1") -> dict[str, Any]:
    return {"id": 1, "data": {"review_id": review_id, "reviewer": reviewer}, "annotations": list(annotations)}


def annotation(by: Any, cancelled: bool = False, **told: str) -> dict[str, Any]:
    results = [
        {"from_name": name, "to_name": "case", "type": "choices", "value": {"choices": [value]}}
        if name != "comment"
        else {"from_name": name, "to_name": "case", "type": "textarea", "value": {"text": [value]}}
        for name, value in told.items()
    ]
    return {"id": 7, "completed_by": by, "was_cancelled": cancelled, "result": results}


def label_studio(tmp_path: Path, *items: dict[str, Any]) -> list[Said]:
    return read_file(write(tmp_path / "export.json", json.dumps(items)))


def test_label_studio_in_full(tmp_path: Path) -> None:
    found = label_studio(
        tmp_path,
        full("d1", annotation(3, label="class-1", biased="no", comment="hm")),
        full("d2", annotation(3, cancelled=True, label="class-2")),
    )
    assert found == [
        Said("export.json", "item 1", "reviewer-1", "d1", {"label": "class-1", "biased": "no", "comment": "hm"})
    ]


def test_label_studio_in_short(tmp_path: Path) -> None:
    item = {"id": 1, "review_id": "d1", "reviewer": "reviewer-2", "case": "x", "annotator": 4, "annotation_id": 9}
    (found,) = label_studio(tmp_path, item | {"label": "class-2", "comment": {"text": ["a", "b"]}})
    assert (found.reviewer, found.told) == ("reviewer-2", {"label": "class-2", "comment": "a\nb"})


def test_several_annotators_of_one_task_are_several_reviewers(tmp_path: Path) -> None:
    found = label_studio(
        tmp_path,
        full("d1", annotation({"id": 3, "email": "a@b.c"}, label="class-1"), annotation(4, label="class-2")),
        full("d2", annotation(4, label="class-1")),
    )
    names = [said.reviewer for said in found]
    assert names == ["reviewer-1, annotator a@b.c", "reviewer-1, annotator 4", "reviewer-1, annotator 4"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "is no list of tasks"),
        ("[", "cannot be read as JSON"),
        ('[{"id": 1, "label": "x"}]', "item 1 has no review_id"),
        ('[{"review_id": "d", "label": {"choices": ["a", "b"]}}]', "item 1 has 2 answers to label"),
    ],
)
def test_what_is_wrong_with_an_export_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_file(write(tmp_path / "export.json", text))
