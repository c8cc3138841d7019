from __future__ import annotations

import builtins
import io
from dataclasses import replace
from typing import Any, get_args

import openpyxl
import pytest

from audit.errors import ConfigError
from audit.report import stories
from audit.report.documents import Telling
from audit.report.papers import grids, xlsx
from audit.report.papers.xlsx import fitting, render_xlsx, sheet_name
from audit.result import ExchangeSummary, GapDecomposition, GapPart, PairEffect
from audit.store.files import sha256
from audit.text import visible
from tests.report.papers.conftest import GROUPS, SECRET, of


@pytest.fixture(scope="module")
def book(told: Telling) -> Any:
    return openpyxl.load_workbook(io.BytesIO(render_xlsx(told)))


def rows_of(sheet: Any) -> list[dict[str, Any]]:
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_one_sheet_for_every_table(book: Any) -> None:
    assert book.sheetnames == [
        *("Summary", "Findings", "Clear gaps", "Rules", "Groups", "Metrics", "Disparities", "Adverse impact"),
        "Impact ratios",
        *("Flag rates", "Flagged decisions"),
    ]
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert all(cell.font.bold for cell in sheet[1])


def test_numbers_are_numbers(book: Any, told: Telling) -> None:
    rows = rows_of(book["Metrics"])
    assert len(rows) == len(told.result.metrics) + len(told.result.adjusted)
    for row, item in zip(rows, [*told.result.metrics, *told.result.adjusted], strict=True):
        assert (row["Value"] is None) == (item.value is None)
        if item.value is not None:
            assert row["Value"] == pytest.approx(item.value)
        assert row["Decisions"] == item.n
    rate = next(cell for row in book["Metrics"].iter_rows(min_row=2) for cell in row if cell.column_letter == "H")
    assert rate.number_format == "0.0%"


def test_findings_are_told_as_everywhere(book: Any, told: Telling) -> None:
    rows = rows_of(book["Findings"])
    assert [row["Finding"] for row in rows] == [
        visible(stories.told(finding, told.t).headline) for finding in told.result.findings.items
    ]
    assert len(rows) == len(told.result.findings.items) > 0
    assert rows[0]["Lowest value"] == pytest.approx(told.result.findings.items[0].measures[0].low_value)


def test_every_kind_of_part_of_a_gap_and_of_pair(told: Telling) -> None:
    kinds = get_args(GapPart.model_fields["kind"].annotation)
    parts = [
        GapPart(
            kind=kind, name="tokens" if kind == "special" else "=word", value=0.1, lower=-0.1, upper=0.3, n=7,
            named=False, words={}, rows=["@row 1"],
        )
        for kind in kinds
    ]  # fmt: skip
    gap = GapDecomposition(
        attributes=["h"], high_group=["x"], low_group=["y"], metrics=["selection_rate"], condition="all", why="found",
        rate_gap=0.1, score_gap=0.1, sampled_gap=0.1, lower=0, upper=0.2, high_n=9, low_n=9, concepts=1, parts=parts,
        closes=None, explains=True, note=None, equal_treatment=None,
    )  # fmt: skip
    pair = PairEffect(
        axis="g", source="a", target="b", both=False, n=9, effective_n=9, clusters=None, flips=2, to_positive=2,
        to_negative=0, flip_rate=2 / 9, lower=0.1, upper=0.4, shift=0.1, shift_lower=None, shift_upper=None,
        token_gap=0.1, token_gap_error=None,
    )  # fmt: skip
    probe = ExchangeSummary(
        kinds=["terms"], languages=["en"], lexicon_sha256=None, axes=["g"], threshold=0.1, score="1", texts=9,
        decisions=9, exchanged=9, refused={}, ambiguous=0, open=0, kept=0, failed=0, pairs=[pair], token_gap=None,
        shown=[],
    )  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO(render_xlsx(of(told, gaps=[gap], exchange=probe))))
    rows = rows_of(book["Parts of gaps"])
    assert len({row["Part"] for row in rows}) == len(rows) == len(kinds)
    assert "word: =word" in {row["Part"] for row in rows}
    (row,) = rows_of(book["Exchanged pairs"])
    assert (row["Flips"], row["Change, lower bound"]) == (2, None)


def test_an_empty_cell_says_why(told: Telling) -> None:
    without = told.result.metrics[0].model_copy(update={"value": None, "note": "no_rows"})
    changed = of(told, metrics=[without])
    (row, *_) = rows_of(openpyxl.load_workbook(io.BytesIO(render_xlsx(changed)))["Metrics"])
    assert row["Value"] is None
    assert row["Why empty"] == "no rows"


def test_text_is_neither_a_formula_nor_a_link(book: Any, told: Telling) -> None:
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    names = {row["Group"] for row in rows_of(book["Metrics"])}
    shown = {group.replace("\u202e", "⟨U+202E⟩") for group in GROUPS}
    assert shown <= names
    assert rows_of(book["Summary"])[0]["In words"] == told.result.title


def test_no_text_of_the_data_is_in_it(book: Any, told: Telling) -> None:
    texts = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not any(SECRET in text for text in texts)
    assert any(text.startswith("@row ") for text in texts)
    public = openpyxl.load_workbook(io.BytesIO(render_xlsx(replace(told, audience="public"))))
    assert "Flagged decisions" not in public.sheetnames


def test_the_same_audit_gives_the_same_bytes(told: Telling, book: Any) -> None:
    assert render_xlsx(told) == render_xlsx(told)
    assert book.properties.created.isoformat() == told.result.timings.finished[:19]
    assert sha256(told.folder.result) in book.properties.description


def test_what_excel_has_no_room_for_is_told(told: Telling, monkeypatch: pytest.MonkeyPatch) -> None:
    # Characters beyond the first plane count twice in Excel.
    long = fitting("😀" * 20_000, told.t)
    assert long.endswith("(cut: 20,000 characters)")
    assert len(long.encode("utf-16-le")) // 2 <= 32_767
    assert fitting("x" * 32_767, told.t) == "x" * 32_767
    assert sheet_name("a/b:" + "c" * 40) == "a b " + "c" * 27
    monkeypatch.setattr(xlsx, "MOST_ROWS", 100)
    sheet = openpyxl.load_workbook(io.BytesIO(render_xlsx(told)))["Metrics"]
    assert sheet.max_row == 100
    left = len(told.result.metrics) + len(told.result.adjusted) - 98
    assert sheet["A100"].value.startswith(f"{left} more rows do not fit")


def test_every_sheet_and_column_has_a_name(told: Telling) -> None:
    for grid in grids.grids(told):
        heads = [told.t(f"paper.column.{code}") for code, _ in grid.columns]
        assert len(set(heads)) == len(heads)
        for row in grid.rows:
            assert len(row) == len(heads)


def test_without_the_package_it_says_what_to_install(told: Telling, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("xlsxwriter"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ConfigError, match=r"fairaudit\[xlsx\]"):
        render_xlsx(told)
