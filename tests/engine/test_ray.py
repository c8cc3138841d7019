"""Workers of Ray: an audit is the same for one process and two workers, and for one that is killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import audit
import audit.explain.parts
import audit.pipeline.decide
from audit.engine import ray_actors
from audit.engine.ray_cluster import connected
from audit.errors import ConfigError, DataError
from audit.result import EngineFacts
from audit.store.shards import Shards
from tests.engine.jobs import Doubling, Told, numbered
from tests.engine.test_processes import case, engine, same

pytest.importorskip("ray", reason="needs Ray: pip install 'fairaudit[ray]'")
__all__ = ["case", "engine"]
Case = Callable[..., dict[str, Any]]


#: Helpers of a Ray whose driver was killed: for a minute, they try to tell its head that is gone, too.
_late: list[int] = []


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    """One Ray for all, as a program has it that started its own before it audits."""
    with connected(None, 2, 0):
        yield
    _wait_for_the_end(_late)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(audit.pipeline.decide, "WINDOW_ROWS", 8)
    monkeypatch.setattr(audit.explain.parts, "PART_DECISIONS", 4)


def test_a_driver_with_a_ray_of_its_own_that_is_killed_is_resumed(case: Case, tmp_path: Path) -> None:
    config = case("resumed", kind="ray", workers=2)
    script = (
        "import json, sys, audit, audit.pipeline.decide, audit.explain.parts\n"
        "audit.pipeline.decide.WINDOW_ROWS, audit.explain.parts.PART_DECISIONS = 8, 4\n"
        "audit.run(json.loads(sys.argv[1]), resume=True)\n"
    )
    driver = subprocess.Popen([sys.executable, "-c", script, json.dumps(config)])
    parts, deadline = tmp_path / "resumed" / ".work" / "decisions", time.monotonic() + 400
    while not list(parts.glob("part-*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.01)
    below = _below(driver.pid)
    assert below
    driver.kill()
    driver.wait()
    # What works ends with the driver that started it.
    _late.extend(pid for pid in below if "Agent" in _command(pid) and _lives(pid))
    _wait_for_the_end(set(below) - set(_late))
    assert audit.run(config, resume=True).timings.shards_reused
    audit.run(case("alone"))
    assert same(tmp_path / "alone", tmp_path / "resumed")


def test_two_actors_find_what_one_process_finds_though_one_is_killed(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit.run(case("alone"))
    killed = []
    hand = ray_actors.RayActors.give

    def give(self: ray_actors.RayActors, worker: int, number: int, part: bytes) -> None:
        hand(self, worker, number, part)
        if not killed:
            killed.append(int(self.named[worker].split()[1]))
            os.kill(killed[0], signal.SIGKILL)

    monkeypatch.setattr(ray_actors.RayActors, "give", give)
    told = audit.run(case("killed", kind="ray", workers=2)).timings.engine
    assert told in [EngineFacts(kind="ray", workers=workers, threads=1) for workers in (1, 2)]
    assert killed
    assert same(tmp_path / "alone", tmp_path / "killed")


def test_an_error_in_an_actor_is_the_error_of_the_audit(engine: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        engine(2, kind="ray").map(Doubling(bad=2), numbered(6), Shards(tmp_path), Told())
    assert (error.value.problem, error.value.where, error.value.hint) == (
        "2 cannot be doubled", "numbers", "take another"
    )  # fmt: skip


class Unseen(Shards):
    """Shards of a run folder that no other process sees."""

    def __reduce__(self) -> tuple[Any, ...]:
        nowhere = self.folder / "nowhere"
        return Shards, (nowhere, nowhere / "state.json")


def test_parts_of_a_worker_that_does_not_see_the_run_folder_come_back(
    engine: Callable[..., Any], tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    state.write_text("{}")
    found, bar = engine(2, kind="ray"), Told()
    shards = Unseen(tmp_path / "parts", state)
    assert found.map(Doubling(), numbered(7), shards, bar) == (7, 0)
    assert [table["number"][0].as_py() for table in shards.read()] == [0, 2, 4, 6, 8, 10, 12]
    assert shards.counters() == {"doubled": 7}
    assert bar.total == 7
    assert not (tmp_path / "parts" / "nowhere").exists()


def test_workers_go_on_from_job_to_job(engine: Callable[..., Any], tmp_path: Path) -> None:
    found = engine(2, kind="ray")
    for name in ("one", "two"):
        bar = Told()
        assert found.map(Doubling(), numbered(7), Shards(tmp_path / name), bar) == (7, 0)
        assert [table["number"][0].as_py() for table in Shards(tmp_path / name).read()] == [0, 2, 4, 6, 8, 10, 12]
        assert bar.total == 7


def test_an_address_where_nobody_answers(model_case: Case, tmp_path: Path) -> None:
    script = (
        "import json, sys, audit\n"
        "try:\n    audit.run(json.loads(sys.argv[1]))\n"
        "except audit.errors.ConfigError as error:\n    print(error)\n"
    )
    config = model_case() | {"engine": {"kind": "ray", "ray_address": "127.0.0.1:1"}}
    out = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import audit.errors\n" + script, json.dumps(config)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "engine.ray_address: no Ray answers at '127.0.0.1:1'" in out.stdout
    assert "ray start --head" in out.stdout


def test_where_ray_is_not_installed(model_case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match="Ray is not installed") as error:
        audit.run(model_case() | {"engine": {"kind": "ray"}})
    assert "fairaudit[ray]" in str(error.value.hint)


def _below(pid: int) -> list[int]:
    """All processes that a process started, and those that they did."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in found.splitlines()]
    below, more = set[int](), {pid}
    while more := {child for child, parent in parents if parent in more} - below:
        below |= more
    return sorted(below)


def _wait_for_the_end(pids: Iterable[int]) -> None:
    deadline = time.monotonic() + 240
    while any(map(_lives, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in pids if _lives(pid)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
