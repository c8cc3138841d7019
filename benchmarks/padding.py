"""What of the tokens that a model computes is padding: in fairaudit's batches, and in a table's own order.

Tokenizing is all that is done, so that no device and no batch of a device is measured.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parents[1]
SHARED = HERE.parent / "shared"
MODEL = SHARED / "models" / "minilm-toxicity"
#: Tokens per batch: a CPU's, and what a large graphics card is given, filled to the brim and as it is.
BATCHES = {"of 1,024": (1024, 1024), "of 32,768, filled up": (32_768, 32_768), "of up to 32,768": (32_768, None)}
#: Rows that are sorted by length together.
WINDOW = 2048
#: Batch of a pipeline that reads rows in their order.
IN_ORDER = 32


def main() -> None:
    if not MODEL.exists():
        print("skipped: needs the shared models and data")
        return
    from audit.config import ModelConfig
    from audit.models.registry import load_adapter

    adapter = load_adapter(ModelConfig(path=MODEL, device="cpu"))
    screener = load_adapter(ModelConfig(path=HERE / "sample_data" / "screener", device="cpu"))
    tweets = pd.read_csv(SHARED / "data" / "davidson_tweets_test.csv")["text"].tolist()
    cases = pd.read_csv(SHARED / "data" / "hatecheck_test_suite_cases.csv")["test_case"].tolist()
    letters = list(csv.DictReader(io.StringIO((HERE / "sample_data" / "applications.csv").read_text("utf-8"))))
    texts = [row["statement"] for row in letters]
    pasted = [" ".join(tweets[i : i + 12]) for i in range(0, len(tweets) - 12, 12)]
    print("| | rows | tokens, median (largest) | " + " | ".join(BATCHES), end="")
    print(f" | {IN_ORDER} rows in their order |\n|---|---|---|---|---|---|---|")
    for name, rows, model in (
        ("tweets", tweets, adapter),
        ("HateCheck", cases, adapter),
        ("the embedded sample", texts, screener),
        ("twelve tweets in one text", pasted, adapter),
    ):
        lengths = [item.length for item in model.encode(rows)]
        found = [padding(lengths, budget, busy) for budget, busy in BATCHES.values()]
        middle, most = sorted(lengths)[len(lengths) // 2], max(lengths)
        cells = " | ".join(f"{share:.1%}" for share in [*found, in_order(lengths)])
        print(f"| {name} | {len(rows):,} | {middle} ({most}) | {cells} |")


def padding(lengths: Sequence[int], budget: int, busy: int | None) -> float:
    """Share of computed tokens that is padding, in windows of rows and batches of like length."""
    from audit.models.engine import BUSY, fill_batches

    computed = 0
    for first in range(0, len(lengths), WINDOW):
        window = lengths[first : first + WINDOW]
        computed += sum(len(batch) * window[batch[0]] for batch in fill_batches(window, budget, busy or BUSY))
    return 1 - sum(lengths) / computed


def in_order(lengths: Sequence[int]) -> float:
    """Share of computed tokens that is padding, in batches of rows as they come."""
    batches = [lengths[first : first + IN_ORDER] for first in range(0, len(lengths), IN_ORDER)]
    return 1 - sum(lengths) / sum(len(batch) * max(batch) for batch in batches)
