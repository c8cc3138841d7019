"""Addresses of S3 go through Arrow's own driver: held to a small server that answers as a store does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pandas as pd
import pytest

from audit.config import DataConfig
from audit.data.files import hash_files
from audit.errors import DataError
from tests.data.reading import rows
from tests.data.serving import Serving, served

pytest.importorskip("pyarrow._s3fs", reason="this pyarrow was built without S3")

ROWS = pd.DataFrame({"id": range(6), "g": list("aabbcc")})


class Store(Serving):
    """Lists and hands out the objects of one bucket; knows who asks by the key in the signature alone."""

    def answer(self, body: bool) -> None:
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        dated = {"ETag": '"e"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
        if "Credential=KEY/" not in self.headers.get("Authorization", ""):
            self.send(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>", body)
        elif bucket != "lending":
            self.send(404, b"<Error><Code>NoSuchBucket</Code></Error>", body)
        elif not key:
            self.send(200, self._listing(parse_qs(parts.query)), body)
        elif key not in self.files:
            self.send(404, b"<Error><Code>NoSuchKey</Code></Error>", body)
        else:
            self.hand_out(self.files[key], body, dated)

    def _listing(self, query: dict[str, list[str]]) -> bytes:
        prefix, delimiter = (query.get(name, [""])[0] for name in ("prefix", "delimiter"))
        keys = [key for key in sorted(self.files) if key.startswith(prefix)]
        folders = {prefix + key[len(prefix) :].partition(delimiter)[0] + delimiter for key in keys} if delimiter else ()
        shared = {folder for folder in folders if any(key.startswith(folder) for key in keys)}
        own = [key for key in keys if not any(key.startswith(folder) for folder in shared)]
        body = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.files[key])}</Size>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for key in own
        )
        body += "".join(f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>" for one in sorted(shared))
        said = f"<Name>lending</Name><KeyCount>{len(own)}</KeyCount><IsTruncated>false</IsTruncated>{body}"
        return f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>{said}</ListBucketResult>'.encode()


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "KEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SECRET")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with served(Store) as port:
        yield f"s3://lending/PATH?endpoint_override=127.0.0.1:{port}&scheme=http&region=eu-north-1"


def test_a_partitioned_table_in_a_bucket_is_read_as_from_a_disk(address: str, tmp_path: Path) -> None:
    for number, (country, first) in enumerate((("NO", 0), ("SE", 2), ("SE", 4))):
        path = tmp_path / f"country={country}" / f"part-{number}.parquet"
        path.parent.mkdir(exist_ok=True)
        ROWS.iloc[first : first + 2].to_parquet(path)
        Store.files[f"rows/country={country}/{path.name}"] = path.read_bytes()
    here, there = str(tmp_path), address.replace("PATH", "rows")
    assert rows(there, "id", "g", "country") == rows(here, "id", "g", "country")
    assert hash_files(DataConfig(path=there)) == hash_files(DataConfig(path=here))
    some = address.replace("PATH", "rows/country=S*/*.parquet")
    assert rows(some, "id", "country") == [(2, "SE"), (3, "SE"), (4, "SE"), (5, "SE")]


def test_packed_text_in_a_bucket(address: str, tmp_path: Path) -> None:
    ROWS.to_csv(tmp_path / "rows.csv.gz", index=False)
    Store.files["rows.csv.gz"] = (tmp_path / "rows.csv.gz").read_bytes()
    assert rows(address.replace("PATH", "rows.csv.gz"), "g") == [(group,) for group in "aabbcc"]


def test_what_is_not_there_or_not_allowed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        rows(address.replace("PATH", "none.csv"), "id")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OTHER")
    with pytest.raises(DataError, match=r"cannot be read: (.|\n)*credentials come from the environment"):
        rows(address.replace("PATH", "rows.csv"), "id")
    assert not any("SECRET" in line for line in Store.asked)
