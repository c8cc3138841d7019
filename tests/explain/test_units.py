"""Units of explained decisions, laid out one after the other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.explain.integrate.units import FRAME, units_of
from audit.models import adapter
from audit.models.whole_words import whole_words


def decision(text: str, units: list[tuple[int, int, float]], frame: float) -> dict[str, object]:
    """Units are start, end, attribution."""
    starts, ends, phi = (list(column) for column in zip(*units, strict=True)) if units else ([], [], [])
    return {"input": text, "starts": starts, "ends": ends, "phi": phi, "frame": frame}


TABLE = pd.DataFrame(
    [
        decision("Unfair play!", [(0, 6, 0.5), (7, 11, -0.5), (11, 12, 0.0)], 0.3),
        decision("", [], 0.0),
        decision("b a", [(0, 1, 1.0), (2, 3, 2.0)], 0.0),
        decision("", [], 0.5),
    ]
)


def test_the_frame_comes_first_and_then_the_words_as_they_stand() -> None:
    units = units_of(TABLE, "phi")
    assert FRAME == adapter.FRAME
    assert units.rows.tolist() == [0, 0, 0, 0, 1, 2, 2, 2, 3]
    assert units.numbers.tolist() == [FRAME, 0, 1, 2, FRAME, FRAME, 0, 1, FRAME]
    assert units.called(TABLE["input"].tolist()) == ["", "unfair", "play", "!", "", "", "b", "a", ""]
    assert units.phi.tolist() == [0.3, 0.5, -0.5, 0.0, 0.0, 0.0, 1.0, 2.0, 0.5]
    assert units.slices(4) == [slice(0, 4), slice(4, 5), slice(5, 8), slice(8, 9)]
    assert len(units_of(TABLE[:0], "phi").rows) == 0


def test_a_place_touches_the_words_it_shares_a_character_with() -> None:
    units = units_of(TABLE, "phi")
    first, empty, second, _ = units.slices(4)
    assert units.touching(first, 0, 1).tolist() == [1]
    assert units.touching(first, 5, 8).tolist() == [1, 2]
    assert units.touching(first, 6, 7).tolist() == []
    assert units.touching(second, 2, 3).tolist() == [7]
    assert units.touching(empty, 0, 9).tolist() == []


@given(st.lists(st.integers(-1, 4), max_size=9))
def test_nothing_is_lost_and_units_are_numbered_as_they_stand(words: list[int]) -> None:
    spans = np.column_stack([np.arange(len(words)), np.arange(len(words)) + 1]).astype(np.int32)
    units, places = whole_words("x" * len(words), spans, np.array(words, np.int32))
    order = list(dict.fromkeys(word for word in words if word >= 0))
    assert units.tolist() == [order.index(word) if word >= 0 else FRAME for word in words]
    mine = {word: [i for i, other in enumerate(words) if other == word] for word in order}
    assert places.tolist() == [[min(mine[word]), max(mine[word]) + 1] for word in order]
    phi = np.arange(1.0, len(words) + 1)
    sums, frame = adapter.Encoded({}, units, places, truncated=False).by_unit(phi)
    assert sums.tolist() == [sum(i + 1.0 for i in mine[word]) for word in order]
    assert frame + sums.sum() == pytest.approx(phi.sum())
