"""Addresses of the web go through fsspec: held to a small server that hands out ranges of bytes, as real ones do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from audit.config import DataConfig
from audit.data.files import hash_files
from audit.errors import DataError
from tests.data.reading import rows
from tests.data.serving import Serving, served

pytest.importorskip("aiohttp", reason="with which fsspec reads addresses of the web")

ROWS = pd.DataFrame({"id": range(6), "g": list("aabbcc")})


class Web(Serving):
    """Hands out files."""

    def answer(self, body: bool) -> None:
        if self.path in self.files:
            self.hand_out(self.files[self.path], body, {"Accept-Ranges": "bytes"})
        else:
            self.send(404, b"", body)


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with served(Web) as port:
        yield f"http://127.0.0.1:{port}"


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
