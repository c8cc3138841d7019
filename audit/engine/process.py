"""The program of a worker process: `python -m audit.engine.process`, started by `audit.engine.processes`."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, BinaryIO

from audit.engine.packing import unpacked
from audit.engine.wire import receive, send
from audit.say import guard_streams


def main() -> None:
    """Load the model, then do parts until the input ends."""
    # The driver decides when to stop: an interrupt from the keyboard reaches the whole group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    outbox = _own_output()
    guard_streams()
    inbox = sys.stdin.buffer
    first = receive(inbox)
    if first is None:
        return
    from audit.engine.desk import Desk, sendable

    try:
        desk = Desk(unpacked(first[0]))
        send(outbox, b"ready")
        _serve(desk, inbox, outbox)
    except BaseException as error:  # noqa: BLE001 - the driver raises it, whatever it is
        # A driver that is gone hears nothing, and nothing is wrong with that.
        with suppress(OSError):
            send(outbox, b"error", sendable(error))
        os._exit(1)


def _serve(desk: Any, inbox: BinaryIO, outbox: BinaryIO) -> None:
    """Do parts in the order in which they come; each is prepared as soon as it is there."""
    prepared: queue.SimpleQueue[tuple[bytes, Future[Any]]] = queue.SimpleQueue()

    def listen() -> None:
        while (frames := _next_words(inbox)) is not None:
            if frames[0] == b"job":
                desk.begin(unpacked(frames[1]))
            else:
                prepared.put((frames[1], desk.prepare(frames[2])))
        # The driver is gone. What is being worked on must not be written into a folder that may be another's by then.
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        number, ready = prepared.get()
        desk.finish(ready)
        send(outbox, b"done", number)


def _next_words(inbox: BinaryIO) -> list[bytes] | None:
    try:
        return receive(inbox)
    except (OSError, ValueError):
        return None


def _own_output() -> BinaryIO:
    """Keep standard output for words to the driver: what a library prints goes where errors go."""
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return own


if __name__ == "__main__":
    main()
