"""A Ray to work with: one that runs already, or one of this audit's own, quiet and gone at the end."""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from audit.errors import ConfigError, SystemFault

#: Nothing is reported to anybody, and no graphics card is hidden from a worker that asks for none.
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_enable_metrics_collection": "0",
}
#: Bytes of shared memory of a Ray of our own: it holds no more than the parts on their way.
OBJECT_STORE = 256 << 20
#: How often a Ray of our own is started.
STARTS = 3
#: Seconds that the head of a cluster may take to answer.
PATIENCE = 20.0


@dataclass(frozen=True)
class Cluster:
    """A Ray.

    Attributes
    ----------
    ray
        The package.
    own
        Whether this audit started it, on this machine.
    cores
        Of all machines together, and of the smallest.
    """

    ray: Any
    own: bool
    cores: int
    least_cores: int


@contextmanager
def connected(address: str | None, cores: int, cards: int) -> Iterator[Cluster]:
    """Give a Ray, and leave it, or end it if it was started here.

    Parameters
    ----------
    address
        Of one that runs already; None starts one.
    cores, cards
        Of one that is started: cores to work with, and graphics cards.

    Raises
    ------
    ConfigError
        If Ray is not installed, or none answers.
    """
    ray = _package()
    if ray.is_initialized():  # by the program that calls `audit.run`
        yield _looked_at(ray, own=False)
        return
    # Only now, since Windows has no such locks; where there is no Ray, that is what is told.
    from audit.engine.ray_folder import own_folder

    with own_folder() as folder:
        try:
            with _own_signals():
                _patiently(ray, address, cores, cards, folder)
            yield _looked_at(ray, own=address is None)
        finally:
            ray.shutdown()


def _package() -> Any:
    for key, value in QUIET.items():
        os.environ.setdefault(key, value)
    try:
        import ray
    except ImportError:
        raise ConfigError(
            "Ray is not installed", where="engine.kind", code="package",
            hint="pip install 'fairaudit[ray]', or use `kind: local`",
        ) from None  # fmt: skip
    # What it warns of while it starts is for those who run clusters.
    logging.getLogger("ray").setLevel(logging.ERROR)
    return ray


def _patiently(ray: Any, address: str | None, cores: int, cards: int, folder: str) -> None:
    """Start a Ray of our own up to three times: on a busy machine its own limit of half a minute may pass."""
    for _ in range(STARTS - 1 if address is None else 0):
        try:
            return _start(ray, address, cores, cards, folder)
        except SystemFault:
            ray.shutdown()
    return _start(ray, address, cores, cards, folder)


def _start(ray: Any, address: str | None, cores: int, cards: int, folder: str) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": False}
    try:
        if address is not None:
            _call(address)
            ray.init(address=address, **quiet)
        else:
            ray.init(
                address="local", _node_ip_address="127.0.0.1", num_cpus=cores, num_gpus=cards, include_dashboard=False,
                object_store_memory=OBJECT_STORE, _temp_dir=folder, **quiet,
            )  # fmt: skip
    except Exception as error:
        said = " ".join(str(error).split())[:300]
        if address is None:
            raise SystemFault(f"Ray could not be started on this machine: {said}", where="engine.kind") from error
        raise ConfigError(
            f"no Ray answers at {address!r}: {said}", where="engine.ray_address",
            hint="ray start --head starts one; `auto` finds the one of this machine",
        ) from error  # fmt: skip


def _call(address: str) -> None:
    """See whether anybody answers at host:port, which Ray itself would try for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        with socket.create_connection((host.strip("[]"), int(port)), PATIENCE):
            pass


def _looked_at(ray: Any, *, own: bool) -> Cluster:
    cores = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    usable = [number for number in cores if number] or [1]
    return Cluster(ray, own, sum(usable), min(usable))


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep what this process does on signals: Ray would put its own in the place."""
    numbers = [signal.SIGTERM, signal.SIGINT]
    before = [signal.getsignal(number) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            try:
                signal.signal(number, handler if handler is not None else signal.SIG_DFL)
            except ValueError:  # not the main thread, where nobody could have changed them
                break
