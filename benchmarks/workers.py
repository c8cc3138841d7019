"""One audit done by one process, by two, and by two workers of Ray: the same result, how much sooner, and after kills.

`BENCH_ROWS` (default 2000) applications are audited; `BENCH_KILLS` (default 10) rounds of each engine lose a worker and
then the driver at moments drawn by a seed, and are resumed. All processes compute with one thread.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).parents[1]
ROWS = int(os.environ.get("BENCH_ROWS", "2000"))
KILLS = int(os.environ.get("BENCH_KILLS", "10"))
ENGINES: dict[str, dict[str, Any]] = {
    "one process": {},
    "two processes": {"workers": 2},
    "two workers of Ray": {"kind": "ray", "workers": 2},
}
#: Stages whose parts are handed out; the others are done by the driver.
HANDED_OUT = ("decide", "exchange", "explain")
#: Parts are smaller than those of an audit, so that kills fall into the middle of many.
DRIVER = """
import json, sys, audit, audit.explain.parts, audit.pipeline.decide, audit.probes.counterfactual
audit.pipeline.decide.WINDOW_ROWS = audit.probes.counterfactual.PART_ROWS = 64
audit.explain.parts.PART_DECISIONS = 8
audit.run(json.loads(sys.argv[1]), resume=True)
"""
WORKERS = ("audit.engine.process", "ray::Actor")


def configuration(work: Path, name: str, engine: dict[str, Any]) -> dict[str, Any]:
    """Configure an audit of the embedded sample."""
    path = work / "applications.csv"
    if not path.exists():
        whole = pd.read_csv(ROOT / "sample_data" / "applications.csv")
        whole[whole["split"] == "test"].head(ROWS).to_csv(path, index=False)
    columns = {"input": "statement", "label": "shortlisted", "id": "application_id"}
    return {
        "model": {"path": str(ROOT / "sample_data" / "screener"), "device": "cpu"},
        "data": {"path": str(path), "columns": columns, "positive_label": "yes"},
        "attributes": ["gender", "ethnicity"],
        "explanations": {"sample": 48, "shown": 4, "sanity": 0},
        "exchange": {},
        "gaps": {"sample": 96, "metrics": ["selection_rate"], "resamples": 200},
        "engine": engine,
        "output": {"folder": str(work / name)},
    }


def start(config: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start an audit, or go on with it."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    return subprocess.Popen([sys.executable, "-c", DRIVER, json.dumps(config)], env=environment, cwd=ROOT)


def finish(config: dict[str, Any]) -> float:
    """Run an audit to its end; return how long that took."""
    began = time.perf_counter()
    code = start(config).wait()
    if code:
        raise SystemExit(f"the audit ended with {code}")
    return time.perf_counter() - began


def below(pid: int) -> dict[int, str]:
    """All processes that a process started, and those that they did, with their command lines."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in found.splitlines()]
    said = {int(row[0]): row[2] if len(row) > 2 else "" for row in rows}
    parents, known, more = [(int(row[0]), int(row[1])) for row in rows], set[int](), {pid}
    while more := {child for child, parent in parents if parent in more} - known:
        known |= more
    return {child: said[child] for child in known}


def kill_one_worker(driver: subprocess.Popen[bytes], rng: random.Random, until: float) -> bool:
    """Kill a worker, as soon as there is one after a moment; tell whether there was.

    Those of a Ray that runs already are below this process, and not below the driver.
    """
    time.sleep(until)
    while driver.poll() is None:
        workers = [pid for pid, said in below(os.getpid()).items() if any(word in said for word in WORKERS)]
        if workers:
            os.kill(rng.choice(sorted(workers)), signal.SIGKILL)
            return True
        time.sleep(0.02)
    return False


