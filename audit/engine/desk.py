"""One worker: a model of its own, the job it has at the moment, and the parts that it is given.

A desk stands in a process of this machine or in an actor of Ray; both only carry words to and from it.
"""

from __future__ import annotations

import os
import socket
import traceback
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import audit
from audit.config import AuditConfig
from audit.engine.job import Done, Job, Part
from audit.engine.job import Worker as PartWorker
from audit.engine.packing import packed, unpacked
from audit.errors import AuditError, ModelError, RunFolderError
from audit.store.shards import Shards

if TYPE_CHECKING:
    from audit.models.adapter import Adapter


@dataclass(frozen=True)
class Setting:
    """What a worker needs to be like every other.

    Attributes
    ----------
    version
        Of this tool, where the audit began.
    model_sha256
        Of the model, where the audit began.
    threads
        Of torch: how a sum is split over threads may change its last digit.
    """

    version: str
    config: AuditConfig
    model_sha256: str
    threads: int

    @property
    def environment(self) -> Mapping[str, str]:
        """What must be set before the libraries that obey it are loaded."""
        number = str(self.threads)
        return {"OMP_NUM_THREADS": number, "MKL_NUM_THREADS": number, "TOKENIZERS_PARALLELISM": "false"}


@dataclass(frozen=True)
class Begin:
    """A job begins: it as bytes, where its shards go, and the ticket by which the run folder is known."""

    job: bytes
    shards: Shards
    ticket: str


@dataclass(frozen=True)
class Current:
    """The job at hand.

    Attributes
    ----------
    seen
        Whether the run folder is here; parts are handed back where it is not.
    """

    worker: PartWorker
    shards: Shards
    ticket: str
    seen: bool


class Desk:
    """Does parts with a model of its own.

    Parameters
    ----------
    place
        Where it stands, if that is another machine.

    Raises
    ------
    AuditError
        If the model cannot be loaded here, or is another than where the audit began.
    """

    def __init__(self, setting: Setting, place: str = "") -> None:
        self._place = place
        try:
            self._adapter = _same_model(setting)
        except AuditError as error:
            raise self._placed(error) from None
        # One thread, so that a job begins before its first part is prepared.
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="prepare")
        self._current: Future[Current] | None = None

    def begin(self, order: Begin) -> None:
        """Take up a job. What is wrong with it is told with its first part."""
        self._current = self._ahead.submit(self._begin, order)

    def prepare(self, part: bytes) -> Future[tuple[Current, Part, Any]]:
        """Prepare a part while another may be worked on."""
        current = self._current
        return self._ahead.submit(self._prepare, current, part)

    def finish(self, prepared: Future[tuple[Current, Part, Any]]) -> Done | None:
        """Work on a part, and write its shard; return what it came to, where the run folder is on another machine."""
        current, part, ready = prepared.result()
        table, spent = current.worker.work(part, ready, lambda done: None)
        if not current.seen:
            return table, spent
        if current.shards.ticket() != current.ticket:
            raise RunFolderError(
                "is no longer the run that this worker works for", where=str(current.shards.folder),
                hint="run one audit per folder at a time",
            )  # fmt: skip
        current.shards.write(part.number, table, spent)
        return None

    def _begin(self, order: Begin) -> Current:
        seen = order.shards.ticket() == order.ticket
        if not seen and not self._place:
            unseen = RunFolderError(
                "the run folder cannot be seen here", where=str(order.shards.folder),
                hint="run one audit per folder at a time",
            )  # fmt: skip
            raise unseen
        job: Job = unpacked(order.job)
        return Current(job.start(self._adapter), order.shards, order.ticket, seen)

    @staticmethod
    def _prepare(current: Future[Current] | None, packed_part: bytes) -> tuple[Current, Part, Any]:
        if current is None:
            raise RuntimeError("a part was given before a job")
        at_hand, part = current.result(), unpacked(packed_part)
        return at_hand, part, at_hand.worker.prepare(part)

    def _placed(self, error: AuditError) -> AuditError:
        """Say on which machine it happened, where that is another."""
        if self._place:
            error.problem = f"{error.problem} (on {self._place})"
        return error


def _same_model(setting: Setting) -> Adapter:
    """Load the model, and refuse another one than the audit began with."""
    if setting.version != audit.__version__:
        raise ModelError(
            f"fairaudit is {audit.__version__} here and {setting.version} where the audit began",
            hint="install the same version on every machine",
        )
    import torch

    from audit.models.registry import load_adapter

    torch.set_num_threads(setting.threads)
    model = setting.config.model
    if model is None:
        raise RuntimeError("a worker without a model")
    adapter = load_adapter(model, setting.config)
    if adapter.facts().sha256 != setting.model_sha256:
        raise ModelError(
            "is not the model that the audit began with: its files differ", where=model.called,
            hint="give every machine the same files, leave them alone while they are audited, and start again",
        )  # fmt: skip
    return adapter


def sendable(error: BaseException) -> bytes:
    """Pack an error for another process, with the lines of code that it passed through here.

    What cannot be sent as it is becomes a RuntimeError of the same words.
    """
    lines = "".join(traceback.format_exception(error))
    if not isinstance(error, AuditError):
        error.add_note(f"in a worker, process {os.getpid()} on {socket.gethostname()}:\n{lines}")
    try:
        found = packed(error)
        unpacked(found)
    except Exception:  # noqa: BLE001 - classes of other packages raise whatever they like
        plain = RuntimeError(f"{type(error).__name__}: {error}")
        plain.add_note(lines)
        return packed(plain)
    return found
