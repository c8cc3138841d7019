"""Many workers, wherever they are: what the scheduler tells them, and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from audit.engine.desk import Begin


@dataclass(frozen=True)
class Ready:
    """A worker has loaded its model."""

    worker: int


@dataclass(frozen=True)
class Finished:
    """A worker has written the shard of a part."""

    worker: int
    number: int


@dataclass(frozen=True)
class Failed:
    """A worker raised an error, which ends the audit as it would in this process."""

    worker: int
    error: BaseException


@dataclass(frozen=True)
class Lost:
    """A worker is gone.

    Attributes
    ----------
    why
        What is known of it, such as a signal.
    """

    worker: int
    why: str


Reply = Ready | Finished | Failed | Lost


class Crew(Protocol):
    """Workers of one kind.

    What is sent to a worker that is gone is lost; a reply `Lost` says so.
    """

    def hire(self) -> int:
        """Start a worker, and return its number, which no other ever had."""

    def begin(self, worker: int, order: Begin) -> None:
        """Give a worker a job."""

    def give(self, worker: int, number: int, part: bytes) -> None:
        """Give a worker a part of its job."""

    def replies(self) -> Sequence[Reply]:
        """Wait until workers answer; `Finished` of a worker come in the order in which parts were given."""

    def close(self) -> None:
        """Let all workers go, whatever they do."""
