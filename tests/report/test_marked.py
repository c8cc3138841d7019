"""What a decision is about is marked in its text, and a long text is cut around it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from audit.report.marked import AROUND, LONGEST_MARK, WHOLE, WORD, Marked, heat, marked, plain


def said(text: Marked, *, inside: bool | None = None) -> str:
    return "".join(piece["text"] for part in text.parts if inside in (None, part.marked) for piece in part.pieces)


def test_nothing_is_marked_where_all_is_meant() -> None:
    found = marked(plain("x" * 5000), None)
    assert said(found) == "x" * 5000
    assert [part.marked for part in found.parts] == [False]


def test_a_mark_goes_through_pieces_and_keeps_their_colours() -> None:
    text = "Ann saw New York today"
    places = {"starts": [0, 4, 8, 12, 17], "ends": [3, 7, 11, 16, 22], "attributions": [0.0, 0.1, 0.5, 1.0, -0.2]}
    found = marked(heat(text, places), (8, 16))
    assert said(found) == text
    (part,) = [part for part in found.parts if part.marked]
    assert [(piece["text"], piece["value"]) for piece in part.pieces] == [("New", 0.5), (" ", None), ("York", 1.0)]


def test_a_mark_may_begin_and_end_within_a_piece() -> None:
    found = marked(heat("grandmother", {"starts": [0], "ends": [11], "attributions": [0.3]}), (5, 8))
    assert [(part.marked, part.pieces[0]["text"]) for part in found.parts] == [
        (False, "grand"), (True, "mot"), (False, "her"),
    ]  # fmt: skip
    assert all(part.pieces[0]["value"] == 0.3 for part in found.parts)


def test_a_long_text_is_cut_between_words_and_says_what_is_hidden() -> None:
    words = [f"word{i:03}" for i in range(400)]
    text = " ".join(words)
    starts = [i * 8 for i in range(400)]
    values = [1.0] * 400
    at = starts[200]
    found = marked(
        heat(text, {"starts": starts, "ends": [s + 7 for s in starts], "attributions": values}), (at, at + 7)
    )
    shown = said(found)
    assert said(found, inside=True) == "word200"
    assert all(word in words for word in shown.split())
    assert found.before + len(shown) + found.after == len(text)
    assert text[found.before : len(text) - found.after] == shown
    assert found.share is not None
    assert abs(found.share - (1 - len(shown.split()) / 400)) < 1e-9


def test_a_hidden_share_is_unknown_without_attributions() -> None:
    assert marked(plain("a " * 2000), (0, 1)).share is None


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.sampled_from("ab \u202e好"), min_size=1, max_size=3000),
    st.integers(0, 3000),
    st.integers(1, 3000),
)
def test_no_character_is_lost_or_doubled(text: str, start: int, length: int) -> None:
    start = min(start, len(text) - 1)
    end = min(len(text), start + length)
    found = marked(plain(text), (start, end))
    shown = said(found)
    assert text[found.before : len(text) - found.after] == shown
    assert text[start:end].startswith(said(found, inside=True))
    assert said(found, inside=True)
    if len(text) > WHOLE:
        assert len(shown) <= 2 * (AROUND + WORD) + LONGEST_MARK
    else:
        assert shown == text
