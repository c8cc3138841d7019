"""Stored predictions: counting beside DuckDB's GROUP BY and Fairlearn, and the whole audit in flat memory.

`BENCH_ROWS` names the sizes (default 100,000, 1,000,000 and 10,000,000), `BENCH_ROUNDS` how often counting is timed
(default 3, medians are compared). DuckDB is no dependency: `pip install duckdb` first. Each audit runs in a process of
its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = tuple(int(n) for n in os.environ.get("BENCH_ROWS", "100000,1000000,10000000").split(","))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
#: Rows of one piece that is written, and of one file.
PIECE, FILE = 500_000, 2_500_000
SLICINGS = ((), ("sex",), ("region",), ("sex", "region"))

PROBE = """
import json, re, resource, sys, time
{imports}
began = time.perf_counter()
told = {work}
used = resource.getrusage(resource.RUSAGE_SELF)
# Not ru_maxrss, which begins with the peak of the process that started this one.
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
print(json.dumps([time.perf_counter() - began, used.ru_utime + used.ru_stime, peak, told]))
"""
AUDIT = {"imports": "import audit", "work": "audit.run(json.loads(sys.argv[1])).timings.seconds"}
FAIRLEARN = {
    "imports": "from pathlib import Path\nfrom benchmarks.stored import counted_by_fairlearn",
    "work": "counted_by_fairlearn(Path(sys.argv[1]))",
}


def write(folder: Path, rows: int) -> None:
    """Write predictions of a made-up model as a folder of Parquet files: an id, two attributes, a score."""
    rng = np.random.default_rng(0)
    sexes, regions = pa.array(["female", "male", ""]), pa.array([f"region {i}" for i in range(12)])
    writer = None
    for first in range(0, rows, PIECE):
        n = min(PIECE, rows - first)
        y = rng.integers(0, 2, n)
        score = np.clip(rng.normal(0.35 + 0.3 * y, 0.2, n), 0, 1).round(4)
        table = pa.table(
            {
                "id": pa.array(np.arange(first, first + n)).cast(pa.string()),
                "y": y,
                "p": (score >= 0.5).astype(np.int64),
                "score": score,
                "sex": sexes.take(pa.array(rng.choice(3, n, p=[0.5, 0.48, 0.02]))),
                "region": regions.take(pa.array(rng.integers(0, 12, n))),
            }
        )
        if first % FILE == 0:
            if writer is not None:
                writer.close()
            writer = pq.ParquetWriter(folder / f"part-{first // FILE:04d}.parquet", table.schema)
        if writer is not None:
            writer.write_table(table)
    if writer is not None:
        writer.close()


def configured(folder: Path, *, scored: bool) -> dict[str, Any]:
    """Say what is audited."""
    columns = {"id": "id", "label": "y", "prediction": "p"} | ({"score": "score"} if scored else {})
    return {
        "data": {"path": str(folder / "rows"), "columns": columns, "positive_label": 1},
        "attributes": ["sex", "region"],
        "crossings": [["sex", "region"]],
        "output": {"folder": str(folder / "run")},
    }


def median_of(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds by the clock and of the CPU, medians, and what came of it."""
    clock, cpu, out = [], [], None
    for _ in range(ROUNDS):
        began, used = time.perf_counter(), time.process_time()
        out = work()
        clock.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    return statistics.median(clock), statistics.median(cpu), out


def counted_by_us(decisions: Path) -> list[int]:
    """Tally the slicings of the audit, from the decision table on disk."""
    from audit.fairness.tally import Slicing, tally_columns, tally_decisions
    from audit.store.decisions import read_decisions

    slicings = [Slicing(names) for names in SLICINGS]
    batches = read_decisions(decisions, tally_columns(slicings), coded=True)
    return [int(tally.cells["n"].sum()) for tally in tally_decisions(batches, slicings)]


def counted_by_duckdb(decisions: Path, threads: int) -> list[int]:
    """Let DuckDB do the same: one GROUP BY for each slicing, of the same columns and sums."""
    import duckdb

    with duckdb.connect(config={"threads": threads}) as database:
        found = []
        for names in SLICINGS:
            keys = ", ".join([*(f'"group:{name}"' for name in names), "y_true", "y_pred"])
            cells = database.execute(
                f"SELECT {keys}, sum(count) AS n, sum(count * weight) AS w, sum(count * weight * weight) AS w2 "
                f"FROM read_parquet('{decisions}') WHERE status <> 'failed' GROUP BY ALL"
            ).fetchall()
            found.append(int(sum(cell[-3] for cell in cells)))
        return found


