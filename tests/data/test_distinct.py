"""What repeats among many texts, and how many there are, whatever is held in memory."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.data import distinct, median
from audit.data.distinct import Distinct
from audit.data.hashes import among, hashes_of
from audit.data.median import MedianScore
from tests.data.test_median import DATA


@given(st.lists(st.text(max_size=30)))
def test_equal_texts_have_one_hash_and_others_another(texts: list[str]) -> None:
    found = hashes_of(pa.array(texts, pa.string()))
    assert len(found) == len(texts)
    assert len(set(found.tolist())) == len(set(texts))
    whole = pa.array([*texts, "end"], pa.string())
    assert (hashes_of(whole.slice(len(texts) // 2))[:-1] == found[len(texts) // 2 :]).all()


def test_ids_that_differ_little_have_hashes_that_differ(tmp_path: object) -> None:
    texts = [f"{letter}{i}" for letter in ("", "row-", "customer-0000000", "a" * 50) for i in range(50_000)]
    found = hashes_of(pa.chunked_array([texts[:7], texts[7:]]))
    assert len(np.unique(found)) == len(texts)
    # Every bit is set in about half of them: the parts of a spilled table are of like size.
    share = np.unpackbits(found.view(np.uint8)).reshape(len(found), 64).mean(0)
    assert np.all(np.abs(share - 0.5) < 6 * 0.5 / np.sqrt(len(found)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 60)), st.integers(1, 9), st.integers(0, 40))
def test_repeats_are_found_in_memory_and_on_disk(numbers: list[int], size: int, held: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distinct, "MOST_HELD", held)
        with Distinct() as found:
            for at in range(0, len(numbers), size):
                texts = [None if n == 0 else str(n) for n in numbers[at : at + size]]
                found.add(pa.chunked_array([pa.array(texts, pa.string())]))
            counts = Counter(str(n) for n in numbers if n)
            assert found.count() == len(counts)
            twice = pa.array([text for text, n in counts.items() if n > 1], pa.string())
            assert found.repeated().tolist() == sorted(hashes_of(twice).tolist())


def test_hashes_are_looked_up() -> None:
    known = np.array([2, 5, 9], np.uint64)
    assert among(np.array([0, 2, 3, 9, 11], np.uint64), known).tolist() == [False, True, False, True, False]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), min_size=1, max_size=60),
    st.integers(1, 9),
    st.sampled_from([1, 8, 10**6]),
)
def test_the_median_is_the_same_from_the_disk(rows: list[tuple[float, int]], size: int, held: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(median, "MOST_HELD", held)
        table = pa.table({"score": [score for score, _ in rows], "count": [count for _, count in rows]})
        with MedianScore(DATA) as found:
            for _ in found.over(pa.Table.from_batches([batch]) for batch in table.to_batches(max_chunksize=size)):
                pass
            every = np.repeat(*map(np.array, zip(*rows, strict=True)))
            assert found.value() == (float(np.median(every)) if len(every) else None)
