from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import ModelError
from audit.models.engine import MOST_PADDING, BatchRunner, ahead, fill_batches


@given(st.lists(st.integers(1, 600), max_size=60), st.integers(16, 512))
def test_batches_hold_every_item_once_within_the_budget(lengths: list[int], budget: int) -> None:
    batches = fill_batches(lengths, budget)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget
    longest = [max(lengths[i] for i in batch) for batch in batches]
    assert longest == sorted(longest, reverse=True)


@given(st.lists(st.integers(1, 600), max_size=60), st.integers(16, 20_000), st.integers(1, 3000))
def test_a_large_batch_is_hardly_padding(lengths: list[int], budget: int, busy: int) -> None:
    batches = fill_batches(lengths, budget, busy)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        padded = len(batch) * max(lengths[i] for i in batch)
        assert len(batch) == 1 or padded <= budget
        # Before its last item came in, it was small or full of tokens.
        before = padded - max(lengths[i] for i in batch)
        assert before < busy or padded - sum(lengths[i] for i in batch) <= MOST_PADDING * padded


def test_a_batch_that_is_not_busy_takes_in_what_is_shorter() -> None:
    lengths = [100] * 10 + [20] * 100
    assert [len(batch) for batch in fill_batches(lengths, 32_768, busy=2000)] == [20, 90]
    assert [len(batch) for batch in fill_batches(lengths, 32_768, busy=1000)] == [10, 100]
    assert [len(batch) for batch in fill_batches(lengths, 1024)] == [10, 51, 49]


def test_order_is_restored_and_work_counted() -> None:
    runner = BatchRunner(10)
    done: list[int] = []
    out = runner.run([3, 9, 1, 5, 2], lambda item: item, lambda batch: [-item for item in batch], done.append)
    assert out == [-3, -9, -1, -5, -2]
    assert sum(done) == 5
    assert runner.batches == len(done)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_out_of_memory_halves_the_batch_and_goes_on(error: BaseException) -> None:
    runner = BatchRunner(16)

    def work(batch: list[int]) -> list[int]:
        if sum(batch) > 4:
            raise error
        return batch

    assert runner.run([2, 1, 2, 1, 1, 2], lambda item: item, work) == [2, 1, 2, 1, 1, 2]
    assert runner.budget <= 4


def test_one_item_that_does_not_fit_is_an_error() -> None:
    def work(batch: list[int]) -> list[int]:
        raise torch.OutOfMemoryError("out of memory")

    with pytest.raises(ModelError, match="one input of 7 tokens"):
        BatchRunner(64).run([7, 7], lambda item: item, work)


def test_other_errors_are_not_swallowed() -> None:
    def work(batch: list[int]) -> list[int]:
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        BatchRunner(64).run([1], lambda item: item, work)


def test_items_are_prepared_one_ahead_and_errors_arrive() -> None:
    assert list(ahead(range(4), lambda i: i * i)) == [(0, 0), (1, 1), (2, 4), (3, 9)]
    assert list(ahead([], str)) == []
    with pytest.raises(ZeroDivisionError):
        list(ahead([1, 0], lambda i: 1 // i))
