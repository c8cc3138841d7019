"""A full disk, a missing folder, too little memory: said as what they are, with what to do; --resume then works."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from audit.cli import call
from audit.errors import ExitCode

ROWS = "y,p,g\n" + "1,1,a\n0,1,b\n1,0,a\n0,0,b\n" * 20
CONFIG = "data: {path: rows.csv, columns: {label: y, prediction: p}, positive_label: '1'}\nattributes: [g]\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "audit.yaml").write_text(CONFIG)
    return tmp_path / "audit.yaml"


@pytest.mark.parametrize("after", [0, 2, 5])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO])
def test_a_disk_that_refuses_is_named_and_the_run_goes_on_later(
    number: int, after: int, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, calls = os.fsync, 0

    def full(stream: int) -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise OSError(number, os.strerror(number))
        real(stream)

    out = config.parent / "run"
    monkeypatch.setattr(os, "fsync", full)
    assert call(["run", str(config), "--out", str(out), "--quiet"]) == ExitCode.CRASHED
    error = capsys.readouterr().err
    assert error.count("audit: ") == 1
    assert "hint:" in error
    assert "resume" in error
    assert "Traceback" not in error
    assert "defect" not in error
    monkeypatch.undo()
    assert not list(config.parent.rglob("*.partial"))
    assert call(["run", str(config), "--out", str(out), "--quiet", "--resume"]) == ExitCode.PASSED


def test_a_limit_on_the_size_of_files_is_named(config: Path) -> None:
    # Python would leave modules that it compiles cut short, and every later import of them would fail.
    program = f"{sys.executable} -m audit run {config} --out {config.parent / 'run'} --quiet"
    command = f"export PYTHONDONTWRITEBYTECODE=1; ulimit -f 4; exec {program}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.CRASHED
    assert "beyond the size allowed" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENAMETOOLONG])
def test_a_folder_that_cannot_be_written_is_a_matter_of_usage(
    number: int, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path, *args: object, **kwargs: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert call(["run", str(config), "--out", str(config.parent / "new"), "--quiet"]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert str(config.parent / "new") in error
    assert "hint:" in error


def test_too_little_memory_and_a_file_that_ends_early_are_neither_a_verdict_nor_an_interruption(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for error, words in ((MemoryError(), "not enough memory"), (EOFError(), "defect of the tool")):

        def broken(*args: object, error: BaseException = error, **kwargs: object) -> None:
            raise error

        monkeypatch.setattr("audit.config.load_config", broken)
        assert call(["validate", str(config)]) == ExitCode.CRASHED
        assert words in capsys.readouterr().err
