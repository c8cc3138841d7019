"""What is to be done, said so that another process can do it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from audit.result import EngineFacts
from audit.store.progress import Bar
from audit.store.shards import Shards

if TYPE_CHECKING:
    from audit.models.adapter import Adapter

#: Called with how many more rows, or decisions, of a part are done.
Advance = Callable[[int], object]
#: What a part came to, and the work it took.
Done = tuple[pa.Table, dict[str, int]]


@dataclass(frozen=True)
class Part:
    """A numbered piece of a stage's work.

    Attributes
    ----------
    number
        Of its shard.
    size
        What it counts for in the progress of the stage: rows, or decisions.
    payload
        What it is about. It may be sent to another process, so it can be pickled.
    """

    number: int
    size: int
    payload: Any


class Worker(Protocol):
    """Does parts of one job with one model.

    What it does to a part depends on that part alone, never on those before it.
    """

    def prepare(self, part: Part) -> Any:
        """Do what needs no model, such as tokenising; may run in another thread, while the part before is worked on."""

    def work(self, part: Part, ready: Any, advance: Advance) -> Done:
        """Do the part.

        Parameters
        ----------
        ready
            What `prepare` returned.
        advance
            Told of all of the part's size by the end.
        """


class Job(Protocol):
    """What is to be done.

    It may be sent to other processes, so it can be pickled: settings, a schema, the configuration. It holds no model
    and no open file; what is made of files of the user's own is made again where the work is done.
    """

    def start(self, adapter: Adapter) -> Worker:
        """Make ready to do parts with this model."""


#: Looks at a part once the model has seen it, and raises if it is not what it was when it was read.
Check = Callable[[Part], object]


class Engine(Protocol):
    """Does the parts of jobs, wherever that may be."""

    @property
    def adapter(self) -> Adapter:
        """The model in this process, for what is too small to be handed out."""

    def facts(self) -> EngineFacts:
        """Say who did the work until now."""

    def map(
        self, job: Job, parts: Iterable[Part], shards: Shards, bar: Bar, check: Check | None = None
    ) -> tuple[int, int]:
        """Do all parts whose shards are not there yet.

        Parameters
        ----------
        parts
            In any order; read as they are needed. The payload of a part whose shard is there is not looked at.
        check
            Called in this process with each part after it was done; a part that it refuses leaves no shard.

        Returns
        -------
        computed, reused
            Parts that were done now, and those that an earlier process had done.

        Raises
        ------
        AuditError
            As the job does, wherever it is done.
        """
