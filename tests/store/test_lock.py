"""One process at a time writes into a run folder, and a killed one leaves no lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from audit.cli import call
from audit.errors import RunFolderError
from audit.store.lock import held

HOLD = """
import sys
from pathlib import Path
from audit.store.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "rows.csv").write_text("y,p,g\n" + "1,1,a\n0,1,b\n1,0,a\n0,0,b\n" * 10)
    path = tmp_path / "audit.yaml"
    path.write_text("data: {path: rows.csv, columns: {label: y, prediction: p}}\nattributes: [g]\n")
    return path


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_audit_is_told_and_changes_nothing(
    config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    command = ["run", str(config), "--out", str(run), "--quiet"]
    assert call(command) == 0
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    with holder(run) as process:
        capfd.readouterr()
        for more in (["--overwrite"], ["--resume"]):
            assert call([*command, *more]) == 2
            assert "another audit is writing into this folder" in capfd.readouterr().err
        assert call(["report", str(run)]) == 2
        assert {path.name: path.read_bytes() for path in run.iterdir()} == before
        # Who reads is not kept waiting: what is written takes its place whole.
        assert call(["verify", str(run)]) == 0
        process.kill()
        process.wait()
        assert call([*command, "--overwrite"]) == 0


def test_it_is_let_go_whatever_happens(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), held(tmp_path / "run"):
        raise ZeroDivisionError
    with held(tmp_path / "run"), pytest.raises(RunFolderError, match="another audit"), held(tmp_path / "run"):
        pytest.fail("two hold it")


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"symbolic|link"), held(tmp_path / "run"):
        pytest.fail("a link was followed")
    assert not (tmp_path / "elsewhere").exists()
