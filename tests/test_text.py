"""Text from outside is shown, not obeyed: by what Unicode says of a character, not by a list of ours."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.text import cut, one_line, visible


@pytest.mark.parametrize(
    "hidden", ["\u2028", "\u2029", "\u034f", "\u3164", "\u115f", "\u17b4", "\U000e0041", "\ufe0f", "\u202e", "\ud800"]
)
def test_what_cannot_be_seen_is_shown_by_its_number(hidden: str) -> None:
    assert visible(f"a{hidden}b") == f"a⟨U+{ord(hidden):04X}⟩b"


def test_every_control_format_and_separator_of_unicode_is_shown() -> None:
    for number in range(sys.maxunicode + 1):
        if unicodedata.category(chr(number)) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and chr(number) not in "\n\t":
            assert visible(chr(number)) == f"⟨U+{number:04X}⟩"


@given(st.text())
def test_no_line_break_of_any_kind_is_left_on_one_line(text: str) -> None:
    shown = one_line(text)
    assert len(shown.splitlines()) <= 1
    assert visible(shown, keep="") == shown


@pytest.mark.parametrize("text", ["plain", "tab\tand\nline", "אבג 好 é", "❤\ufe0f", "👩\u200d💻", "👩🏽\u200d💻"])
def test_what_can_be_seen_stays(text: str) -> None:
    assert visible(text) == text


def test_long_text_is_cut_and_its_length_told() -> None:
    assert cut("x" * 3_000_000, 5) == "xxxxx… (3,000,000 characters)"
    assert len(one_line("\x1b" * 3_000_000)) < 50_000
