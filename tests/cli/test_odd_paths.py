"""A path that cannot be read or written is told in one error, and never waited for."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from audit.cli import call

CONFIG = """
data: {path: rows.csv, columns: {label: y, prediction: p, id: id}}
attributes: [g]
policy: {rules: [{metric: selection_rate, limit: 0.9}]}
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes in folders")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("odd")
    rows = [f"r{i},{i % 2},{i // 2 % 2},{'ab'[i % 2]}" for i in range(20)]
    (place / "rows.csv").write_text("\n".join(["id,y,p,g", *rows]) + "\n")
    (place / "audit.yaml").write_text(CONFIG)
    assert call(["run", str(place / "audit.yaml"), "--out", str(place / "run"), "--quiet"]) == 0
    (place / "file").write_text("x")
    (place / "folder").mkdir()
    (place / "loop").symlink_to(place / "loop")
    (place / "dangling").symlink_to(place / "nowhere" / "x")
    if hasattr(os, "mkfifo"):
        os.mkfifo(place / "pipe")
    return place


def refused(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> str:
    capfd.readouterr()
    assert call(arguments) == 2, arguments
    said = capfd.readouterr().err
    assert "Traceback" not in said
    assert said.count("audit: ") == 1, said
    return said


#: Paths at which nothing can be written.
NOWHERE = ["file", "file/x", "loop", "pipe", "pipe/x", "x" * 300, "/dev/null/x", "/proc/x", "/proc/x/y"]


@posix
@pytest.mark.parametrize("out", NOWHERE)
def test_nothing_is_written_where_nothing_can_be(out: str, place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    if out.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("needs /proc")
    where, run = str(place / out), str(place / "run")
    refused(["run", str(place / "audit.yaml"), "--quiet", "--out", where], capfd)
    refused(["gate", run, "--out", where], capfd)


@pytest.mark.parametrize("out", ["", "folder", "file/x"])
def test_a_baseline_is_written_to_a_file(out: str, place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    refused(["gate", str(place / "run"), "--save-baseline", out and str(place / out)], capfd)


@posix
@pytest.mark.parametrize("name", ["file", "pipe", "loop", "dangling", "nowhere", "/dev/null", "x" * 300])
def test_what_is_no_run_folder_is_not_read(name: str, place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for command in (["report"], ["gate"], ["verify"], ["compare", str(place / "run")], ["explain", "--row", "r1"]):
        refused([*command, str(place / name)], capfd)
    for option in ("--policy", "--waivers"):
        refused(["gate", str(place / "run"), option, str(place / name)], capfd) if name != "/dev/null" else None
    refused(["validate", str(place / name)], capfd)


@posix
@pytest.mark.parametrize("name", ["manifest.json", "result.json", "decisions.parquet", ".work", ".work/state.json"])
def test_a_pipe_in_a_run_folder_is_not_waited_for(
    name: str, place: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    shutil.copytree(place / "run", run)
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    again = ["run", str(place / "audit.yaml"), "--quiet", "--out", str(run)]
    if not name.startswith(".work"):
        for command in ("report", "gate", "verify"):
            refused([command, str(run)], capfd)
    if name != ".work":
        refused([*again, "--resume"], capfd)
    assert call([*again, "--overwrite"]) == 0


@pytest.mark.parametrize("broken", [os.fsdecode(b"\xff\xfe\x80"), "a\0b"])
@pytest.mark.parametrize(
    "arguments",
    [
        *(["run", "{x}"], ["run", "audit.yaml", "--out", "{x}"], ["run", "audit.yaml", "--set", "output.title={x}"]),
        *(["gate", "{x}"], ["gate", "run", "--policy", "{x}"], ["gate", "run", "--save-baseline", "{x}"]),
        *(["report", "{x}"], ["report", "run", "--lang", "{x}"], ["verify", "{x}"], ["compare", "run", "{x}"]),
        *(["explain", "run", "--row", "{x}"], ["validate", "{x}"], ["schema", "{x}"], ["{x}"], ["run", "--{x}"]),
    ],
)
def test_an_argument_that_is_no_text_is_refused(
    arguments: list[str], broken: str, place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    said = refused([text.replace("{x}", broken) for text in arguments], capfd)
    assert "UTF-8" in said or "null character" in said


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems hold no such names")
def test_a_folder_whose_name_is_no_text_can_be_worked_in(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe"))
    here.mkdir()
    shutil.copy(place / "rows.csv", here)
    shutil.copy(place / "audit.yaml", here)
    monkeypatch.chdir(here)
    assert call(["run", "audit.yaml", "--quiet"]) == 0
    for command in ("gate", "report", "verify"):
        assert call([command, "runs/audit"]) == 0
    assert call(["explain", "runs/audit", "--row", "r1"]) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems hold no such names")
@pytest.mark.parametrize("name", [b"\x80.csv", b"g=\xff/x.csv"])
def test_a_part_of_a_table_whose_name_is_no_text_is_named(
    name: bytes, place: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    part = Path(os.fsdecode(os.fsencode(tmp_path) + b"/rows.csv/" + name))
    part.parent.mkdir(parents=True)
    shutil.copy(place / "rows.csv", part)
    shutil.copy(place / "audit.yaml", tmp_path)
    assert "its name holds bytes that are no UTF-8" in refused(["validate", str(tmp_path / "audit.yaml")], capfd)
