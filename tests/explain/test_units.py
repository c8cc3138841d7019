"""Tokens added up to whole words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.explain.integrate.units import SPECIAL, unit_codes, unit_sums, units_of, words_of
from audit.models.adapter import Encoded


def decision(text: str, tokens: list[tuple[int, int, int, float]]) -> dict[str, object]:
    """Tokens are word, start, end, attribution."""
    words, starts, ends, phi = (list(column) for column in zip(*tokens, strict=True)) if tokens else ([], [], [], [])
    return {"input": text, "words": words, "starts": starts, "ends": ends, "phi": phi}


TABLE = pd.DataFrame(
    [
        decision(
            "Unfair play!",
            [(-1, 0, 0, 0.1), (0, 0, 2, 0.2), (0, 2, 6, 0.3), (1, 7, 11, -0.5), (2, 11, 12, 0.0), (-1, 0, 0, 0.2)],
        ),
        decision("", []),
        # A model without special tokens, whose tokenizer numbers words in an order of its own.
        decision("b a", [(1, 0, 1, 1.0), (0, 2, 3, 2.0)]),
        decision("", [(-1, 0, 0, 0.5)]),
    ]
)


def test_sub_words_are_one_unit_and_special_tokens_come_first() -> None:
    units = units_of(TABLE, "phi")
    assert units.rows.tolist() == [0, 0, 0, 0, 2, 2, 3]
    assert units.numbers.tolist() == [SPECIAL, 0, 1, 2, 0, 1, SPECIAL]
    assert units.words(TABLE["input"].tolist()) == ["", "unfair", "play", "!", "b", "a", ""]
    assert units.phi == pytest.approx([0.3, 0.5, -0.5, 0.0, 1.0, 2.0, 0.5])
    assert units.slices(4) == [slice(0, 4), slice(4, 4), slice(4, 6), slice(6, 7)]


def test_a_place_touches_the_words_it_shares_a_character_with() -> None:
    units = units_of(TABLE, "phi")
    first, empty, second, _ = units.slices(4)
    assert units.touching(first, 0, 1).tolist() == [1]
    assert units.touching(first, 5, 8).tolist() == [1, 2]
    assert units.touching(first, 6, 7).tolist() == []
    assert units.touching(second, 2, 3).tolist() == [5]
    assert units.touching(empty, 0, 9).tolist() == []


@given(st.lists(st.integers(-1, 4), min_size=1, max_size=9), st.booleans())
@settings(max_examples=60)
def test_an_encoded_input_and_its_row_of_the_table_are_numbered_alike(words: list[int], named: bool) -> None:
    special = np.array(words) < 0
    spans = np.column_stack([np.arange(len(words)), np.arange(len(words)) + 1]).astype(np.int32)
    item = Encoded(np.zeros(len(words), np.int64), None, spans, special, False, np.array(words) if named else None)
    phi = np.arange(1, len(words) + 1, dtype=np.float32)
    row = {"words": words_of(item), "starts": spans[:, 0], "ends": spans[:, 1], "phi": phi}
    units = units_of(pd.DataFrame([row]), "phi")
    codes = unit_codes(item)
    assert ((codes == SPECIAL) == special).all()
    kept = units.numbers != SPECIAL
    assert units.numbers[kept].tolist() == list(range(codes.max(initial=-1) + 1))
    assert units.phi[kept].tolist() == unit_sums(phi, codes).tolist()


@given(st.lists(st.lists(st.integers(-1, 4), max_size=9), max_size=6))
@settings(max_examples=60)
def test_nothing_is_lost_and_units_are_numbered_as_they_stand(words: list[list[int]]) -> None:
    rows = [decision("", [(w, i, i + 1, float(i + 1)) for i, w in enumerate(row)]) for row in words]
    table = pd.DataFrame(rows, columns=["input", "words", "starts", "ends", "phi"])
    units = units_of(table, "phi")
    for row, (given_words, of) in enumerate(zip(words, units.slices(len(words)), strict=True)):
        assert (units.rows[of] == row).all()
        assert units.phi[of].sum() == pytest.approx(len(given_words) * (len(given_words) + 1) / 2)
        order = list(dict.fromkeys(word for word in given_words if word >= 0))
        numbers = units.numbers[of].tolist()
        assert numbers == [*([SPECIAL] if -1 in given_words else []), *range(len(order))]
        sums = {word: sum(i + 1.0 for i, w in enumerate(given_words) if w == word) for word in order}
        assert units.phi[of][np.array(numbers, int) >= 0].tolist() == pytest.approx([sums[word] for word in order])
