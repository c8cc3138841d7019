from __future__ import annotations

import textwrap

import pytest

from audit.report.lines import CLOSING, OPENING, broken, columns, filled


def test_wide_characters_take_two_columns() -> None:
    assert [columns(text) for text in ("abc", "公平性", "公平 a", "e\u0301", "“a”", "，")] == [3, 6, 6, 1, 3, 2]


@pytest.mark.parametrize("width", [24, 40, 60])
def test_words_break_at_blanks(width: int) -> None:
    text = "Share of decisions that flip when groups are exchanged, by gender, by well-known names and a disposition"
    assert broken(text, width, 99) == textwrap.wrap(text, width)


def test_a_word_that_fits_no_line_is_broken() -> None:
    assert broken("a verylongword b", 5, 9) == ["a", "veryl", "ongwo", "rd b"]


@pytest.mark.parametrize("width", [6, 9, 24])
def test_chinese_breaks_anywhere_but_at_the_marks_that_cling(width: int) -> None:
    text = "在被比较的决策中，“攻击群体”（即 offensive）的假正例率：性别、地域与种族。"
    lines = broken(text, width, 99)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(columns(line) <= width for line in lines)
    if width > 9:
        assert not any(line[0] in CLOSING or line[-1] in OPENING for line in lines)
        assert max(columns(line) for line in lines) > width - 6


@pytest.mark.parametrize("width", range(12, 40))
def test_no_line_ends_with_a_mark_that_opens(width: int) -> None:
    lines = broken("exchanging “muslim” for “buddhist” alone, “he” for ‘she’, changes 73 %", width)
    assert not any(line[-1] in OPENING for line in lines)
    assert " ".join(lines) == "exchanging “muslim” for “buddhist” alone, “he” for ‘she’, changes 73 %"


def test_what_is_left_out_is_marked() -> None:
    assert broken("公平性审计报告" * 4, 8, 2) == ["公平性审", "计报告…"]
    assert broken("a b c d e f", 3, 2) == ["a b", "c…"]
    assert broken("", 10, 2) == [""]
    assert broken("  \n ", 10, 2) == [""]


def test_blanks_set_off_only_what_is_not_wide() -> None:
    message = "按 {by} 划分，{n} 个：{by}"
    assert filled(message, {"by": "gender", "n": 3}) == "按 gender 划分，3 个：gender"
    assert filled(message, {"by": "性别", "n": "三"}) == "按性别划分，三个：性别"
    assert filled(message, {"by": "性 别", "n": 3}) == "按性 别划分，3 个：性 别"
    assert filled("by {by} alone, {by} {by}", {"by": "性别"}) == "by 性别 alone, 性别 性别"
    assert filled("{a} {a}，{a} 的", {"a": "甲"}) == "甲 甲，甲的"


def test_messages_are_filled_as_format_does() -> None:
    for message in ("{a:.2f} of {b!r} {{kept}}", "{b} ", " {b}", "{c[0]}"):
        params = {"a": 1.234, "b": " x ", "c": ["y"]}
        assert filled(message, params) == message.format(**params)
