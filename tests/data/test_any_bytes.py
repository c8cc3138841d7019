"""Whatever stands in a text file, it is read or refused with its name, and nothing else happens."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audit.config import DataConfig
from audit.data.quotes import quote_notes
from audit.errors import AuditError
from tests.data.reading import rows

PIECES = [b"id", b",", b"x", b"\n", b"\r", b'"', b"\t", b"\0", b"\\", b" ", b"1", b"0.5", b"\xff", b"\xed\xa0\x80"]
PIECES += [b"\xef\xbb\xbf", b"\xff\xfe", b"{", b"}", b"[", b"]", b":", b'"id"', b'{"id": 1, "x": 2}', b"NaN", b"1e999"]
PIECES += [b"\x1f\x8b", b"id,x\n1,2\n", b"\\ud800", "é".encode("utf-16-le"), b"\xc3\xa9"]
BODY = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=20).map(b"".join),
    st.lists(st.sampled_from(PIECES), max_size=12).map(lambda pieces: b"id,x\n" + b"".join(pieces)),
    st.lists(st.sampled_from(PIECES), max_size=12).map(lambda pieces: b'{"id": 1, "x": 2}\n' + b"".join(pieces)),
    st.binary(max_size=40),
)
KEYS = st.fixed_dictionaries(
    {},
    optional={
        "quote": st.sampled_from(["", "'"]),
        "escape": st.just("\\"),
        "skip_rows": st.integers(1, 3),
        "header": st.sampled_from([False, ("id", "x")]),
        "delimiter": st.sampled_from([";", "\t"]),
    },
)
CODES = st.sampled_from(["utf-8", "utf-16", "utf-16-be", "latin-1", "utf-32"])


@settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=BODY, suffix=st.sampled_from(["csv", "tsv", "jsonl", "json"]), keys=KEYS, encoding=CODES)
@example(body=b"a,b\n\xff\n", suffix="csv", keys={}, encoding="utf-8")  # a ragged row that is no text
@example(body=b'a,b\n1,"\xff', suffix="csv", keys={}, encoding="utf-8")
def test_any_bytes(tmp_path: Path, body: bytes, suffix: str, keys: dict[str, object], encoding: str) -> None:
    path = tmp_path / f"rows.{suffix}"
    path.write_bytes(body)
    keys = {"encoding": encoding, **(keys if suffix in {"csv", "tsv"} else {})}
    for columns in (["id", "x"], ["1"]):
        try:
            read = rows(path, *columns, **keys)
        except AuditError as error:
            assert path.name in str(error)
        else:
            assert all(cell is None or cell.encode() is not None for row in read for cell in map(str, row))
            quote_notes(DataConfig(path=path, **keys))


def test_keys_that_leave_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(AuditError, match=r"ends before its first row(.|\n)*skip_rows"):
        rows(path, "a", skip_rows=9)
    with pytest.raises(AuditError, match=r"byte order mark of utf-16(.|\n)*utf-16-le"):
        rows(path, "a", encoding="utf-16")
