"""Flip rates of real sentences, held against an independent computation, and what the edits cost beside the model.

`minilm-toxicity` on HateCheck and on all 76,564 sentences of `bias_madlibs_77k`. The independent computation knows only
the table of edits (spans and replacements): it makes each text by slicing, decides it with plain transformers, and
counts flips and mean changes per pair of groups.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

import audit
from audit.probes.exchange import exchanges
from audit.result import ExchangeSummary
from audit.terms.loading import load_lexicons

SHARED = Path(__file__).parents[2] / "shared"
MODEL = SHARED / "models" / "minilm-toxicity"
#: Rows drawn from each data set; all of them if 0.
ROWS = int(os.environ.get("BENCH_ROWS", "0"))
BATCH, SHOWN = 64, 8


def hatecheck() -> pd.DataFrame:
    frame = pd.read_csv(SHARED / "data" / "hatecheck_test_suite_cases.csv")
    label = frame["label_gold"].map({"hateful": "toxic", "non-hateful": "acceptable"})
    return pd.DataFrame({"text": frame["test_case"], "label": label, "group": frame["target_ident"].fillna("none")})


def madlibs() -> pd.DataFrame:
    frame = pd.read_csv(SHARED / "data" / "bias_madlibs_77k.csv.gz")
    label = frame["Label"].map({"BAD": "toxic", "NOT_BAD": "acceptable"})
    return pd.DataFrame({"text": frame["Text"], "label": label, "group": frame["Template"]})


def probed(frame: pd.DataFrame, folder: Path) -> tuple[ExchangeSummary, float]:
    """Audit without explanations; return what the probe found and its seconds."""
    frame.to_csv(folder / "data.csv", index_label="id")
    result = audit.run(
        {
            "model": {"path": str(MODEL)},
            "data": {
                "path": str(folder / "data.csv"),
                "columns": {"input": "text", "label": "label", "id": "id"},
                "positive_label": "toxic",
            },
            "attributes": ["group"],
            "explanations": {"which": "none"},
            "exchange": {},
            "output": {"folder": str(folder / "run")},
        }
    )
    assert result.exchange is not None
    return result.exchange, result.timings.seconds["exchange"]


def decide(texts: list[str]) -> dict[str, np.ndarray]:
    """Probabilities of each text, by plain transformers."""
    model = AutoModelForSequenceClassification.from_pretrained(MODEL, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    ordered, out = sorted(set(texts), key=len), {}
    with torch.inference_mode():
        for first in range(0, len(ordered), BATCH):
            part = ordered[first : first + BATCH]
            found = model(**tokenizer(part, padding=True, truncation=True, return_tensors="pt")).logits.double()
            out.update(zip(part, found.softmax(-1).numpy(), strict=True))
    return out


def edited(text: str, row: dict[str, Any]) -> str:
    for start, end, new in sorted(zip(row["starts"], row["ends"], row["replacements"], strict=True), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def compare(name: str, frame: pd.DataFrame) -> None:
    if 0 < ROWS < len(frame):
        frame = frame.sample(ROWS, random_state=0)
    frame = frame.reset_index(drop=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        probe, seconds = probed(frame, folder)
        table = pd.read_parquet(folder / "run" / "counterfactuals.parquet")
    table = table[table["status"] == "scored"].reset_index(drop=True)
    before = [frame["text"][int(row)] for row in table["row_id"]]
    after = [edited(text, row) for text, row in zip(before, table.to_dict("records"), strict=True)]
    known = decide([*before, *after])
    old, new = np.stack([known[text] for text in before]), np.stack([known[text] for text in after])
    toxic = 1
    own = table.assign(flip=old.argmax(1) != new.argmax(1), change=new[:, toxic] - old[:, toxic])
    grouped = own.groupby(["axis", "source", "target", "both"])
    flips, changes, sizes = grouped["flip"].sum(), grouped["change"].mean(), grouped.size()
    pairs = {(pair.axis, pair.source, pair.target, pair.both): pair for pair in probe.pairs}
    unequal = [key for key, pair in pairs.items() if (pair.flips, pair.n) != (int(flips[key]), int(sizes[key]))]
    off = max(abs(pair.shift - changes[key]) for key, pair in pairs.items())
    lexicons = load_lexicons(["en"])
    began = time.perf_counter()
    made = sum(len(exchanges(lexicons, text)) for text in frame["text"])
    editing = time.perf_counter() - began
    print(f"\n{name}: {len(frame):,} sentences, {probe.texts:,} name a group; {probe.exchanged:,} edited texts")
    print(f"flips of {len(pairs) - len(unequal)} of {len(pairs)} pairs equal; mean changes differ by {off:.1e} at most")
    print(f"{made:,} edits in {editing:.1f} s of {seconds:.0f} s: {editing / seconds:.1%}")
    print("| exchange | texts | flips | change |\n|---|---|---|---|")
    for pair in sorted(probe.pairs, key=lambda pair: -pair.flip_rate)[:SHOWN]:
        arrow = "↔" if pair.both else "→"
        print(f"| {pair.source} {arrow} {pair.target} | {pair.n:,} | {pair.flips:,} | {pair.shift:+.2f} |", flush=True)


def main() -> None:
    compare("HateCheck", hatecheck())
    compare("bias_madlibs_77k", madlibs())


if __name__ == "__main__":
    main()
