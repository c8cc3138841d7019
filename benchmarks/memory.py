"""Peak memory of an audit of stored predictions, for 10,000 rows and for 1,000,000.

Each size runs in a process of its own, so that its peak is its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

SIZES = (10_000, 100_000, 1_000_000)
PROBE = """
import json, resource, sys, time
import audit
began = time.perf_counter()
audit.run(json.loads(sys.argv[1]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([peak, time.perf_counter() - began]))
"""


def write(path: Path, rows: int) -> None:
    """Write predictions of a made-up model, in pieces, with an id, two attributes and a score."""
    rng = np.random.default_rng(0)
    for first in range(0, rows, 100_000):
        n = min(100_000, rows - first)
        y = rng.integers(0, 2, n)
        score = np.clip(rng.normal(0.35 + 0.3 * y, 0.2, n), 0, 1).round(4)
        piece = pd.DataFrame(
            {
                "id": [f"row-{first + i}" for i in range(n)],
                "y": y,
                "p": (score >= 0.5).astype(int),
                "score": score,
                "sex": rng.choice(["female", "male", ""], n, p=[0.5, 0.48, 0.02]),
                "region": rng.choice([f"region {i}" for i in range(12)], n),
            }
        )
        piece.to_csv(path, index=False, mode="a" if first else "w", header=not first)


def main() -> None:
    print("| rows | file, MB | peak memory, MB | seconds |\n|---|---|---|---|")
    peaks = []
    for rows in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "predictions.csv"
            write(path, rows)
            config = {
                "data": {
                    "path": str(path),
                    "columns": {"id": "id", "label": "y", "prediction": "p", "score": "score"},
                },
                "attributes": ["sex", "region"],
                "crossings": [["sex", "region"]],
                "output": {"folder": str(Path(folder) / "run")},
            }
            out = subprocess.run(
                [sys.executable, "-c", PROBE, json.dumps(config)], capture_output=True, text=True, check=True
            )
            peak, seconds = json.loads(out.stdout.splitlines()[-1])
            peaks.append(peak)
            print(f"| {rows:,} | {path.stat().st_size / 1e6:,.1f} | {peak:,.0f} | {seconds:.1f} |", flush=True)
    print(f"\n{SIZES[-1]:,} rows take {peaks[-1] / peaks[0]:.2f}× the memory of {SIZES[0]:,}")


if __name__ == "__main__":
    main()
