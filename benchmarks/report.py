"""The report of many decisions: what it takes to audit, to write again and to open, and how large it is.

`BENCH_ROWS` is how many stored predictions there are, with texts (default 100,000). They are opened in Chromium, where
Playwright and Chromium are installed.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
#: How often the report is written and opened.
ROUNDS = 3


def write(path: Path, rows: int) -> None:
    """Write predictions that miss women more often, with texts."""
    rng = np.random.default_rng(1)
    words = np.array([f"word{number}" for number in range(4000)])
    sex = rng.choice(["female", "male", "other"], rows, p=[0.5, 0.45, 0.05])
    y = rng.integers(0, 2, rows)
    score = np.clip(rng.normal(0.35 + 0.3 * y - 0.12 * (sex == "female"), 0.2), 0, 1).round(4)
    columns = {
        "id": [f"case-{number}" for number in range(rows)],
        "text": [" ".join(rng.choice(words, rng.integers(8, 40))) for _ in range(rows)],
        "y": y,
        "p": (score >= 0.5).astype(np.int64),
        "score": score,
        "sex": sex,
        "region": rng.choice([f"region {number}" for number in range(12)], rows),
    }
    pq.write_table(pa.table(columns), path)


def seconds_of(*arguments: str) -> float:
    """CPU seconds of a command in a process of its own, imports included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "audit", *arguments], check=True, capture_output=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def opened(page: Path) -> float | None:
    """Seconds by the clock until Chromium has loaded a page; None where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page()
        began = time.perf_counter()
        tab.goto(page.as_uri(), wait_until="load")
        spent = time.perf_counter() - began
        browser.close()
    return spent


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "rows.parquet", ROWS)
        columns = {"input": "text", "id": "id", "label": "y", "prediction": "p", "score": "score"}
        config = {
            "data": {"path": "rows.parquet", "columns": columns, "positive_label": 1},
            "attributes": ["sex", "region"],
            "crossings": [["sex", "region"]],
            "output": {"folder": "run"},
        }
        (folder / "audit.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        whole = seconds_of("run", str(folder / "audit.yaml"), "--quiet")
        again = sorted(seconds_of("report", str(folder / "run")) for _ in range(ROUNDS))[ROUNDS // 2]
        page = folder / "run" / "report.html"
        flagged = sum(1 for _ in (folder / "run" / "flagged.jsonl").open("rb"))
        loads = [spent for spent in (opened(page) for _ in range(ROUNDS)) if spent is not None]
        print(f"{ROWS:,} decisions, {flagged:,} of them flagged")
        print(f"whole audit {whole:.1f} CPU s; audit report {again:.2f} CPU s; {page.stat().st_size / 1e6:.2f} MB")
        print(f"opened in {sorted(loads)[len(loads) // 2]:.2f} s" if loads else "not opened: there is no Chromium")


if __name__ == "__main__":
    main()
