"""Decisions of a compiled model beside the model itself, in float32 and bf16: CPU seconds, and from when it pays.

`BENCH_ROWS` tweets; caches of earlier compilations are left out.
"""

from __future__ import annotations

import os
import resource
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SHARED = Path(__file__).parents[2] / "shared"
MODEL = SHARED / "models" / "minilm-toxicity"
DATA = SHARED / "data" / "davidson_tweets_test.csv"
TIERS = ("float32", "bf16")
ROUNDS = 5
ROWS = int(os.environ.get("BENCH_ROWS", "1024"))


def main() -> None:
    if not MODEL.exists() or not DATA.exists():
        print("skipped: needs the shared model and data")
        return
    import torch._inductor.config

    with torch._inductor.config.patch(force_disable_caches=True):
        measure()


def measure() -> None:
    """Load, and let both sides take turns."""
    import torch
    from torch._dynamo.utils import counters

    from audit.config import ModelConfig
    from audit.models.registry import load_adapter
    from audit.models.tiers import TieredRunner

    texts = pd.read_csv(DATA)["text"].tolist()[:ROWS]
    adapters: dict[tuple[str, bool], Any] = {}
    loading: dict[tuple[str, bool], float] = {}
    for tier in TIERS:
        for compiled in (False, True):
            began = spent()
            config = ModelConfig(path=MODEL, device="cpu", precision=tier, compile=compiled)
            adapters[tier, compiled] = load_adapter(config)
            loading[tier, compiled] = spent() - began
    items = adapters["float32", False].encode(texts)
    seconds: dict[tuple[str, bool], list[float]] = {side: [] for side in adapters}
    found: dict[tuple[str, bool], Any] = {}
    for _ in range(ROUNDS):
        for side, adapter in adapters.items():
            runner = TieredRunner(adapter, adapter.facts().batch_tokens)
            began = time.process_time()
            with torch.inference_mode():
                found[side] = np.stack(runner.logits(items))
            seconds[side].append(time.process_time() - began)
    print(f"{len(texts):,} tweets, {torch.get_num_threads()} threads, {ROUNDS} rounds; graphs: ", end="")
    print(f"{counters['stats']['unique_graphs']}\n")
    print("| | CPU seconds per 1,000 rows | compiled | gain | compiling, CPU seconds | pays from | logits differ by |")
    print("|---|---|---|---|---|---|---|")
    for tier in TIERS:
        plain, fast = (1000 * statistics.median(seconds[tier, side]) / len(texts) for side in (False, True))
        cost = loading[tier, True] - loading[tier, False]
        pays = f"{1000 * cost / (plain - fast):,.0f} rows" if fast < plain else "never"
        off = float(np.abs(found[tier, True] - found[tier, False]).max())
        print(f"| {tier} | {plain:.2f} | {fast:.2f} | {plain / fast:.2f}× | {cost:.1f} | {pays} | {off:.2g} |")


def spent() -> float:
    """CPU seconds of this process and of those it waited for, as of a compiler."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
