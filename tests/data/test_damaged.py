"""Damaged and unreadable files: each is one error that names the file, whatever a library raises."""

from __future__ import annotations

import gzip
import random
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.cli import call
from audit.config import DataConfig
from audit.data.door import reading
from audit.data.files import hash_files
from audit.data.source import read_batches
from audit.errors import AuditError, DataError, ExitCode
from tests.data.reading import rows

ROWS = [(i, random.Random(i).random(), f"word {i}") for i in range(300)]
CSV = ("id,x,text\n" + "".join(f"{i},{x},{text}\n" for i, x, text in ROWS)).encode()
JSONL = "".join(f'{{"id": {i}, "x": {x}, "text": "{text}"}}\n' for i, x, text in ROWS).encode()


def whole(name: str) -> bytes:
    if name == "rows.parquet":
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(dict(zip(("id", "x", "text"), zip(*ROWS, strict=True), strict=True))), sink)
        return bytes(sink.getvalue())
    sink = pa.BufferOutputStream()
    packing = {"gz": "gzip", "bz2": "bz2", "zst": "zstd"}[name.rsplit(".", 1)[1]]
    with pa.CompressedOutputStream(sink, packing) as stream:
        stream.write(JSONL if "jsonl" in name else CSV)
    return bytes(sink.getvalue())


NAMES = ["rows.csv.gz", "rows.jsonl.gz", "rows.csv.bz2", "rows.csv.zst", "rows.parquet"]
WHOLE = {name: whole(name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_byte_is_read_or_refused(tmp_path: Path, name: str, data: st.DataObject) -> None:
    body = bytearray(WHOLE[name])
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    (tmp_path / name).write_bytes(bytes(body))
    try:
        read = rows(tmp_path / name, "id", "x", "text")
    except AuditError as error:
        assert name in str(error)
    else:
        assert all(isinstance(text, str | None) for _, _, text in read)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, name: str, data: st.DataObject) -> None:
    body = WHOLE[name]
    (tmp_path / name).write_bytes(body[: data.draw(st.integers(0, len(body) - 1))])
    with pytest.raises(DataError, match=name):
        rows(tmp_path / name, "id", "x", "text")


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.jsonl.gz"])
def test_a_cut_download_is_no_interruption(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_bytes(WHOLE[name][:-20])
    (tmp_path / "audit.yaml").write_text(f"data: {{path: {name}, columns: {{prediction: id}}}}\nattributes: [text]\n")
    assert call(["validate", str(tmp_path / "audit.yaml")]) == ExitCode.USAGE
    assert f"{name}: is damaged" in capsys.readouterr().err


def test_a_saved_folder_with_flipped_bytes(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    saved = datasets.Dataset.from_dict({"id": list(range(300)), "text": [f"word {i}" for i in range(300)]})
    saved.save_to_disk(tmp_path / "whole")
    draw = random.Random(0)
    for trial in range(40):
        folder = tmp_path / f"damaged-{trial}"
        shutil.copytree(tmp_path / "whole", folder)
        path = draw.choice(sorted(folder.iterdir()))
        body = bytearray(path.read_bytes())
        body[draw.randrange(len(body))] ^= draw.randrange(1, 256)
        path.write_bytes(bytes(body))
        try:
            rows(folder, "id", "text")
        except DataError as error:
            assert folder.name in str(error)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (PermissionError(13, "Permission denied"), "permission denied"),
        (FileNotFoundError(2, "No such file"), "not there any more"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (EOFError("Compressed file ended"), "damaged"),
        (pa.ArrowInvalid("bad"), "damaged"),
        (MemoryError(), "memory"),
    ],
)
def test_what_libraries_raise_becomes_one_error(tmp_path: Path, raised: Exception, said: str) -> None:
    with pytest.raises(DataError, match=rf"rows\.csv: .*{said}"), reading(tmp_path / "rows.csv", "CSV"):
        raise raised


def test_defects_and_interruptions_pass(tmp_path: Path) -> None:
    for passing in (ZeroDivisionError(), KeyError("x"), KeyboardInterrupt()):
        with pytest.raises(type(passing)), reading(tmp_path, "CSV"):
            raise passing


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / name).write_bytes(WHOLE[name])

    def refuse(*args: object, **keys: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(pq, "ParquetFile", refuse)
    for read in (lambda: rows(tmp_path / name, "id"), lambda: hash_files(DataConfig(path=tmp_path / name))):
        with pytest.raises(DataError, match=f"{name}: may not be read: permission denied"):
            read()


def test_a_folder_that_is_deleted_while_it_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    for part in range(3):
        (folder / f"{part}.csv.gz").write_bytes(gzip.compress(CSV))
    batches = read_batches(DataConfig(path=folder), {"id": "data.columns.id"})
    next(batches)
    shutil.rmtree(folder)
    with pytest.raises(DataError, match="not there any more"):
        list(batches)
