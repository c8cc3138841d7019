"""What exists when an audit begins is left out of garbage collections until it ends."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from audit.pipeline.heap import settled_heap


@pytest.fixture(autouse=True)
def _nothing_frozen() -> Iterator[None]:
    """Tests see an interpreter in which nobody froze anything; others find what they froze."""
    before = gc.get_freeze_count()
    gc.unfreeze()
    yield
    gc.unfreeze()
    if before:
        gc.freeze()


class Ring:
    """Held by itself: freed by collections alone."""

    def __init__(self) -> None:
        self.me = self


def test_new_garbage_is_collected_and_what_was_there_waits_for_the_end() -> None:
    old = Ring()
    gone = weakref.ref(old)
    with settled_heap():
        assert gc.get_freeze_count()
        del old
        new = Ring()
        gone_too = weakref.ref(new)
        del new
        gc.collect()
        assert gone_too() is None
        assert gone() is not None
    assert not gc.get_freeze_count()
    gc.collect()
    assert gone() is None


def test_it_ends_with_an_error_too() -> None:
    with pytest.raises(ValueError, match="as it comes"), settled_heap():
        raise ValueError("as it comes")
    assert not gc.get_freeze_count()


def test_what_the_process_froze_stays_frozen() -> None:
    gc.freeze()
    frozen = gc.get_freeze_count()
    with settled_heap():
        assert gc.get_freeze_count() == frozen
    assert gc.get_freeze_count() == frozen
