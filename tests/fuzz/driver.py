"""The long fuzz: seeded, resumable; says what it tried and keeps what failed.

    python -m tests.fuzz --out runs/fuzz --count 100000 --seed 0

Example n of a kind is drawn from the seed, the kind and n alone, so a failure is made again by
`python -m tests.fuzz --again configurations:123`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from collections import Counter
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.outcome import PATIENCE, Outcome, watch

#: Kind -> its share of all examples.
SHARES = {"configurations": 0.59, "tables": 0.29, "runs": 0.07, "forged": 0.03, "checkpoints": 0.02}
MEMORY = 6 << 30
#: Examples after which a worker makes room for a fresh one: libraries keep what they have seen.
LIFE = 2_000


def attempt(kind: str, seed: int, number: int, place: Path) -> Outcome:
    """Draw one example into a folder, and run it."""
    example = import_module(f"tests.fuzz.{kind}").make(Random(f"{seed}:{kind}:{number}"), place)
    (place / "command.json").write_text(json.dumps(example.arguments))
    return watch(example)


def _work(pipe: Connection, kind: str, seed: int, failures: Path) -> None:
    """Run the examples that are asked for, until told to stop."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)) if kind not in {"checkpoints", "forged"} else None
    while (number := pipe.recv()) is not None:
        place = Path(tempfile.mkdtemp(prefix="fairaudit-fuzz-"))
        began = time.monotonic()
        outcome = attempt(kind, seed, number, place)
        if outcome.broken:
            keep = failures / f"{kind}-{number}"
            shutil.rmtree(keep, ignore_errors=True)
            shutil.copytree(place, keep, symlinks=True, ignore=_pipes)
            told = [*outcome.broken, "", "stderr:", outcome.err[-20_000:], "stdout:", outcome.out[-20_000:]]
            (keep / "WHAT.txt").write_text("\n".join(told), errors="backslashreplace")
        shutil.rmtree(place, ignore_errors=True)
        pipe.send((outcome.code, outcome.broken, time.monotonic() - began))


def _pipes(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_fifo()]


class Worker:
    """A process that runs examples, and is replaced when it hangs or dies."""

    def __init__(self, kind: str, seed: int, failures: Path) -> None:
        self._given = kind, seed, failures
        self._left = 0

    def ask(self, number: int) -> tuple[int, list[str], float]:
        """Run one example."""
        if self._left == 0:
            self.end()
            self._pipe, theirs = multiprocessing.Pipe()
            self._process = multiprocessing.get_context("spawn").Process(target=_work, args=(theirs, *self._given))
            self._process.start()
            theirs.close()
            self._left = LIFE
        self._left -= 1
        self._pipe.send(number)
        try:
            # The first example of a worker pays for the imports.
            if self._pipe.poll(PATIENCE + 100):
                answer: tuple[int, list[str], float] = self._pipe.recv()
                return answer
            why = "hung, and could not be interrupted"
        except (EOFError, OSError):
            self._process.join(5)
            why = f"the process died: {self._process.exitcode}"
        self._process.kill()
        self._left = 0
        kind, _, failures = self._given
        keep = failures / f"{kind}-{number}"
        keep.mkdir(parents=True, exist_ok=True)
        # What it tried can be made again from its number; why it died is told by nothing else.
        (keep / "WHAT.txt").write_text(f"{why}\n")
        return -1, [why], 0.0

    def end(self) -> None:
        """Let the process go."""
        if hasattr(self, "_process") and self._process.is_alive():
            self._pipe.send(None)
            self._process.join(10)
            self._process.kill()


def main() -> int:
    """Run what is left of the examples; the exit code says whether all promises were kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Try damaged inputs; nothing may crash.")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/fuzz"))
    parser.add_argument("--kinds", nargs="*", default=list(SHARES), choices=list(SHARES))
    parser.add_argument("--again", metavar="KIND:NUMBER", help="Run one example, and show what it says.")
    given = parser.parse_args()
    if given.again:
        kind, _, number = given.again.partition(":")
        place = Path(tempfile.mkdtemp(prefix="fairaudit-fuzz-"))
        outcome = attempt(kind, given.seed, int(number), place)
        print(outcome.out, outcome.err, outcome.code, outcome.broken, place, sep="\n")
        return 1 if outcome.broken else 0
    given.out.mkdir(parents=True, exist_ok=True)
    book = given.out / "progress.json"
    state: dict[str, Any] = json.loads(book.read_text()) if book.exists() else {"seed": given.seed, "kinds": {}}
    if state["seed"] != given.seed:
        parser.error(f"{given.out} holds a run with seed {state['seed']}")
    for kind in given.kinds:
        wanted = round(given.count * SHARES[kind] / sum(SHARES[k] for k in given.kinds))
        _run(kind, wanted, given.seed, given.out / "failures", state, book)
    return _tell(state)


def _run(kind: str, wanted: int, seed: int, failures: Path, state: dict[str, Any], book: Path) -> None:
    mine = state["kinds"].setdefault(kind, {"next": 0, "codes": {}, "broken": {}, "seconds": 0.0})
    codes, broken, worker = Counter(mine["codes"]), Counter(mine["broken"]), Worker(kind, seed, failures)
    began, told = time.monotonic(), time.monotonic()
    while mine["next"] < wanted:
        code, faults, _ = worker.ask(mine["next"])
        codes[str(code)] += 1
        broken.update(fault.split(":")[0] for fault in faults)
        mine["next"] += 1
        done = mine["next"] == wanted
        if done or time.monotonic() - told > 10:
            told = time.monotonic()
            mine |= {"codes": dict(codes), "broken": dict(broken), "seconds": mine["seconds"] + told - began}
            began = told
            book.write_text(json.dumps(state, indent=2))
            print(
                f"{kind}: {mine['next']:,} of {wanted:,}; exit codes {dict(codes)}; broken {dict(broken)}", flush=True
            )
    worker.end()


def _tell(state: dict[str, Any]) -> int:
    for kind, mine in state["kinds"].items():
        tried = f"{kind:<16}{mine['next']:>9,} tried in {mine['seconds']:,.0f} s"
        print(f"{tried}; exit codes {mine['codes']}; broken {mine['broken']}")
    return 1 if any(mine["broken"] for mine in state["kinds"].values()) else 0
