"""Rows per second of a decoder that is asked with a prompt, beside scoring by hand with transformers.

By hand is what scripts do: rows in their order, a fixed batch size, padding on the left by the tokenizer, logits of all
places, and the answers' log-probabilities at the last one; of answers with several tokens, each answer in a pass of its
own over prompt and answer. Same process, model, dtype (float32), truncation and threads; the sides take turns. CPU
seconds where it runs on a CPU, so that other work on the machine does not count. Medians over the rounds, and the ratio
of medians.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

SHARED = Path(__file__).parents[2] / "shared"
MODEL = SHARED / "models" / "llama-toxicity-prompted"
DATA = SHARED / "data" / "davidson_tweets_test.csv"
BATCH_SIZES = (1, 8, 16, 32)
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
ROWS = int(os.environ.get("BENCH_ROWS", "1024"))
SEVERAL = {"acceptable": " not toxic", "toxic": " absolutely toxic"}


def main() -> None:
    if not MODEL.exists() or not DATA.exists():
        print("skipped: needs the shared model and data")
        return
    told = json.loads((MODEL / "PROMPT.json").read_text(encoding="utf-8"))
    texts = pd.read_csv(DATA)["text"].tolist()[:ROWS]
    for name, labels in (("answers of one token", told["labels"]), ("answers of 2 and 4 tokens", SEVERAL)):
        beside(name, told["template"], labels, texts)


def beside(name: str, template: str, labels: dict[str, str], texts: list[str]) -> None:
    """Measure both sides with the same answers."""
    import numpy as np
    import torch
    import transformers

    from audit.config import ModelConfig
    from audit.data.examples import Fields
    from audit.models.engine import BatchRunner
    from audit.models.registry import load_adapter

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    prompt = {"template": template, "labels": labels, "begin": True}
    adapter: Any = load_adapter(ModelConfig.model_validate({"path": MODEL, "prompt": prompt}))
    model = transformers.AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32).to(adapter.device).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL, padding_side="left")
    asked = ["<s>" + template.replace("{text}", text) for text in texts]
    answers = [
        tokenizer(asked[0] + form)["input_ids"][len(tokenizer(asked[0])["input_ids"]) :] for form in labels.values()
    ]

    def ours() -> np.ndarray:
        encoded = adapter.encode([Fields(("text",), (text,)) for text in texts])
        runner = BatchRunner(adapter.facts().batch_tokens)
        with torch.inference_mode():
            return np.stack(runner.run(
                encoded, lambda one: one.cost, lambda part: list(adapter.logits(adapter.collate(part)).cpu().numpy())
            ))  # fmt: skip

    def theirs(batch_size: int) -> np.ndarray:
        found = []
        with torch.inference_mode():
            for at in range(0, len(asked), batch_size):
                some = asked[at : at + batch_size]
                if max(map(len, answers)) == 1:
                    given = tokenizer(some, return_tensors="pt", padding=True, truncation=True).to(adapter.device)
                    said = model(**given).logits[:, -1].log_softmax(-1)
                    found.append(said[:, [ids[0] for ids in answers]].cpu().numpy())
                    continue
                scores = []
                for form, ids in zip(labels.values(), answers, strict=True):
                    whole = [text + form for text in some]
                    given = tokenizer(whole, return_tensors="pt", padding=True, truncation=True).to(adapter.device)
                    said = model(**given).logits[:, -len(ids) - 1 : -1].log_softmax(-1)
                    scores.append(said.gather(-1, given["input_ids"][:, -len(ids) :, None]).sum((1, 2)))
                found.append(torch.stack(scores, 1).cpu().numpy())
        return np.concatenate(found)

    sides: dict[str, Callable[[], np.ndarray]] = {"fairaudit": ours}
    sides |= {f"by hand, batch {n}": lambda n=n: theirs(n) for n in BATCH_SIZES}  # type: ignore[misc]
    largest = float(np.abs(ours() - theirs(32)).max())
    clock = time.process_time if adapter.device.type == "cpu" else time.perf_counter
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(ROUNDS):
        for side, work in sides.items():
            began = clock()
            work()
            seconds[side].append(clock() - began)
    print(
        f"{name}: {len(texts):,} tweets, float32, {adapter.facts().device}, {torch.get_num_threads()} threads, "
        f"{ROUNDS} rounds\nlargest difference of a log-likelihood: {largest:.1e}\n"
    )
    show(len(texts), {side: statistics.median(times) for side, times in seconds.items()})


def show(rows: int, medians: dict[str, float]) -> None:
    """Print a table of both sides."""
    best = min(medians[side] for side in medians if side != "fairaudit")
    print("| | rows per second | against the best by hand |\n|---|---|---|")
    for side, median in medians.items():
        print(f"| {side} | {rows / median:,.1f} | {best / median:.2f}× |")
    print()


if __name__ == "__main__":
    main()
