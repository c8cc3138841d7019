"""Rows per second of the batching engine beside the transformers pipeline at its best batch size.

Same process, model, dtype (float32), truncation and threads; the sides take turns, so that a noisy machine is noisy for
both. Medians over the rounds, and the ratio of medians.
"""

from __future__ import annotations

import logging
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

SHARED = Path(__file__).parents[2] / "shared"
MODEL = SHARED / "models" / "minilm-toxicity"
DATA = SHARED / "data" / "davidson_tweets_test.csv"
BATCH_SIZES = (1, 8, 32, 128)
ROUNDS = 3
ROWS = int(os.environ.get("BENCH_ROWS", "2048"))


def main() -> None:
    if not MODEL.exists() or not DATA.exists():
        print("skipped: needs the shared model and data")
        return
    import torch
    import transformers

    from audit.config import ModelConfig
    from audit.models.predict import Predictor
    from audit.models.text_classification import TextClassification
    from audit.store.decisions import decision_schema

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    texts = pd.read_csv(DATA)["text"].tolist()[:ROWS]
    adapter = TextClassification.load(ModelConfig(path=MODEL))
    model = transformers.AutoModelForSequenceClassification.from_pretrained(MODEL, dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
    pipeline = transformers.pipeline(
        "text-classification", model=model.eval(), tokenizer=tokenizer, device=adapter.device
    )
    size = len(texts)
    rows = pa.table(
        {
            "row_id": [str(i) for i in range(size)],
            "input": texts,
            "y_true": pa.nulls(size, pa.string()),
            "weight": [1.0] * size,
            "count": [1] * size,
        }
    )

    def ours() -> None:
        # A new predictor each time, tokenization included: nothing is carried over.
        predictor = Predictor(
            adapter, decision_schema([]), labels={}, positive="toxic", budget=adapter.facts().batch_tokens
        )
        predictor.decide(rows, predictor.encode(texts), lambda done: None)

    def theirs(batch_size: int) -> Callable[[], None]:
        return lambda: pipeline(texts, batch_size=batch_size, truncation=True, top_k=None) and None

    sides: dict[str, Callable[[], None]] = {"fairaudit": ours}
    sides |= {f"transformers pipeline, batch {n}": theirs(n) for n in BATCH_SIZES}
    pipeline(texts[:64], batch_size=8, truncation=True)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, work in sides.items():
            began = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - began)
    device = adapter.facts().device
    print(f"{size:,} tweets, float32, {device}, {torch.get_num_threads()} threads, max_length 512, {ROUNDS} rounds\n")
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    best = min(medians[name] for name in medians if name != "fairaudit")
    print("| | rows per second | against the best pipeline |\n|---|---|---|")
    for name, median in medians.items():
        print(f"| {name} | {size / median:,.1f} | {best / median:.2f}× |")


if __name__ == "__main__":
    main()
