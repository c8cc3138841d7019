"""The engine that does everything itself: one model, and a thread that prepares the next part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from audit.engine.job import Check, Job, Part
from audit.models.adapter import Adapter
from audit.models.engine import ahead
from audit.result import EngineFacts
from audit.store.progress import Bar
from audit.store.shards import Shards


@dataclass(frozen=True)
class InProcess:
    """Do parts one after the other, in this process."""

    adapter: Adapter

    def facts(self) -> EngineFacts:
        """Say that it was this process; see `audit.engine.job.Engine`."""
        import torch

        return EngineFacts(kind="local", workers=1, threads=torch.get_num_threads())

    def map(
        self, job: Job, parts: Iterable[Part], shards: Shards, bar: Bar, check: Check | None = None
    ) -> tuple[int, int]:
        """Do what no earlier process finished; see `audit.engine.job.Engine`."""
        computed = reused = 0

        def missing() -> Iterator[Part]:
            nonlocal reused
            for part in parts:
                if shards.done(part.number):
                    reused += 1
                    bar.update(part.size)
                else:
                    yield part

        worker = job.start(self.adapter)
        for part, ready in ahead(missing(), worker.prepare):
            table, spent = worker.work(part, ready, bar.update)
            if check is not None:
                check(part)
            shards.write(part.number, table, spent)
            computed += 1
        return computed, reused