def counted_by_fairlearn(folder: Path) -> list[int]:
    """Let Fairlearn's MetricFrame compute four rates of every slicing, of the rows."""
    from fairlearn.metrics import MetricFrame, count, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import accuracy_score

    frame = pq.read_table(folder / "rows", columns=["y", "p", "sex", "region"]).to_pandas()
    metrics = {
        "count": count,
        "selection_rate": selection_rate,
        "accuracy": accuracy_score,
        "true_positive_rate": true_positive_rate,
        "false_positive_rate": false_positive_rate,
    }
    found = []
    for names in SLICINGS[1:]:
        made = MetricFrame(metrics=metrics, y_true=frame["y"], y_pred=frame["p"], sensitive_features=frame[list(names)])
        found.append(int(made.by_group["count"].sum()))
    return found


def alone(what: dict[str, str], argument: str) -> tuple[float, float, float, Any]:
    """Seconds, CPU seconds, peak memory in MB, and what is told, of work in its own process, imports included."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    out = subprocess.run(
        [sys.executable, "-c", PROBE.format(**what), argument],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    clock, cpu, peak, told = json.loads(out.stdout.splitlines()[-1])
    return clock, cpu, peak, told


def audit_of(config: dict[str, Any]) -> tuple[float, float, float, dict[str, float]]:
    """Seconds, CPU seconds, peak memory in MB and seconds of the stages of one audit."""
    return alone(AUDIT, json.dumps(config))


def main() -> None:
    print("| rows | whole audit, CPU s | by the clock | peak memory, MB | without scores, CPU s | peak memory, MB |")
    print("|---|---|---|---|---|---|", flush=True)
    counting, stages = [], []
    for rows in ROWS:
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
            folder = Path(name)
            (folder / "rows").mkdir()
            write(folder / "rows", rows)
            clock, cpu, peak, spent = audit_of(configured(folder, scored=True))
            stages.append((rows, spent))
            plain = configured(folder, scored=False) | {"output": {"folder": str(folder / "plain")}}
            _, plain_cpu, plain_peak, _ = audit_of(plain)
            print(
                f"| {rows:,} | {cpu:.1f} | {clock:.1f} | {peak:,.0f} | {plain_cpu:.1f} | {plain_peak:,.0f} |",
                flush=True,
            )
            decisions = folder / "run" / "decisions.parquet"
            ours = median_of(lambda path=decisions: counted_by_us(path))
            theirs = median_of(lambda path=decisions: counted_by_duckdb(path, 1))
            if ours[2] != theirs[2]:
                raise AssertionError(f"other counts: {ours[2]} and {theirs[2]}")
            print(f"  counting {ours[:2]}, DuckDB {theirs[:2]}", file=sys.stderr, flush=True)
            both = median_of(lambda path=decisions: counted_by_duckdb(path, 2))
            print(f"  DuckDB, two threads {both[:2]}", file=sys.stderr, flush=True)
            fairlearn = alone(FAIRLEARN, str(folder))
            print(f"  Fairlearn {fairlearn[:3]}", file=sys.stderr, flush=True)
            counting.append((rows, ours, theirs, both, fairlearn))
    print(
        "\n| rows | counting, CPU s (clock) | DuckDB, one thread | ours / DuckDB | two threads | Fairlearn | its MB |"
    )
    print("|---|---|---|---|---|---|---|")
    for rows, ours, theirs, both, fairlearn in counting:
        ratio = ours[1] / theirs[1]
        print(
            f"| {rows:,} | {ours[1]:.2f} ({ours[0]:.2f}) | {theirs[1]:.2f} ({theirs[0]:.2f}) | {ratio:.2f}× "
            f"| {both[1]:.2f} ({both[0]:.2f}) | {fairlearn[1]:.2f} ({fairlearn[0]:.2f}) "
            f"| {fairlearn[2]:,.0f} |"
        )
    print("\nseconds of the stages, by the clock")
    for rows, spent in stages:
        print(f"{rows:,}: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in spent.items() if seconds >= 0.05))


if __name__ == "__main__":
    main()
