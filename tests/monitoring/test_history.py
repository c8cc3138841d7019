"""The history survives a kill at any byte, notices every edit, and lets nobody write beside another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from audit.errors import RunFolderError
from audit.monitoring.history import History, append, held, line_of, read_history
from audit.monitoring.look import look
from tests.monitoring.streams import decided, entry, plan

ROOT = Path(__file__).parents[2]


def three(path: Path) -> History:
    rng = np.random.default_rng(0)
    history = History(path)
    for number in range(3):
        counted = [decided(rng, {"a": 50, "b": 60}, {"a": 0.3, "b": 0.3})]
        history = append(history, entry(number, counted, plan() if number == 0 else None))
    return history


def test_what_was_added_is_read(tmp_path: Path) -> None:
    written = three(tmp_path / "h.jsonl")
    assert read_history(tmp_path / "h.jsonl") == written
    assert [one.start for one in written.entries] == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_a_cut_at_any_byte_of_the_last_line_loses_that_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    whole = three(path)
    content = path.read_bytes()
    begins = content[:-1].rfind(b"\n") + 1
    for cut in range(begins, len(content)):
        path.write_bytes(content[:cut])
        found = read_history(path)
        assert found.entries == whole.entries[:2]
        assert (found.whole, found.torn) == (begins, cut - begins)
    # It is told, and the next line takes its place.
    assert look(found).notes[0].code == "history_torn"
    assert append(found, whole.entries[2]).head == whole.head
    assert path.read_bytes() == content


def test_every_edit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    three(path)
    lines = path.read_bytes().splitlines(keepends=True)
    changed = [
        [lines[0].replace(b'"n":[', b'"n":[1', 1), *lines[1:]],
        [*lines[:2], lines[2].replace(b'"a stream"', b'"a streak"')],
        [lines[0], lines[2]],
        lines[1:],
        [lines[1], lines[0], lines[2]],
        [*lines[:2], b"\n", lines[2]],
        [lines[0], b"[]\n", *lines[1:]],
        [lines[0], b'{"check": 1}\n', *lines[1:]],
    ]
    for number, edited in enumerate(changed):
        path.write_bytes(b"".join(edited))
        with pytest.raises(RunFolderError, match=r"line \d"):
            read_history(path)
        assert number is not None
    # Whole lines cut off at the end leave a shorter history with another checksum.
    path.write_bytes(b"".join(lines[:2]))
    assert len(read_history(path).entries) == 2


def test_a_line_of_another_version_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    whole = three(path)
    line, _ = line_of(whole.entries[0], "0" * 64)
    body = json.loads(line)
    body.pop("check")
    from audit.monitoring.history import _check

    body["schema_version"] = "9.0"
    path.write_text(json.dumps({**body, "check": _check("0" * 64, body)}) + "\n")
    with pytest.raises(RunFolderError, match="not one that this version can read: schema_version"):
        read_history(path)


def test_no_history_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="there is no history"):
        read_history(tmp_path / "none.jsonl")


def test_only_one_adds_at_a_time(tmp_path: Path) -> None:
    with held(tmp_path / "h.jsonl"):
        code = (
            "import sys; from pathlib import Path; from audit.monitoring.history import held\n"
            "with held(Path(sys.argv[1])): print('in')"
        )
        other = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "h.jsonl")], capture_output=True, text=True, check=False
        )
    assert "another process is adding to this history" in other.stderr
    assert not other.stdout


WRITER = """
import sys
from pathlib import Path
import numpy as np
from audit.monitoring.history import History, append, held
from tests.monitoring.streams import decided, entry, plan
path = Path(sys.argv[1])
rng, history = np.random.default_rng(0), History(path)
with held(path):
    for number in range(10_000):
        counted = [decided(rng, {str(g): 50 for g in range(40)}, {str(g): 0.3 for g in range(40)})]
        history = append(history, entry(number % 300, counted, plan() if number == 0 else None))
        print(number, flush=True)
"""


def test_a_killed_writer_leaves_what_it_promised(tmp_path: Path) -> None:
    for attempt in range(3):
        path = tmp_path / f"{attempt}.jsonl"
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as writer:  # fmt: skip
            assert writer.stdout is not None
            said = [writer.stdout.readline() for _ in range(5 + attempt)]
            time.sleep(0.003 * attempt)
            writer.send_signal(signal.SIGKILL)
            said += list(writer.stdout)
        promised = max(int(line) for line in said if line.endswith("\n"))
        found = read_history(path)
        assert len(found.entries) > promised
        with held(path):
            again = append(found, found.entries[-1])
        assert read_history(path) == again
