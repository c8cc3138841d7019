"""Which engine an audit gets."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import audit
from audit.config import AuditConfig
from audit.engine.in_process import InProcess
from audit.engine.job import Engine
from audit.errors import ConfigError
from audit.models.adapter import Adapter

if TYPE_CHECKING:
    from audit.engine.crew import Crew
    from audit.engine.desk import Setting


@contextmanager
def engine_for(config: AuditConfig, adapter: Adapter) -> Iterator[Engine]:
    """Give the engine that the configuration asks for; its workers end with the block.

    Raises
    ------
    ConfigError
        If there are fewer graphics cards than are asked for, or Ray is not installed.
    """
    asked = config.engine
    if asked.kind == "local" and asked.workers == 1:
        yield InProcess(adapter)
        return
    import torch

    from audit.engine.pool import Pool

    with (_of_ray if asked.kind == "ray" else _of_this_machine)(config, adapter) as crew:
        # This process computes with as many threads as a worker does.
        yield Pool(adapter, crew, asked.workers, asked.kind, torch.get_num_threads())


@contextmanager
def _of_this_machine(config: AuditConfig, adapter: Adapter) -> Iterator[Crew]:
    from audit.engine.processes import Processes

    asked = config.engine
    cards = graphics_of(asked.workers, asked.gpus_per_worker, adapter)
    with _computing_alike(config, adapter, threads_of(asked.workers, cores())) as setting:
        crew = Processes(setting, cards)
        try:
            yield crew
        finally:
            crew.close()


@contextmanager
def _of_ray(config: AuditConfig, adapter: Adapter) -> Iterator[Crew]:
    from audit.engine.ray_actors import RayActors
    from audit.engine.ray_cluster import connected

    asked = config.engine
    each, cards = 0.0, 0
    if adapter.device.type == "cuda" or asked.gpus_per_worker is not None:
        each = asked.gpus_per_worker or 1.0
    if asked.ray_address is None:
        if each:
            graphics_of(asked.workers, each, adapter)  # refuses what this machine has not
            cards = math.ceil(asked.workers * each)
        needed = max(cores(), asked.workers * threads_of(asked.workers, cores()))
    else:
        needed = 0
    with connected(asked.ray_address, needed, cards) as cluster:
        # A worker stands on one machine, whatever the cluster has in all.
        available = cores() if cluster.own else cluster.cores
        threads = min(threads_of(asked.workers, available), cluster.least_cores)
        with _computing_alike(config, adapter, threads) as setting:
            crew = RayActors(cluster, setting, each)
            try:
                yield crew
            finally:
                crew.close()


@contextmanager
def _computing_alike(config: AuditConfig, adapter: Adapter, threads: int) -> Iterator[Setting]:
    """Let all compute alike, this process too: over how many threads a sum is split may change its last digit."""
    import torch

    from audit.engine.desk import Setting

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield Setting(audit.__version__, config, adapter.facts().sha256, threads)
    finally:
        torch.set_num_threads(before)


def threads_of(workers: int, cores: int) -> int:
    """Threads of each worker: as OMP_NUM_THREADS has it, or else an equal share of the cores."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    if said.isdecimal() and int(said):
        return int(said)
    return max(1, cores // workers)


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def graphics_of(workers: int, each: float | None, adapter: Adapter) -> list[str]:
    """Say which graphics cards each worker sees, as CUDA_VISIBLE_DEVICES has them; empty where the model is on none.

    Raises
    ------
    ConfigError
        If there are not enough.
    """
    if adapter.device.type != "cuda":
        if each is not None:
            raise ConfigError(
                f"the model is on {adapter.device.type}, where there are no graphics cards to hand out",
                where="engine.gpus_per_worker", hint="leave it out, or set model.device: cuda",
            )  # fmt: skip
        return []
    import torch

    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible else [str(i) for i in range(torch.cuda.device_count())]
    return shared_out(names, workers, each or 1)


def shared_out(names: list[str], workers: int, each: float) -> list[str]:
    """Share graphics cards out.

    Parameters
    ----------
    names
        Of all cards.
    each
        Cards of a worker: a part of one, or a whole number.

    Raises
    ------
    ConfigError
        If there are not enough.
    """
    if each < 1:
        per_card = math.floor(1 / each + 1e-9)
        needed = math.ceil(workers / per_card)
        seats = [[i // per_card] for i in range(workers)]
    else:
        whole = int(each)
        needed = workers * whole
        seats = [list(range(i * whole, (i + 1) * whole)) for i in range(workers)]
    if needed > len(names):
        raise ConfigError(
            f"{workers} workers with {each:g} graphics cards each need {needed}, and there are {len(names)}",
            where="engine.workers",
            hint="give fewer workers, or let several share a card (gpus_per_worker: 0.5)",
        )
    return [",".join(names[card] for card in seat) for seat in seats]
