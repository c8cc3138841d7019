"""Progress on stderr: a bar with rate and time left. Never a word of audited text."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Bar(Protocol):
    """How far one stage is."""

    def update(self, n: float | None = 1, /) -> bool | None:
        """Say that n more are done."""


class Progress:
    """Shows how far a stage is.

    Parameters
    ----------
    quiet
        Show nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet

    @contextmanager
    def stage(self, title: str, total: int, unit: str) -> Iterator[Bar]:
        """Open the bar of one stage; call `update(n)` on it."""
        from tqdm import tqdm

        # A log file gets a line now and then instead of a bar that rewrites itself.
        interval = 0.2 if sys.stderr.isatty() else 15.0
        with tqdm(
            desc=f"{title:<12}",
            total=total,
            unit=f" {unit}",
            file=sys.stderr,
            disable=self._quiet,
            mininterval=interval,
            dynamic_ncols=True,
            smoothing=0.1,
        ) as bar:
            yield bar
