"""Windows over long documents: each word is decided once, where it has most context."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audit.models.word_windows import cut_into_windows


@given(st.lists(st.integers(1, 9), max_size=120), st.integers(1, 40))
def test_each_word_is_decided_in_one_window_that_holds_its_first_token(lengths: list[int], room: int) -> None:
    windows = cut_into_windows(np.array(lengths, np.int64), room)
    starts = np.cumsum([0, *lengths])
    assert sorted(word for window in windows for word in window.words.tolist()) == list(range(len(lengths)))
    for window in windows:
        assert 0 < window.last - window.first <= room
        assert window.first in starts
        assert (window.last in starts) != window.cut
        assert all(window.first <= starts[word] < window.last for word in window.words)
    assert not any(window.cut for window in windows) or max(lengths) > room


@given(st.integers(2, 300), st.integers(8, 40))
def test_a_word_has_an_eighth_of_a_window_on_either_side(words: int, room: int) -> None:
    for window in cut_into_windows(np.ones(words, np.int64), room):
        for word in window.words.tolist():
            assert window.first == 0 or word - window.first >= room // 8
            assert window.last == words or window.last - 1 - word >= room // 8 - 1


def test_a_document_that_fits_is_one_window() -> None:
    for room in (12, None):
        (window,) = cut_into_windows(np.full(6, 2), room)
        assert (window.first, window.last, window.words.tolist()) == (0, 12, list(range(6)))
    assert cut_into_windows(np.array([], np.int64), 12) == []
