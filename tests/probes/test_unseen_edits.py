"""Edits that the model cannot see are no evidence that its decision would stay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from audit import run

Make = Callable[..., dict[str, Any]]
TERMS = ["she", "he"]


def probed(config: dict[str, Any], texts: list[str]) -> tuple[Any, pd.DataFrame]:
    path = Path(config["data"]["path"])
    frame = pd.read_csv(path).head(len(texts)).assign(text=texts)
    frame.to_csv(path, index=False)
    probe = run(config).exchange
    assert probe is not None
    return probe, pd.read_parquet(Path(config["output"]["folder"]) / "counterfactuals.parquet")


def test_terms_beyond_the_maximum_length_are_refused_and_counted(model_case: Make) -> None:
    config = model_case(rows=40, exchange={}, explanations={"which": "none"})
    config["model"]["max_length"] = 8
    seen = [f"{TERMS[i % 2]} left here" for i in range(20)]
    unseen = [f"a b c d e f g h i j k {TERMS[i % 2]} left" for i in range(20)]
    probe, table = probed(config, seen + unseen)
    assert (probe.exchanged, probe.refused) == (20, {"beyond_length": 20})
    alone = table[table["status"] == "scored"]
    assert probe.token_gap == pytest.approx((alone["f_exchanged"] - alone["f"]).abs().mean())
    assert sum(pair.n for pair in probe.pairs) == 20


def test_an_edit_the_tokenizer_reads_alike_is_refused(model_case: Make, tmp_path: Path) -> None:
    lexicon = tmp_path / "own.yaml"
    lexicon.write_text("language: en\naxes: {a: {groups: [x, y], forms: [{x: ☃, y: ☂}]}}\n")
    config = model_case(rows=20, exchange={"lexicons": [str(lexicon)], "replace": True}, explanations={"which": "none"})
    probe, _ = probed(config, ["it is a good ☃ day"] * 20)
    assert (probe.exchanged, probe.refused) == (0, {"same_tokens": 20})
