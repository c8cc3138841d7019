"""Workers that are processes: an audit is the same for one and two, and for one that is killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import audit
import audit.explain.parts
import audit.pipeline.decide
from audit.config import ModelConfig, parse_config
from audit.engine import processes
from audit.engine.choosing import engine_for, shared_out
from audit.engine.desk import sendable
from audit.engine.job import Part
from audit.engine.packing import packed, unpacked
from audit.errors import AuditError, CellError, ConfigError, DataError, ModelError, RunFolderError, SystemFault
from audit.models.registry import load_adapter
from audit.result import EngineFacts
from audit.store.shards import Shards
from tests.engine.jobs import Doubling, Told, numbered

Make = Callable[..., dict[str, Any]]
FILES = ("decisions.parquet", "attributions.parquet", "contributions.parquet", "counterfactuals.parquet")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(audit.pipeline.decide, "WINDOW_ROWS", 8)
    monkeypatch.setattr(audit.explain.parts, "PART_DECISIONS", 4)


@pytest.fixture
def case(model_case: Make, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def make(name: str, **engine: Any) -> dict[str, Any]:
        gaps = {"sample": 12, "metrics": ["selection_rate"], "resamples": 200}
        explained = {"sample": 8, "shown": 2, "sanity": 0}
        config = model_case(rows=40, explanations=explained, exchange={}, gaps=gaps)
        return config | {"engine": engine, "output": {"folder": str(tmp_path / name)}}

    return make


def plain(folder: Path) -> dict[str, Any]:
    """result.json but for what may differ."""
    result: dict[str, Any] = json.loads((folder / "result.json").read_text())
    del result["timings"]
    return result


def same(one: Path, other: Path) -> bool:
    files = all((one / name).read_bytes() == (other / name).read_bytes() for name in FILES if (one / name).exists())
    return files and plain(one) == plain(other)


def living() -> list[int]:
    """Process ids of the workers of this process."""
    found = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    return [int(line.split()[0]) for line in found.stdout.splitlines() if "audit.engine.process" in line]


def test_two_workers_find_what_one_process_finds_even_if_one_is_killed(
    case: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, two = (audit.run(config).timings.engine for config in (case("alone"), case("two", workers=2)))
    assert alone == EngineFacts(kind="local", workers=1, threads=1)
    # The first to be ready may have done all before the second is.
    assert two in [alone, EngineFacts(kind="local", workers=2, threads=1)]
    assert "One process asked the model." in (tmp_path / "alone" / "report.html").read_text()
    assert same(tmp_path / "alone", tmp_path / "two")

    killed = []
    hand = processes.Processes.give

    def give(self: processes.Processes, worker: int, number: int, part: bytes) -> None:
        hand(self, worker, number, part)
        if not killed:
            killed.append(living()[0])
            os.kill(killed[0], signal.SIGKILL)

    monkeypatch.setattr(processes.Processes, "give", give)
    audit.run(case("killed", workers=2))
    assert killed
    assert same(tmp_path / "alone", tmp_path / "killed")
    assert not living()


def test_a_driver_that_is_killed_is_resumed(case: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    config = case("resumed", workers=2)
    script = (
        "import json, sys, audit, audit.pipeline.decide\n"
        "audit.pipeline.decide.WINDOW_ROWS = 8\n"
        "audit.run(json.loads(sys.argv[1]), resume=True)\n"
    )
    driver = subprocess.Popen([sys.executable, "-c", script, json.dumps(config)])
    parts = tmp_path / "resumed" / ".work" / "decisions"
    deadline = time.monotonic() + 240
    while not list(parts.glob("part-*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.01)
    workers = [int(pid) for pid in Path(f"/proc/{driver.pid}/task/{driver.pid}/children").read_text().split()]
    driver.kill()
    driver.wait()
    # They notice by themselves that nobody listens any more.
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]

    found = audit.run(config, resume=True)
    assert found.timings.shards_reused
    audit.run(case("alone"))
    assert same(tmp_path / "alone", tmp_path / "resumed")


@pytest.fixture
def engine(model_case: Make) -> Iterator[Callable[..., Any]]:
    """Give an engine for a tiny model, with so many workers."""
    with ExitStack() as open_:

        def make(workers: int, kind: str = "local", **changes: Any) -> Any:
            config = parse_config(model_case() | {"engine": {"kind": kind, "workers": workers}})
            adapter = load_adapter(config.model)
            return open_.enter_context(engine_for(config.model_copy(update=changes), adapter))

        yield make


def test_an_error_in_a_worker_is_the_error_of_the_audit(engine: Callable[..., Any], tmp_path: Path) -> None:
    told = []
    for workers in (1, 2):
        with pytest.raises(DataError) as error:
            engine(workers).map(Doubling(bad=2), numbered(6), Shards(tmp_path / str(workers)), Told())
        told.append((str(error.value), error.value.problem, error.value.where, error.value.hint))
    assert told[0] == told[1]


def test_a_defect_in_a_worker_tells_its_lines(engine: Callable[..., Any], tmp_path: Path) -> None:
    parts = [Part(0, 1, "no number")]
    with pytest.raises(ValueError, match="invalid literal for int") as error:
        engine(2).map(Doubling(), parts, Shards(tmp_path), Told())
    assert "in prepare" in "".join(error.value.__notes__)


def test_workers_refuse_another_model(engine: Callable[..., Any], checkpoints: dict[str, Path], tmp_path: Path) -> None:
    other = ModelConfig(path=checkpoints["distilbert"])
    with pytest.raises(ModelError, match="is not the model that the audit began with"):
        engine(2, model=other).map(Doubling(), numbered(6), Shards(tmp_path), Told())


def test_a_worker_writes_into_no_run_but_its_own(engine: Callable[..., Any], tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("{}")
    hands_out = (Part(number, 1, _claimed_by_another(number, state)) for number in range(4))
    # The other worker may take up the job only once the folder is another's.
    refused = "is no longer the run that this worker works for|the run folder cannot be seen here"
    with pytest.raises(RunFolderError, match=refused):
        engine(2).map(Doubling(), hands_out, Shards(tmp_path / "decisions", state), Told())


def _claimed_by_another(number: int, state: Path) -> int:
    if number == 3:
        state.write_text('{"another": "audit"}')
    return number


def test_a_part_of_a_table_is_sent_without_the_rest() -> None:
    table = pa.table({"text": ["a long text " * 10] * 10_000})
    sent = packed(Part(0, 3, table.slice(5_000, 3)))
    assert len(sent) < 2_000
    assert unpacked(sent).payload.equals(table.slice(5_000, 3))


@pytest.mark.parametrize(
    "error",
    [
        DataError("two\nlines", where="rows.csv", hint="mend them"),
        CellError("age", 12, ": is no number", where="rows.csv"),
        SystemFault("full", code="disk"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_is_sent_whole(error: AuditError) -> None:
    found = unpacked(sendable(error))
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert vars(found) == vars(error)


@pytest.mark.parametrize(
    ("cards", "workers", "each", "seen"),
    [
        (["0", "1"], 2, 1, ["0", "1"]),
        (["0"], 2, 0.5, ["0", "0"]),
        (["4", "5"], 3, 0.5, ["4", "4", "5"]),
        (["0", "1", "2", "3"], 2, 2, ["0,1", "2,3"]),
        (["0"], 3, 1 / 3, ["0", "0", "0"]),
    ],
)
def test_graphics_cards_are_shared_out(cards: list[str], workers: int, each: float, seen: list[str]) -> None:
    assert shared_out(cards, workers, each) == seen


def test_more_graphics_cards_than_there_are() -> None:
    with pytest.raises(ConfigError, match="3 workers with 1 graphics cards each need 3, and there are 2"):
        shared_out(["0", "1"], 3, 1)
