"""Addresses of the web go through fsspec: held to a small server that hands out ranges of bytes, as real ones do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from audit.config import DataConfig
from audit.data.files import hash_files
from audit.errors import DataError
from tests.data.reading import rows

pytest.importorskip("aiohttp", reason="with which fsspec reads addresses of the web")

ROWS = pd.DataFrame({"id": range(6), "g": list("aabbcc")})


class Web(BaseHTTPRequestHandler):
    """Hands out files, whole or in ranges."""

    files: dict[str, bytes]
    asked: list[str]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET(body=False)

    def do_GET(self, *, body: bool = True) -> None:
        content = self.files.get(self.path)
        given = self.headers.get("Range", "").removeprefix("bytes=")
        self.asked.append(f"{self.command} {self.path} {given}".strip())
        status, headers = 200 if content is not None else 404, {"Accept-Ranges": "bytes"}
        if content is not None and given:
            first, _, last = given.partition("-")
            part = content[int(first) : int(last or len(content)) + 1]
            headers["Content-Range"] = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
            status, content = 206, part
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content or b"")), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if body and content:
            self.wfile.write(content)


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    Web.files, Web.asked = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_tables_of_the_web_are_read_as_from_a_disk(address: str, tmp_path: Path) -> None:
    ROWS.to_csv(tmp_path / "rows.csv.gz", index=False)
    ROWS.to_parquet(tmp_path / "rows.parquet")
    ROWS.to_json(tmp_path / "rows.jsonl", orient="records", lines=True)
    for path in tmp_path.iterdir():
        Web.files[f"/deep/{path.name}"] = path.read_bytes()
        there = f"{address}/deep/{path.name}"
        assert rows(there, "id", "g") == rows(str(path), "id", "g")
        assert hash_files(DataConfig(path=there)) == hash_files(DataConfig(path=path))
    # Of Parquet, what is needed is asked for by its place.
    assert any(" /deep/rows.parquet " in line for line in Web.asked)


def test_several_of_them_are_one_table(address: str, tmp_path: Path) -> None:
    for number in range(3):
        path = tmp_path / f"{number}.parquet"
        ROWS.iloc[2 * number : 2 * number + 2].to_parquet(path)
        Web.files[f"/{path.name}"] = path.read_bytes()
    named = [f"{address}/{number}.parquet" for number in range(3)]
    assert rows(named, "id", "g") == list(ROWS.itertuples(index=False, name=None))


def test_what_is_not_there(address: str) -> None:
    with pytest.raises(DataError) as error:
        rows(f"{address}/none.csv", "id")
    assert error.value.where == f"{address}/none.csv"
    assert "certificate" in str(error.value.hint)
