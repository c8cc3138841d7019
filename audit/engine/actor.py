"""A worker of Ray: a desk that is told what to do by calls. Ray itself is not imported here."""

from __future__ import annotations

import os
import socket
import threading

from audit.engine.desk import Desk, sendable
from audit.engine.packing import packed, unpacked


class Actor:
    """One worker. Calls answer with nothing, with a packed error, or with what a part came to, packed too.

    Two parts are called for at once: while one holds the lock, the next is prepared.
    """

    def __init__(self, setting: bytes) -> None:
        self._setting = setting
        self._working = threading.Lock()
        self._desk: Desk | None = None

    def start(self) -> tuple[str, bytes | None]:
        """Load the model; tell which process this is."""
        place = socket.gethostname()
        named = f"process {os.getpid()} on {place}"
        try:
            self._desk = Desk(unpacked(self._setting), place)
        except BaseException as error:  # noqa: BLE001 - the driver raises it, whatever it is
            return named, sendable(error)
        return named, None

    def begin(self, order: bytes) -> bytes | None:
        """Take up a job."""
        try:
            self._at_desk().begin(unpacked(order))
        except BaseException as error:  # noqa: BLE001
            return sendable(error)
        return None

    def do(self, part: bytes, begun: bytes | None) -> bytes | None:
        """Do a part, and write its shard or return what is to be in it.

        Parameters
        ----------
        begun
            What `begin` returned: that it is given makes Ray wait for it.
        """
        if begun is not None:
            return begun
        try:
            desk = self._at_desk()
            prepared = desk.prepare(part)
            with self._working:
                done = desk.finish(prepared)
        except BaseException as error:  # noqa: BLE001
            return sendable(error)
        return None if done is None else packed(done)

    def _at_desk(self) -> Desk:
        if self._desk is None:
            raise RuntimeError("a worker was given work before its model was loaded")
        return self._desk
