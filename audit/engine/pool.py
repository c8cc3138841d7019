"""The engine that hands parts out to many workers, and hands them out again when a worker dies.

The driver reads parts and writes progress; workers write shards straight to the run folder. At most two parts wait at
one worker: one is worked on while the next is prepared. Near the end nobody is given a second one while others idle.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from audit.engine.crew import Crew, Failed, Finished, Lost, Ready
from audit.engine.desk import Begin
from audit.engine.job import Check, Job, Part
from audit.engine.packing import packed
from audit.errors import SystemFault
from audit.models.adapter import Adapter
from audit.result import EngineFacts
from audit.store.progress import Bar
from audit.store.shards import Shards

#: Parts that wait at one worker, the one it works on included.
IN_FLIGHT = 2
#: How often a part is tried whose worker dies, and how often a worker is started that dies before it is ready.
MOST_TRIES = 3
RESUME = "audit run --resume then goes on"


@dataclass
class _Worker:
    """A worker as the driver knows it: whether its model is loaded, the job it has, and its parts, the oldest first."""

    ready: bool = False
    job: int = 0
    parts: deque[Part] = field(default_factory=deque)


class Pool:
    """Hand parts out to a crew.

    Parameters
    ----------
    size
        Workers at most; no more are started than there are parts for.
    kind
        Of the crew.
    threads
        Of each worker.
    """

    def __init__(
        self, adapter: Adapter, crew: Crew, size: int, kind: Literal["local", "ray"] = "local", threads: int = 1
    ) -> None:
        self._adapter, self._crew, self._size = adapter, crew, size
        self._kind: Literal["local", "ray"] = kind
        self._threads = threads
        self._workers: dict[int, _Worker] = {}
        self._jobs = self._most = 0

    @property
    def adapter(self) -> Adapter:
        """The model in this process."""
        return self._adapter

    def facts(self) -> EngineFacts:
        """Say how many workers there were at once; see `audit.engine.job.Engine`."""
        return EngineFacts(kind=self._kind, workers=self._most, threads=self._threads)

    def map(
        self, job: Job, parts: Iterable[Part], shards: Shards, bar: Bar, check: Check | None = None
    ) -> tuple[int, int]:
        """Do what no earlier process finished; see `audit.engine.job.Engine`."""
        self._jobs += 1
        stage = _Stage(self._crew, self._workers, self._size, self._jobs, job, shards, bar, check)
        done = stage.run(parts)
        self._most = max(self._most, stage.most)
        return done


class _Stage:
    """The parts of one job."""

    def __init__(
        self,
        crew: Crew,
        workers: dict[int, _Worker],
        size: int,
        number: int,
        job: Job,
        shards: Shards,
        bar: Bar,
        check: Check | None,
    ) -> None:
        self._crew, self._workers, self._size = crew, workers, size
        self._number, self._shards, self._bar, self._check = number, shards, bar, check
        self._job = job
        self._order: Begin | None = None
        self._waiting: deque[Part] = deque()
        self._tries: Counter[int] = Counter()
        self._false_starts = 0
        self._computed = self._reused = 0
        #: Workers that were ready at once.
        self.most = 0

    def run(self, parts: Iterable[Part]) -> tuple[int, int]:
        """Do all parts that are missing."""
        missing = self._missing(parts)
        while True:
            # As many as may be needed to see who is worth starting, and whether a second part may be given.
            while len(self._waiting) <= self._size and (part := next(missing, None)) is not None:
                self._waiting.append(part)
            self._hire()
            self._give()
            if not self._waiting and not any(worker.parts for worker in self._workers.values()):
                return self._computed, self._reused
            for reply in self._crew.replies():
                self._take(reply)

    def _missing(self, parts: Iterable[Part]) -> Iterator[Part]:
        for part in parts:
            if self._shards.done(part.number):
                self._reused += 1
                self._bar.update(part.size)
            else:
                yield part

    def _hire(self) -> None:
        """Start workers while there are parts that nobody is free for."""
        free = sum(not worker.parts for worker in self._workers.values())
        while len(self._workers) < self._size and free < len(self._waiting):
            self._workers[self._crew.hire()] = _Worker()
            free += 1

    def _give(self) -> None:
        """Give parts to those with fewest, a second one only while there are enough for everybody."""
        for most in range(IN_FLIGHT):
            for name, worker in self._workers.items():
                enough = len(self._waiting) >= (1 if most == 0 else self._size)
                if worker.ready and len(worker.parts) == most and enough:
                    self._hand(name, worker, self._waiting.popleft())

    def _hand(self, name: int, worker: _Worker, part: Part) -> None:
        if worker.job != self._number:
            if self._order is None:
                self._order = Begin(packed(self._job), self._shards, self._shards.ticket())
            worker.job = self._number
            self._crew.begin(name, self._order)
        worker.parts.append(part)
        self._crew.give(name, part.number, packed(part))

    def _take(self, reply: Ready | Finished | Failed | Lost) -> None:
        if isinstance(reply, Failed):
            raise reply.error
        worker = self._workers.get(reply.worker)
        if worker is None:
            return
        if isinstance(reply, Ready):
            worker.ready, self._false_starts = True, 0
            self.most = max(self.most, sum(one.ready for one in self._workers.values()))
        elif isinstance(reply, Finished):
            self._finished(next(part for part in worker.parts if part.number == reply.number))
            worker.parts = deque(part for part in worker.parts if part.number != reply.number)
        else:
            del self._workers[reply.worker]
            self._lost(worker, reply.why)

    def _finished(self, part: Part) -> None:
        if self._check is not None:
            try:
                self._check(part)
            except BaseException:
                self._shards.remove(part.number)
                raise
        self._computed += 1
        self._bar.update(part.size)

    def _lost(self, worker: _Worker, why: str) -> None:
        """Do again what a dead worker had, but for what it finished before it could say so."""
        if not worker.ready:
            self._false_starts += 1
            if self._false_starts == MOST_TRIES:
                raise SystemFault(
                    f"a worker ended before its model was loaded, {MOST_TRIES} times: {why}",
                    hint=f"where memory is short, give fewer --workers; {RESUME}",
                )
        for part in [part for part in worker.parts if self._shards.done(part.number)]:
            self._finished(part)
            worker.parts.remove(part)
        if worker.parts:
            # The oldest is what it was at; the next only lay there.
            self._tries[worker.parts[0].number] += 1
            self._refuse_deadly(worker.parts[0], why)
        self._waiting.extendleft(reversed(worker.parts))

    def _refuse_deadly(self, part: Part, why: str) -> None:
        if self._tries[part.number] == MOST_TRIES:
            raise SystemFault(
                f"part {part.number} ended the worker that did it, {MOST_TRIES} times: {why}",
                where=str(self._shards.folder),
                hint=f"where memory is short, give fewer --workers or a smaller model.batch_tokens; {RESUME}",
            )
