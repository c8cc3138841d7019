"""Progress on stderr: a bar with rate and time left, or a line for each stage. Never a word of audited text."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from audit.say import say


class Bar(Protocol):
    """How far one stage is."""

    def update(self, n: float | None = 1, /) -> bool | None:
        """Say that n more are done."""


#: A log gets a line from a long stage every so many seconds: CI systems end jobs that say nothing for ten minutes.
HEARTBEAT = 300.0


class Lines:
    """A stage in a log file: one line when it is done, and one now and then while a long one goes on.

    Parameters
    ----------
    title, total, unit
        What is done, to how many, and what they are.
    heartbeat
        Seconds between two lines of a stage that is not done.
    """

    def __init__(self, title: str, total: int, unit: str, heartbeat: float = HEARTBEAT) -> None:
        self._title, self._total, self._unit, self._heartbeat = title, total, unit, heartbeat
        self._began = self._told = time.monotonic()
        self._done = 0.0

    def update(self, n: float | None = 1, /) -> bool | None:
        """Say that n more are done."""
        self._done += n or 0
        if time.monotonic() - self._told >= self._heartbeat:
            self._told = time.monotonic()
            self._tell(f"{self._done:,.0f} of {self._total:,}")
        return None

    def close(self) -> None:
        """Say that the stage has ended, whether or not everything was done."""
        whole = self._done >= self._total
        self._tell(f"{self._done:,.0f}" if whole else f"{self._done:,.0f} of {self._total:,}")

    def _tell(self, done: str) -> None:
        seconds = time.monotonic() - self._began
        rate = f", {self._done / seconds:,.1f} {self._unit}/s" if seconds > 0 else ""
        say(f"{self._title}: {done} {self._unit} in {seconds:,.1f} s{rate}", err=True)


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
        if not self._quiet and not sys.stderr.isatty():
            lines = Lines(title, total, unit)
            try:
                yield lines
            finally:
                lines.close()
            return
        from tqdm import tqdm

        with tqdm(
            desc=f"{title:<12}",
            total=total,
            unit=f" {unit}",
            file=sys.stderr,
            disable=self._quiet,
            mininterval=0.2,
            dynamic_ncols=True,
            smoothing=0.1,
        ) as bar:
            yield bar
