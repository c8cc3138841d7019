"""Decisions in float32, and in bf16 with a sample and all in doubt computed again: CPU seconds, and what differs."""

from __future__ import annotations

import os
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
ROUNDS = 3
ROWS = int(os.environ.get("BENCH_ROWS", "2048"))


def main() -> None:
    if not MODEL.exists() or not DATA.exists():
        print("skipped: needs the shared model and data")
        return
    import torch

    from audit.config import ModelConfig
    from audit.models.registry import load_adapter
    from audit.models.tiers import TieredRunner

    texts = pd.read_csv(DATA)["text"].tolist()[:ROWS]
    adapters = {tier: load_adapter(ModelConfig(path=MODEL, device="cpu", precision=tier)) for tier in TIERS}
    items = adapters["float32"].encode(texts)
    seconds: dict[str, list[float]] = {tier: [] for tier in TIERS}
    found: dict[str, Any] = {}
    for _ in range(ROUNDS):
        for tier, adapter in adapters.items():
            runner = TieredRunner(adapter, adapter.facts().batch_tokens)
            began = time.process_time()
            with torch.inference_mode():
                found[tier] = np.stack(runner.logits(items))
            seconds[tier].append(time.process_time() - began)
    threads = torch.get_num_threads()
    print(f"{len(texts):,} tweets, {threads} threads, {ROUNDS} rounds, CPU seconds without tokenizing\n")
    print("| | CPU seconds per 1,000 rows | against float32 |\n|---|---|---|")
    medians = {tier: statistics.median(times) for tier, times in seconds.items()}
    for tier, median in medians.items():
        print(f"| {tier} | {1000 * median / len(texts):.2f} | {medians['float32'] / median:.2f}× |")
    turned = int((found["bf16"].argmax(1) != found["float32"].argmax(1)).sum())
    print(f"\n{turned} decisions differ; of what was computed again: {dict(sorted(runner.spent.items()))}")
