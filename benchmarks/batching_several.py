"""Rows per second of models that tag words, or give several labels, beside the transformers pipeline of the task.

Same process, model, dtype (float32), truncation and threads, tokenization and decisions included; the sides take turns,
so that a noisy machine is noisy for both. Medians over the rounds, and the ratio of medians.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

SHARED = Path(__file__).parents[2] / "shared"
BATCH_SIZES = (1, 8, 32, 128)
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
ROWS = int(os.environ.get("BENCH_ROWS", "1024"))


def main() -> None:
    tagger, sentences = SHARED / "models" / "minilm-wnut17", SHARED / "data" / "wnut17_test.jsonl"
    labeller, comments = SHARED / "models" / "minilm-ethos-multilabel", SHARED / "data" / "ethos_multilabel_test.csv"
    if not all(path.exists() for path in (tagger, sentences, labeller, comments)):
        print("skipped: needs the shared models and data")
        return
    import transformers

    from audit.data.examples import Words

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    words = [json.loads(line)["tokens"] for line in sentences.read_text(encoding="utf-8").splitlines()][:ROWS]
    aggregated = {"is_split_into_words": True, "aggregation_strategy": "first"}
    beside("token-classification", tagger, [Words.of(row) for row in words], words, aggregated)
    texts = pd.read_csv(comments)["comment"].tolist()[:ROWS]
    scored = {"top_k": None, "function_to_apply": "sigmoid", "truncation": True}
    beside("multi-label-classification", labeller, texts, texts, scored)


def beside(task: str, path: Path, examples: list[Any], theirs_read: list[Any], named: dict[str, Any]) -> None:
    """Measure both sides on one model."""
    import torch
    import transformers

    from audit.config import ModelConfig
    from audit.models.engine import BatchRunner
    from audit.models.registry import load_adapter

    adapter: Any = load_adapter(ModelConfig(path=path))
    words = task == "token-classification"
    head = "TokenClassification" if words else "SequenceClassification"
    model = getattr(transformers, f"AutoModelFor{head}").from_pretrained(path, dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    pipeline = transformers.pipeline(
        "token-classification" if words else "text-classification",
        model=model.eval(),
        tokenizer=tokenizer,
        device=adapter.device,
    )

    def ours() -> None:
        runner = BatchRunner(adapter.facts().batch_tokens)
        windows = adapter.windows(examples)
        flat = [window for found in windows for window in found]
        with torch.inference_mode():
            said = runner.run(flat, lambda one: one.length, lambda part: adapter.outputs(adapter.collate(part)))
        rest = iter(said)
        for example, found in zip(examples, windows, strict=True):
            adapter.decide(example, found, [next(rest) for _ in found], None)

    def theirs(batch_size: int) -> Callable[[], None]:
        return lambda: pipeline(theirs_read, batch_size=batch_size, **named) and None

    sides: dict[str, Callable[[], None]] = {"fairaudit": ours}
    sides |= {f"transformers pipeline, batch {n}": theirs(n) for n in BATCH_SIZES}
    pipeline(theirs_read[:32], batch_size=8, **named)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, work in sides.items():
            began = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - began)
    threads = torch.get_num_threads()
    print(f"{task}: {len(examples):,} rows, float32, {adapter.facts().device}, {threads} threads, {ROUNDS} rounds\n")
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    best = min(medians[name] for name in medians if name != "fairaudit")
    print("| | rows per second | against the best pipeline |\n|---|---|---|")
    for name, median in medians.items():
        print(f"| {name} | {len(examples) / median:,.1f} | {best / median:.2f}× |")
    print()


if __name__ == "__main__":
    main()
