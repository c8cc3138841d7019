"""A server of this machine that hands out what a test puts into it, whole or in ranges."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Serving(BaseHTTPRequestHandler):
    """What servers of tests share: they say nothing, and note what they were asked.

    Attributes
    ----------
    files
        Content by path or key.
    asked
        Method, address and range of every request.
    """

    files: dict[str, bytes]
    asked: list[str]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET(body=False)

    def do_GET(self, *, body: bool = True) -> None:
        self.asked.append(f"{self.command} {self.path} {self.range}".strip())
        self.answer(body)

    def answer(self, body: bool) -> None:
        """Answer one request."""
        raise AssertionError("a server answers in its own way")

    @property
    def range(self) -> str:
        """First and last byte that are asked for, `0-99`; nothing for all."""
        return self.headers.get("Range", "").removeprefix("bytes=")

    def hand_out(self, content: bytes, body: bool, headers: dict[str, str] | None = None) -> None:
        """Send a file, or the part of it that was asked for."""
        if not self.range:
            self.send(200, content, body, headers)
            return
        first, _, last = self.range.partition("-")
        part = content[int(first) : int(last or len(content)) + 1]
        told = {"Content-Range": f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"}
        self.send(206, part, body, told | (headers or {}))

    def send(self, status: int, content: bytes, body: bool, headers: dict[str, str] | None = None) -> None:
        """Send bytes, or their number alone."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)


@contextmanager
def served(handler: type[Serving]) -> Iterator[int]:
    """Serve for a while, from nothing; give the port."""
    handler.files, handler.asked = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