@contextmanager
def two_nodes(name: str) -> Iterator[dict[str, Any]]:
    """Give a Ray of two nodes, with a core each, to drivers that come and go; nothing to other engines."""
    if ENGINES[name].get("kind") != "ray":
        yield {}
        return
    from ray.cluster_utils import Cluster

    store = {"num_cpus": 1, "object_store_memory": 128 << 20}
    cluster = Cluster(initialize_head=True, head_node_args=store | {"include_dashboard": False})
    try:
        cluster.add_node(**store)
        yield {"ray_address": cluster.address}
    finally:
        cluster.shutdown()


def same(one: Path, other: Path) -> bool:
    """Whether two audits found the same, byte for byte but for timings."""
    results = [json.loads((folder / "result.json").read_text()) for folder in (one, other)]
    for result in results:
        del result["timings"]
    names = {path.name for path in one.glob("*.parquet")}
    tables = all((one / name).read_bytes() == (other / name).read_bytes() for name in names)
    return bool(names) and tables and results[0] == results[1]


def seconds(folder: Path) -> tuple[float, float]:
    """What an audit took in stages that are handed out, and in all others."""
    found = json.loads((folder / "result.json").read_text())["timings"]["seconds"]
    spread = sum(found[name] for name in HANDED_OUT)
    return spread, sum(found.values()) - spread


def speed(work: Path) -> None:
    """Time each engine, in turn, three times; the medians."""
    took: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ENGINES}
    for turn in range(3):
        for name, engine in ENGINES.items():
            config = configuration(work, f"{name} {turn}", engine)
            whole = finish(config)
            took[name].append((whole, *seconds(work / f"{name} {turn}")))
    print(f"{ROWS:,} applications, 48 explained, 96 attributed; seconds, medians of 3 runs in turn")
    print(f"{'':22}{'whole':>8}{'spread':>8}{'driver':>8}{'start, end':>12}{'rows/s':>8}{'result':>10}")
    base = sorted(took["one process"])[1]
    for name, runs in took.items():
        whole, spread, alone = sorted(runs)[1]
        equal = all(same(work / "one process 0", work / f"{name} {turn}") for turn in range(3))
        rest = whole - spread - alone
        print(
            f"{name:22}{whole:8.1f}{spread:8.1f}{alone:8.1f}{rest:12.1f}{ROWS / whole:8.0f}"
            f"{'the same' if equal else 'DIFFERS':>10}"
        )
    serial = 1 - base[1] / base[0]
    print(
        f"serial share of one process (all but what is spread): {serial:.2f}; at most {1 / serial:.1f} times as fast,"
    )
    print(", ".join(f"{1 / (serial + (1 - serial) / n):.2f} with {n}" for n in (2, 4, 8)), "by Amdahl's law")


def kills(work: Path) -> None:
    """Kill a worker, then the driver, and resume: so many rounds of each engine."""
    calm = work / "one process 0"
    if not calm.exists():
        finish(configuration(work, calm.name, {}))
    for name, engine in ENGINES.items():
        if engine:
            with two_nodes(name) as where:
                rounds(work, name, engine | where, calm)


def rounds(work: Path, name: str, engine: dict[str, Any], calm: Path) -> None:
    """Kill and resume with one engine."""
    rng, right, workers, drivers = random.Random(16), 0, 0, 0
    length = finish(configuration(work, f"{name} calm", engine))
    for turn in range(KILLS):
        config = configuration(work, f"{name} kill {turn}", engine)
        driver = start(config)
        workers += kill_one_worker(driver, rng, rng.uniform(0.1, 0.7) * length)
        time.sleep(rng.uniform(0.0, 0.4) * length)
        if driver.poll() is None:
            driver.kill()
            drivers += 1
        driver.wait()
        finish(config)
        right += same(calm, work / f"{name} kill {turn}")
        print(
            f"{name}: {turn + 1} rounds, {workers} workers and {drivers} drivers killed, {right} the same", flush=True
        )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        speed(work)
        kills(work)


if __name__ == "__main__":
    main()
