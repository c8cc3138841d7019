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
#: Tokens per batch: a CPU's, and what a large graphics card is given.
BUDGETS = (1024, 32_768)
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
    print("| | rows | tokens, median (largest) | " + " | ".join(f"batches of {n:,}" for n in BUDGETS), end="")
    print(f" | {IN_ORDER} rows in their order |\n|---|---|---|---|---|---|")
    for name, rows, model in (
        ("tweets", tweets, adapter),
        ("HateCheck", cases, adapter),
        ("the embedded sample", texts, screener),
        ("twelve tweets in one text", pasted, adapter),
    ):
        lengths = [item.length for item in model.encode(rows)]
        found = [padding(lengths, budget) for budget in BUDGETS]
        middle, most = sorted(lengths)[len(lengths) // 2], max(lengths)
        cells = " | ".join(f"{share:.2%}" for share in [*found, in_order(lengths)])
        print(f"| {name} | {len(rows):,} | {middle} ({most}) | {cells} |")


def padding(lengths: Sequence[int], budget: int) -> float:
    """Share of computed tokens that is padding, in windows of rows and batches of like length."""
    from audit.models.engine import fill_batches

    computed = 0
    for first in range(0, len(lengths), WINDOW):
        window = lengths[first : first + WINDOW]
        computed += sum(len(batch) * window[batch[0]] for batch in fill_batches(window, budget))
    return 1 - sum(lengths) / computed


def in_order(lengths: Sequence[int]) -> float:
    """Share of computed tokens that is padding, in batches of rows as they come."""
    batches = [lengths[first : first + IN_ORDER] for first in range(0, len(lengths), IN_ORDER)]
    return 1 - sum(lengths) / sum(len(batch) * max(batch) for batch in batches)
