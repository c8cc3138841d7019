"""The scheduler, with a crew of make-believe: who gets what, who is replaced, when it gives up."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from audit.engine.crew import Failed, Finished, Lost, Ready, Reply
from audit.engine.desk import Begin
from audit.engine.job import Job, Part
from audit.engine.packing import unpacked
from audit.engine.pool import IN_FLIGHT, MOST_TRIES, Pool
from audit.errors import AuditError, DataError, SystemFault
from audit.models.adapter import Adapter
from audit.store.shards import Shards
from tests.engine.jobs import Doubling, Told, numbered


class Crew:
    """Workers that do their parts when they are asked for replies, in an order drawn by a seed; some die.

    Parameters
    ----------
    deadly
        Parts whose worker dies before it has written.
    silent
        Parts whose worker dies, once, after it has written and before it says so.
    """

    def __init__(self, seed: int = 0, deadly: Sequence[int] = (), silent: Sequence[int] = ()) -> None:
        self._rng = random.Random(seed)
        self._deadly, self._silent = deadly, set(silent)
        self.hired = 0
        self.done: list[tuple[int, int]] = []
        self.most_waiting = 0
        self.false_starts = 0
        self._begun: dict[int, tuple[Job, Shards]] = {}
        self._inbox: dict[int, deque[bytes]] = {}
        self._starting: list[int] = []

    def hire(self) -> int:
        self.hired += 1
        self._starting.append(self.hired)
        return self.hired

    def begin(self, worker: int, order: Begin) -> None:
        self._begun[worker] = unpacked(order.job), order.shards

    def give(self, worker: int, number: int, part: bytes) -> None:
        self._inbox[worker].append(part)
        self.most_waiting = max(self.most_waiting, len(self._inbox[worker]))

    def replies(self) -> Sequence[Reply]:
        if self._starting:
            name = self._starting.pop()
            if self.false_starts:
                self.false_starts -= 1
                return [Lost(name, "it was never there")]
            self._inbox[name] = deque()
            return [Ready(name)]
        name = self._rng.choice([name for name, inbox in self._inbox.items() if inbox])
        part: Part = unpacked(self._inbox[name].popleft())
        if part.number in self._deadly:
            return self._die(name)
        job, shards = self._begun[name]
        worker = job.start(cast("Adapter", None))
        try:
            found = worker.work(part, worker.prepare(part), lambda done: None)
        except AuditError as error:
            return [Failed(name, error)]
        shards.write(part.number, *found)
        self.done.append((name, part.number))
        if part.number in self._silent:
            self._silent.remove(part.number)
            return self._die(name)
        return [Finished(name, part.number)]

    def _die(self, name: int) -> Sequence[Reply]:
        del self._inbox[name]
        return [Lost(name, "its process was killed by signal 9 (SIGKILL)")]

    def close(self) -> None:
        self._inbox.clear()


def pool(crew: Any, size: int = 2) -> Pool:
    return Pool(cast("Adapter", None), crew, size)


def numbers(shards: Shards) -> list[int]:
    return [table["number"][0].as_py() for table in shards.read()]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("size", [1, 2, 5])
def test_every_part_is_done_once_whoever_does_it(tmp_path: Path, seed: int, size: int) -> None:
    crew, bar, shards = Crew(seed), Told(), Shards(tmp_path)
    assert pool(crew, size).map(Doubling(), numbered(17), shards, bar) == (17, 0)
    assert numbers(shards) == [2 * number for number in range(17)]
    assert sorted(number for _, number in crew.done) == list(range(17))
    assert crew.hired == size
    assert crew.most_waiting <= IN_FLIGHT
    assert bar.total == 17


def test_no_more_workers_are_started_than_there_are_parts(tmp_path: Path) -> None:
    crew = Crew()
    found = pool(crew, 8)
    assert found.facts().workers == 0
    found.map(Doubling(), numbered(3), Shards(tmp_path), Told())
    assert crew.hired == found.facts().workers == 3


def test_parts_that_are_there_are_not_looked_at(tmp_path: Path) -> None:
    crew, bar, shards = Crew(), Told(), Shards(tmp_path)
    for number in (0, 2, 3):
        shards.write(number, *Doubling().work(Part(number, 1, number), 2 * number, lambda done: None))
    parts = [Part(number, 1, None if shards.done(number) else number) for number in range(5)]
    assert pool(crew).map(Doubling(), parts, shards, bar) == (2, 3)
    assert numbers(shards) == [0, 2, 4, 6, 8]
    assert bar.total == 5


def test_nobody_is_started_where_nothing_is_missing(tmp_path: Path) -> None:
    crew = Crew()
    assert pool(crew).map(Doubling(), [], Shards(tmp_path), Told()) == (0, 0)
    assert crew.hired == 0


def test_workers_stay_for_the_next_job(tmp_path: Path) -> None:
    crew = Crew()
    engine = pool(crew)
    for name in ("one", "two"):
        engine.map(Doubling(), numbered(6), Shards(tmp_path / name), Told())
    assert crew.hired == 2
    assert numbers(Shards(tmp_path / "two")) == [0, 2, 4, 6, 8, 10]


def test_what_a_dead_worker_had_written_is_not_done_again(tmp_path: Path) -> None:
    crew, bar, shards = Crew(silent=[1, 4]), Told(), Shards(tmp_path)
    assert pool(crew).map(Doubling(), numbered(9), shards, bar) == (9, 0)
    assert sorted(number for _, number in crew.done) == list(range(9))
    assert crew.hired > 2
    assert bar.total == 9


def test_a_part_that_ends_every_worker_is_named(tmp_path: Path) -> None:
    crew, shards = Crew(deadly=[3]), Shards(tmp_path / "decisions")
    with pytest.raises(
        SystemFault, match=r"decisions: part 3 ended the worker that did it, 3 times: .*SIGKILL"
    ) as told:
        pool(crew).map(Doubling(), numbered(20), shards, Told())
    assert "--workers" in str(told.value.hint)
    # Others, which lay beside it, are no worse for it.
    assert not shards.done(3)


def test_workers_that_never_get_ready_end_the_audit(tmp_path: Path) -> None:
    crew = Crew()
    crew.false_starts = MOST_TRIES
    with pytest.raises(SystemFault, match="before its model was loaded, 3 times: it was never there"):
        pool(crew).map(Doubling(), numbered(4), Shards(tmp_path), Told())


def test_a_worker_that_gets_ready_at_the_second_try(tmp_path: Path) -> None:
    crew = Crew()
    crew.false_starts = MOST_TRIES - 1
    assert pool(crew).map(Doubling(), numbered(4), Shards(tmp_path), Told()) == (4, 0)


def test_an_error_is_that_of_the_job(tmp_path: Path) -> None:
    with pytest.raises(DataError) as told:
        pool(Crew()).map(Doubling(bad=2), numbered(5), Shards(tmp_path), Told())
    assert (told.value.problem, told.value.where, told.value.hint) == ("2 cannot be doubled", "numbers", "take another")


def test_a_part_that_is_refused_leaves_no_shard(tmp_path: Path) -> None:
    def check(part: Part) -> None:
        if part.number == 1:
            raise DataError("changed meanwhile")

    shards = Shards(tmp_path)
    with pytest.raises(DataError, match="changed meanwhile"):
        pool(Crew()).map(Doubling(), numbered(5), shards, Told(), check)
    assert not shards.done(1)
