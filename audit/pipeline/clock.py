"""Seconds per stage, and parts computed or reused: what may differ between two runs of one audit."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass
class Clock:
    """Keeps the time of one run."""

    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    seconds: dict[str, float] = field(default_factory=dict)
    computed: int = 0
    reused: int = 0

    def timing(self, stage: str) -> _Stage:
        """Time one stage."""
        return _Stage(self, stage)


@dataclass
class _Stage:
    clock: Clock
    name: str
    began: float = 0.0

    def __enter__(self) -> None:
        self.began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.clock.seconds[self.name] = round(time.perf_counter() - self.began, 3)
