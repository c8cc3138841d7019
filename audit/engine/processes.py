"""Workers as processes of this machine: one model each, words over their standard input and output.

They are started as programs of their own rather than forked or spawned: a script that calls `audit.run` needs no guard
for that, and no thread or lock of this process is copied.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from audit.engine.crew import Failed, Finished, Lost, Ready, Reply
from audit.engine.desk import Begin, Setting
from audit.engine.packing import module_path, packed, unpacked
from audit.engine.wire import receive, send

#: Seconds that a killed process may take to end.
PATIENCE = 30.0


@dataclass(frozen=True)
class _Process:
    process: subprocess.Popen[bytes]
    inbox: IO[bytes]
    outbox: IO[bytes]
    listener: threading.Thread


class Processes:
    """Workers of this machine.

    Parameters
    ----------
    graphics
        Of each worker in turn, the graphics cards that it sees, as CUDA_VISIBLE_DEVICES has them; none if empty.
    """

    def __init__(self, setting: Setting, graphics: Sequence[str] = ()) -> None:
        self._setting, self._graphics = setting, graphics
        self._hired: dict[int, _Process] = {}
        self._seats: dict[int, int] = {}
        self._replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        self._next = 0

    def hire(self) -> int:
        """Start a worker, which tells when its model is loaded."""
        self._next += 1
        name = self._next
        environment = os.environ | dict(self._setting.environment) | {"PYTHONPATH": module_path()}
        if self._graphics:
            taken = set(self._seats.values())
            seat = self._seats[name] = next(i for i in range(len(self._graphics)) if i not in taken)
            environment["CUDA_VISIBLE_DEVICES"] = self._graphics[seat]
        process = subprocess.Popen(
            # Not from the working folder, where anything may lie.
            [sys.executable, "-P", "-m", "audit.engine.process"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 - they are pipes
        listener = threading.Thread(target=self._listen, args=(name, process, process.stdout), daemon=True)
        self._hired[name] = _Process(process, process.stdin, process.stdout, listener)
        listener.start()
        self._send(name, packed(self._setting))
        return name

    def begin(self, worker: int, order: Begin) -> None:
        """Give a worker a job."""
        self._send(worker, b"job", packed(order))

    def give(self, worker: int, number: int, part: bytes) -> None:
        """Give a worker a part."""
        self._send(worker, b"part", str(number).encode(), part)

    def replies(self) -> Sequence[Reply]:
        """Wait for the next answer."""
        reply = self._replies.get()
        if isinstance(reply, Lost):
            self._seats.pop(reply.worker, None)
            if (one := self._hired.pop(reply.worker, None)) is not None:
                _let_go(one)
        return [reply]

    def close(self) -> None:
        """End all workers, whatever they do: what they have not written is done again, should anybody resume."""
        for one in self._hired.values():
            one.process.kill()
        for one in self._hired.values():
            _let_go(one)
        self._hired.clear()

    def _send(self, worker: int, *frames: bytes) -> None:
        one = self._hired.get(worker)
        if one is None:
            return
        try:
            send(one.inbox, *frames)
        except OSError:  # it is gone, as its listener tells
            return

    def _listen(self, name: int, process: subprocess.Popen[bytes], outbox: IO[bytes]) -> None:
        """Turn what a worker says into replies, until it says no more."""
        try:
            while (frames := receive(outbox)) is not None:
                kind, *rest = frames
                if kind == b"ready":
                    self._replies.put(Ready(name))
                elif kind == b"done":
                    self._replies.put(Finished(name, int(rest[0])))
                else:
                    self._replies.put(Failed(name, unpacked(rest[0])))
        except (OSError, ValueError):  # closed in the middle of a word
            pass
        self._replies.put(Lost(name, _how_it_ended(process.wait())))


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"its process ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    return f"its process was killed by signal {-code} ({name})"


def _let_go(one: _Process) -> None:
    """Wait for the end of a process that is ending, and close what led to it."""
    one.process.wait(PATIENCE)
    one.listener.join(PATIENCE)
    for pipe in (one.inbox, one.outbox):
        with suppress(OSError):  # what was still to be written has no reader
            pipe.close()
