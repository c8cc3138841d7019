"""Words between processes: a number of frames, each with its length before it."""

from __future__ import annotations

import struct
from typing import IO

_LENGTH = struct.Struct("<Q")


def send(stream: IO[bytes], *frames: bytes) -> None:
    """Write one message."""
    stream.write(_LENGTH.pack(len(frames)))
    for frame in frames:
        stream.write(_LENGTH.pack(len(frame)))
        stream.write(frame)
    stream.flush()


def receive(stream: IO[bytes]) -> list[bytes] | None:
    """Read one message; None at the end.

    Raises
    ------
    ValueError
        If the stream ends in the middle of one.
    """
    head = stream.read(_LENGTH.size)
    if not head:
        return None
    return [_exactly(stream, _number(_exactly(stream, _LENGTH.size))) for _ in range(_number(head))]


def _number(content: bytes) -> int:
    if len(content) < _LENGTH.size:
        raise ValueError("the message is cut short")
    found: int = _LENGTH.unpack(content)[0]
    return found


def _exactly(stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise ValueError("the message is cut short")
    return content
