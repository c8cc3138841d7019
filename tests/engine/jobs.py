"""A job whose parts tell what became of them, and a model that is none: what a scheduler needs, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from audit.engine.job import Advance, Done, Part
from audit.errors import DataError


@dataclass(frozen=True)
class Doubling:
    """Double numbers; refuse the one that is `bad`."""

    bad: int | None = None

    def start(self, adapter: Any) -> Doubling:
        return self

    def prepare(self, part: Part) -> int:
        return 2 * int(part.payload)

    def work(self, part: Part, ready: int, advance: Advance) -> Done:
        if part.payload == self.bad:
            raise DataError(f"{self.bad} cannot be doubled", where="numbers", hint="take another")
        advance(part.size)
        return pa.table({"number": [ready]}), {"doubled": 1}


class Told:
    """A bar that adds up what it is told."""

    def __init__(self) -> None:
        self.total = 0.0

    def update(self, n: float | None = 1, /) -> bool | None:
        self.total += n or 0
        return None


def numbered(count: int) -> list[Part]:
    return [Part(number, 1, number) for number in range(count)]
