"""Folders of a Ray of our own: one that a killed audit left goes at the next start, and nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audit.engine import ray_folder
from audit.engine.ray_folder import OWNER, own_folder

AUDIT = """
import sys
from pathlib import Path
from audit.engine import ray_folder

ray_folder.PARENT = Path(sys.argv[1])
with ray_folder.own_folder() as folder:
    Path(folder, "session").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_folder, "PARENT", tmp_path)


@contextmanager
def another(parent: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Give another audit, and the folder in which it works."""
    with subprocess.Popen(
        [sys.executable, "-c", AUDIT, str(parent)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_what_a_killed_audit_left_goes_at_the_next_start(tmp_path: Path) -> None:
    with another(tmp_path) as (process, left):
        with own_folder() as mine:
            assert (left / "session").is_dir()
            assert left != Path(mine)
        assert not Path(mine).exists()
        process.kill()
        process.wait()
        assert (left / "session").is_dir()
        with own_folder() as mine:
            assert [Path(mine)] == list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_one_that_ends_by_itself_leaves_nothing(tmp_path: Path) -> None:
    with another(tmp_path) as (process, left):
        assert left.is_dir()
        process.communicate("")
        assert process.returncode == 0
        assert not left.exists()


def test_what_is_of_another_user_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with another(tmp_path) as (process, left):
        process.kill()
        process.wait()
        me = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: me + 1)
        with own_folder():
            assert (left / "session").is_dir()


def test_what_is_none_of_ours_stays(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / OWNER).touch()
    link, begun, file = (tmp_path / f"{ray_folder.PREFIX}{name}" for name in ("link", "begun", "file"))
    link.symlink_to(elsewhere)
    begun.mkdir()
    file.touch()
    pointing = tmp_path / f"{ray_folder.PREFIX}pointing"
    pointing.mkdir()
    (pointing / OWNER).symlink_to(elsewhere / OWNER)
    with own_folder():
        pass
    assert (elsewhere / OWNER).is_file()
    assert link.is_symlink()
    assert begun.is_dir()
    assert file.is_file()
    assert (pointing / OWNER).is_symlink()
