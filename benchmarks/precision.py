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
#: Rows of a part, as an audit decides them.
PART = 2048
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
    print("\n| | inputs | computed again | otherwise in bf16 alone | otherwise at last | largest difference |")
    print("|---|---|---|---|---|---|")
    cases = pd.read_csv(SHARED / "data" / "hatecheck_test_suite_cases.csv")["test_case"].tolist()
    for name, given in (("tweets", texts), ("HateCheck", cases)):
        compare(name, given, adapters)


def compare(name: str, texts: list[str], adapters: dict[str, Any]) -> None:
    """Hold decisions of both tiers against each other, in parts as an audit has them."""
    import torch

    from audit.models.precision import at_precision
    from audit.models.tier_counts import LARGEST
    from audit.models.tiers import TieredRunner

    items = adapters["float32"].encode(texts)
    found: dict[str, Any] = {}
    with torch.inference_mode():
        for tier, adapter in adapters.items():
            runner = TieredRunner(adapter, adapter.facts().batch_tokens)
            parts = [runner.logits(items[first : first + PART]) for first in range(0, len(items), PART)]
            found[tier] = np.concatenate(parts).argmax(1)
        with at_precision("bf16", torch.device("cpu")):
            plain = TieredRunner(adapters["float32"], adapter.facts().batch_tokens)
            alone = np.stack(plain.logits(items)).argmax(1)
    exact = found["float32"]
    largest = max(float(key.removeprefix(LARGEST)) for key in runner.spent if key.startswith(LARGEST))
    counts = (runner.spent["tier_again"], int((alone != exact).sum()), int((found["bf16"] != exact).sum()))
    print(f"| {name} | {len(items):,} | {' | '.join(f'{n:,}' for n in counts)} | {largest:.2g} |")
