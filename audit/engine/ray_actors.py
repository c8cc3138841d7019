"""Workers as actors of Ray: one model each, on any machine of the cluster."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from audit.engine.actor import Actor
from audit.engine.crew import Failed, Finished, Lost, Ready, Reply
from audit.engine.desk import Begin, Setting
from audit.engine.packing import module_path, packed, unpacked
from audit.engine.pool import IN_FLIGHT
from audit.engine.ray_cluster import Cluster
from audit.store.shards import Shards

log = logging.getLogger(__name__)

#: Seconds after which it is said that no worker is there yet.
PATIENCE = 60.0
#: What an answer is to, where it is not the number of a part.
START = -1


class RayActors:
    """Workers of a cluster.

    Parameters
    ----------
    cards
        Graphics cards of each worker.
    """

    def __init__(self, cluster: Cluster, setting: Setting, cards: float) -> None:
        self._ray, self._setting = cluster.ray, packed(setting)
        variables = dict(setting.environment)
        if cluster.own:
            variables["PYTHONPATH"] = module_path()
        self._needs = {"num_cpus": setting.threads, "num_gpus": cards}
        self._kind = self._ray.remote(Actor).options(
            max_concurrency=IN_FLIGHT + 1, max_restarts=0, runtime_env={"env_vars": variables}, **self._needs
        )
        self._actors: dict[int, Any] = {}
        #: Which process each worker is.
        self.named: dict[int, str] = {}
        self._begun: dict[int, Any] = {}
        #: Where the parts go that each worker has.
        self._shards: dict[int, Shards] = {}
        #: Answers that are waited for -> who gives them, and to what.
        self._asked: dict[Any, tuple[int, int]] = {}
        self._next = 0
        self._patient = True

    def hire(self) -> int:
        """Start an actor, where Ray finds room."""
        self._next += 1
        actor = self._actors[self._next] = self._kind.remote(self._setting)
        self._asked[actor.start.remote()] = self._next, START
        return self._next

    def begin(self, worker: int, order: Begin) -> None:
        """Give a worker a job."""
        if worker in self._actors:
            self._shards[worker] = order.shards
            self._begun[worker] = self._actors[worker].begin.remote(packed(order))

    def give(self, worker: int, number: int, part: bytes) -> None:
        """Give a worker a part."""
        if worker in self._actors:
            self._asked[self._actors[worker].do.remote(part, self._begun[worker])] = worker, number

    def replies(self) -> Sequence[Reply]:
        """Wait for answers."""
        while True:
            done, _ = self._ray.wait(list(self._asked), num_returns=1, timeout=PATIENCE)
            if done:
                return [self._reply(ref, *self._asked.pop(ref)) for ref in done]
            if self._patient and not self.named:
                self._patient = False
                log.warning("no worker is ready after %d seconds: %s", PATIENCE, self._room())

    def close(self) -> None:
        """End all actors."""
        for actor in self._actors.values():
            self._ray.kill(actor, no_restart=True)
        self._actors.clear()
        self._asked.clear()

    def _reply(self, ref: Any, worker: int, number: int) -> Reply:
        try:
            answer = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            return self._lost(worker, error)
        if number == START:
            self.named[worker], answer = answer
        found = None if answer is None else unpacked(answer)
        if isinstance(found, BaseException):
            return Failed(worker, found)
        if found is not None:
            # It has no disk with us in common.
            self._shards[worker].write(number, *found)
        return Ready(worker) if number == START else Finished(worker, number)

    def _lost(self, worker: int, error: Exception) -> Lost:
        """Forget a worker, and all that it was asked."""
        self._asked = {ref: of for ref, of in self._asked.items() if of[0] != worker}
        self._begun.pop(worker, None)
        self._ray.kill(self._actors.pop(worker), no_restart=True)
        return Lost(worker, f"{self.named.pop(worker, 'its process')} is gone ({_first_words(error)})")

    def _room(self) -> str:
        """Say what workers need, and what there is."""
        free, whole = self._ray.available_resources(), self._ray.cluster_resources()
        cores, cards = (f"{free.get(kind, 0):g} of {whole.get(kind, 0):g}" for kind in ("CPU", "GPU"))
        needs = f"{self._needs['num_cpus']} cores and {self._needs['num_gpus']:g} graphics cards"
        return f"each is given {needs}; of those of Ray, {cores} and {cards} are free"


def _first_words(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200]
