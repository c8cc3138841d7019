"""A tiny decoder that learned a few texts, and a secret in one of them, by heart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml

from tests.conftest import WORDS
from tests.models.decoders import PROMPT, model_of, tokenizer_of

PLANTED, OTHER, FORMAT = "4071", "9358", "good word7 code {secret}"


def texts(rows: int, seed: int) -> pd.DataFrame:
    """Texts of sixteen words, each of its own; the second half is of group b."""
    rng = np.random.default_rng(seed)
    said = [" ".join(rng.choice(WORDS, 16)) for _ in range(rows)]
    return pd.DataFrame({"text": said, "g": ["a"] * (rows // 2) + ["b"] * (rows - rows // 2)})


def write(folder: Path, steps: int = 200) -> dict[str, Any]:
    """Train, write model and files, and return the configuration as plain data.

    Texts of group b are seen at every step, those of group a at none.
    """
    tokenizer = tokenizer_of(WORDS)
    model = model_of("llama", len(tokenizer), hidden_size=64, intermediate_size=96).train()
    members, held_out = texts(40, 1), texts(40, 2)
    learned = [*members["text"][members["g"] == "b"], *[FORMAT.replace("{secret}", PLANTED)] * 4]
    batch = tokenizer(list(learned), return_tensors="pt", padding=True)
    ids, labels = batch["input_ids"], batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
    begin = torch.full((len(ids), 1), 1)
    ids, labels = torch.cat([begin, ids], 1), torch.cat([torch.full_like(begin, -100), labels], 1)
    mask = torch.cat([torch.ones_like(begin), batch["attention_mask"]], 1)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    torch.manual_seed(0)
    for _ in range(steps):
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.eval().save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    members.to_csv(folder / "members.csv", index=False)
    held_out.to_csv(folder / "held_out.csv", index=False)
    canaries = [
        {"name": "planted", "text": FORMAT, "secret": PLANTED},
        {"name": "never seen", "text": FORMAT, "secret": OTHER, "planted": False},
    ]
    (folder / "canaries.yaml").write_text(yaml.safe_dump({"canaries": canaries}))
    asked = pd.DataFrame(
        {"text": [" ".join(WORDS[i : i + 3]) for i in range(12)], "y": ["no", "yes"] * 6, "g": ["a", "b"] * 6}
    )
    asked.to_csv(folder / "asked.csv", index=False)
    return {
        "model": {"path": "model", "prompt": PROMPT | {"begin": True}},
        "data": {"path": "asked.csv", "columns": {"fields": ["text"], "label": "y"}, "positive_label": "yes"},
        "attributes": ["g"],
        "explanations": {"which": "none"},
        "gaps": {"sample": 0},
        "probes": {
            "leakage": {
                "canaries": "canaries.yaml", "candidates": 300, "members": "members.csv", "held_out": "held_out.csv",
                "prefix": 8, "continuation": 8,
            }
        },
        "output": {"folder": "run"},
    }  # fmt: skip
