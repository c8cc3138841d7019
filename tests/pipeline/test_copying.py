"""A run folder in an object store: whole with its manifest, or not there at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

import audit
from audit.cli import call
from audit.errors import ExitCode, RunFolderError
from audit.pipeline import copying
from audit.pipeline.copying import at_hand, copy_in, copy_out
from audit.pipeline.verify import verify
from audit.store.manifest import MANIFEST
from audit.store.runfolder import RunFolder

THERE = "memory://audits/2026-11"


@pytest.fixture
def store() -> Iterator[Any]:
    """Give a store, empty before and after."""
    found = fsspec.filesystem("memory")
    found.store.clear()
    yield found
    found.store.clear()
    found.pseudo_dirs[:] = [""]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    (tmp_path / "rows.csv").write_text("y,p,g\n" + "1,1,a\n0,1,b\n1,0,a\n0,0,b\n" * 20)
    folder = tmp_path / "run"
    audit.run(
        {
            "data": {"path": str(tmp_path / "rows.csv"), "columns": {"label": "y", "prediction": "p"}},
            "attributes": ["g"],
            "output": {"folder": str(folder)},
        }
    )
    return RunFolder(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != ".lock"}


def stored(store: Any) -> dict[str, bytes]:
    return {path.rpartition("/")[2]: store.cat(path) for path in store.find("/audits/2026-11")}


def test_there_and_back(run: RunFolder, store: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["copy", str(run.path), THERE]) == 0
    assert stored(store) == contents(run.path)
    assert call(["verify", THERE]) == 0
    assert f"{THERE}: every file is as the audit wrote it" in capsys.readouterr().out
    assert call(["copy", THERE, str(tmp_path / "deep" / "back")]) == 0
    back = RunFolder(tmp_path / "deep" / "back")
    assert contents(back.path) == contents(run.path)
    assert not verify(back).wrong
    assert [path.name for path in back.path.parent.iterdir()] == ["back"]


def test_a_copy_that_broke_off_is_none_and_the_same_command_ends_it(
    run: RunFolder, store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sorted(contents(run.path))
    send = copying._send
    for number in range(len(whole)):
        left = iter(range(number))

        def breaking(*given: Any, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt
            send(*given)

        monkeypatch.setattr(copying, "_send", breaking)
        with pytest.raises(KeyboardInterrupt):
            copy_out(run, THERE)
        assert len(stored(store)) == number
        with pytest.raises(RunFolderError, match="holds no finished audit"):
            copy_in(THERE, tmp_path / "back")
    monkeypatch.setattr(copying, "_send", send)
    assert copy_out(run, THERE)[-1] == MANIFEST
    assert contents(copy_in(THERE, tmp_path / "back").path) == contents(run.path)


def test_another_audit_is_replaced_only_if_that_is_said(
    run: RunFolder, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_out(run, THERE)
    store.pipe("/audits/2026-11/report.pdf", b"of the audit before")
    store.pipe("/audits/2026-11/notes.txt", b"of somebody")
    before = stored(store)
    with pytest.raises(RunFolderError, match="holds a finished audit"):
        copy_out(run, THERE)
    assert stored(store) == before

    def broken(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(copying, "_send", broken)
        with pytest.raises(KeyboardInterrupt):
            copy_out(run, THERE, overwrite=True)
    assert MANIFEST not in stored(store)
    copy_out(run, THERE)
    assert stored(store) == contents(run.path) | {"notes.txt": b"of somebody"}


def test_what_was_changed_in_the_store_is_told_and_leaves_nothing(run: RunFolder, store: Any, tmp_path: Path) -> None:
    copy_out(run, THERE)
    place = "/audits/2026-11/decisions.parquet"
    content = store.cat(place)
    store.pipe(place, content[:-1])
    with pytest.raises(RunFolderError, match=r"decisions\.parquet was changed") as error:
        copy_in(THERE, tmp_path / "back")
    assert error.value.where == THERE
    assert not (tmp_path / "back").exists()
    store.rm(place)
    with pytest.raises(RunFolderError, match=r"decisions\.parquet is missing"), at_hand(THERE):
        pass


def test_signatures_go_along_and_nothing_else_does(run: RunFolder, store: Any, tmp_path: Path) -> None:
    (run.path / "result.json.sig").write_text("a signature")
    (run.path / "notes.txt").write_text("of mine")
    copy_out(run, THERE)
    assert stored(store).keys() == contents(run.path).keys() - {"notes.txt"}
    store.pipe("/audits/2026-11/deep/result.json.sig", b"below")
    store.pipe("/audits/2026-11/notes.txt", b"of somebody")
    assert contents(copy_in(THERE, tmp_path / "back").path).keys() == contents(run.path).keys() - {"notes.txt"}


def test_signatures_of_the_audit_before_go_with_it(run: RunFolder, store: Any) -> None:
    (run.path / "result.json.auditor.sig").write_text("a signature of the audit before")
    copy_out(run, THERE)
    (run.path / "result.json.auditor.sig").unlink()
    (run.path / "result.json.sig").write_text("a signature")
    copy_out(run, THERE, overwrite=True)
    assert stored(store) == contents(run.path)


def test_a_run_folder_that_is_not_whole_stays_here(run: RunFolder, store: Any) -> None:
    (run.path / "flagged.jsonl").write_text("{}\n")
    with pytest.raises(RunFolderError, match=r"flagged\.jsonl was changed"):
        copy_out(run, THERE)
    assert not stored(store)


def test_a_store_that_takes_nothing(run: RunFolder, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError("not you")

    monkeypatch.setattr(type(store), "_open", refuse)
    with pytest.raises(RunFolderError, match=r"cannot be written: .*not you") as error:
        copy_out(run, THERE)
    assert error.value.where.startswith(THERE)


def test_a_folder_that_holds_something_stays(run: RunFolder, store: Any) -> None:
    copy_out(run, THERE)
    before = contents(run.path)
    with pytest.raises(RunFolderError, match="not empty"):
        copy_in(THERE, run.path)
    assert contents(run.path) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "copy"], "one of FROM and TO is an address"),
        (["s3://a/b", "s3://c/d"], "one of FROM and TO is an address"),
        (["s3://a/b", "run", "--overwrite"], "--overwrite goes with an address that is written to"),
        (["run", "s3://key:secret@bucket/run"], "holds a key or a password"),
    ],
)
def test_what_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["copy", *arguments]) == ExitCode.USAGE
    err = capsys.readouterr().err
    assert said in err
    assert "secret" not in err


def test_an_address_with_a_key_is_not_verified(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["verify", "s3://key:secret@bucket/run"]) == ExitCode.USAGE
    err = capsys.readouterr().err
    assert "holds a key or a password" in err
    assert "secret" not in err
