"""How long audits of many classes, attributes, groups and strata take, and how much memory ten million scores do.

Each case runs in a process of its own. `BENCH_BEFORE` names the root of another checkout, whose code is then run on the
same files, in turn; `BENCH_LIMIT` (seconds, default 300) ends a run that takes too long.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

PROBE = """
import json, re, resource, sys
from audit.cli import call
call(["run", sys.argv[1], "--quiet", "--overwrite"])
used = resource.getrusage(resource.RUSAGE_SELF)
# Not ru_maxrss, which begins with the peak of the process that started this one.
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
print(json.dumps([used.ru_utime + used.ru_stime, peak]), file=sys.stderr)
"""
ROOT = Path(__file__).parents[1]
Config = dict[str, Any]


def _names(rng: np.random.Generator, letter: str, most: int, n: int) -> list[str]:
    return [f"{letter}{i}" for i in rng.integers(0, most, n)]


def _binary(n: int, seed: int = 0) -> tuple[np.random.Generator, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    return rng, pd.DataFrame({"y": y, "p": np.where(rng.random(n) < 0.8, y, 1 - y)})


def classes(path: Path, size: int, groups: int, n: int) -> Config:
    """Write many classes in many groups."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, size, n)
    p = np.where(rng.random(n) < 0.7, y, rng.integers(0, size, n))
    frame = pd.DataFrame({"y": [f"c{i}" for i in y], "p": [f"c{i}" for i in p], "g": _names(rng, "g", groups, n)})
    frame.to_csv(path, index=False)
    return {"attributes": ["g"], "data": {"columns": {"label": "y", "prediction": "p"}}}


def attributes(path: Path) -> Config:
    """Write fifty attributes of four groups."""
    rng, frame = _binary(100_000)
    columns = {f"a{k}": _names(rng, "v", 4, len(frame)) for k in range(50)}
    pd.concat([frame, pd.DataFrame(columns)], axis=1).to_csv(path, index=False)
    return {"attributes": list(columns), "data": {"positive_label": 1}}


def groups(path: Path, size: int) -> Config:
    """Write one attribute of many groups."""
    rng, frame = _binary(100_000)
    frame.assign(g=_names(rng, "g", size, len(frame))).to_csv(path, index=False)
    return {"attributes": ["g"], "data": {"positive_label": 1}}


def control(path: Path) -> Config:
    """Write a control of eighty values."""
    rng, frame = _binary(100_000)
    frame.assign(g=rng.choice(list("abc"), len(frame)), c=_names(rng, "c", 80, len(frame))).to_csv(path, index=False)
    return {"attributes": ["g"], "controls": ["c"], "data": {"positive_label": 1}}


def crossing(path: Path) -> Config:
    """Write a crossing of ten thousand groups."""
    rng, frame = _binary(100_000)
    frame.assign(g=_names(rng, "g", 100, len(frame)), h=_names(rng, "h", 100, len(frame))).to_csv(path, index=False)
    return {"attributes": ["g", "h"], "crossings": [["g", "h"]], "data": {"positive_label": 1}}


def scores(path: Path, n: int) -> Config:
    """Write scored rows as Parquet, in pieces."""
    rng, writer = np.random.default_rng(0), None
    for _ in range(0, n, 100_000):
        size = min(n, 100_000)
        y = rng.integers(0, 2, size)
        columns = {
            "y": pa.array(y),
            "s": pa.array(1 / (1 + np.exp(-(rng.normal(size=size) + y)))),
            "g": pa.array(np.array(list("abcd"))[rng.integers(0, 4, size)]),
            "h": pa.array(np.array(list("xyz"))[rng.integers(0, 3, size)]),
        }
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    data = {"columns": {"label": "y", "score": "s"}, "positive_label": 1, "format": "parquet"}
    return {"attributes": ["g", "h"], "crossings": [["g", "h"]], "data": data}


CASES: dict[str, Callable[[Path], Config]] = {
    "20 classes × 4 groups, 2,000 rows": lambda path: classes(path, 20, 4, 2_000),
    "100 classes × 50 groups, 50,000 rows": lambda path: classes(path, 100, 50, 50_000),
    "50 attributes × 4, 100,000 rows": attributes,
    "900 groups, 100,000 rows": lambda path: groups(path, 900),
    "1,000 groups, 100,000 rows": lambda path: groups(path, 1_000),
    "a control of 80 values, 100,000 rows": control,
    "a crossing of 10,000 groups, 100,000 rows": crossing,
    "100,000 scored rows": lambda path: scores(path, 100_000),
    "1,000,000 scored rows": lambda path: scores(path, 1_000_000),
    "10,000,000 scored rows": lambda path: scores(path, 10_000_000),
}


def measure(code: Path, config: Path) -> str:
    """CPU seconds and peak memory of one audit by the code of a checkout."""
    environment = os.environ | {"PYTHONPATH": str(code), "OMP_NUM_THREADS": "1"}
    limit = float(os.environ.get("BENCH_LIMIT", "300"))
    try:
        out = subprocess.run(
            [sys.executable, "-c", PROBE, str(config)],
            capture_output=True, text=True, check=True, env=environment, timeout=limit, cwd=config.parent,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"over {limit:.0f} s | "
    seconds, peak = json.loads(out.stderr.splitlines()[-1])
    return f"{seconds:.1f} s | {peak:,.0f} MB"


def main() -> None:
    before = os.environ.get("BENCH_BEFORE")
    codes = [*([Path(before)] if before else []), ROOT]
    heads = ["before, CPU", "before, memory", "now, CPU", "now, memory"][-2 * len(codes) :]
    print(f"| case | {' | '.join(heads)} |\n|---|{'---|' * len(heads)}")
    for name, write in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "data"
            config = write(path)
            columns = {"label": "y", "prediction": "p"}
            data = {"path": str(path), "format": "csv", "columns": columns} | config["data"]
            plain = config | {"data": data, "output": {"folder": str(Path(folder) / "run")}}
            (Path(folder) / "audit.yaml").write_text(json.dumps(plain), encoding="utf-8")
            figures = [measure(code, Path(folder) / "audit.yaml") for code in codes]
        print(f"| {name} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    main()
