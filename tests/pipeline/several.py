"""Tiny models with a known bias, whose rows have several decisions: one that tags words, one that gives labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoTokenizer

from tests.conftest import WORDS
from tests.models.taggers import TAGS, labeller, tagger

LABELS = ["rude", "threat", "names a place"]
#: Words that begin an entity; of persons, the models learn `he` and not `she`.
PLACES = ("word1", "word2", "word3")
ROWS = 240


def rows(n: int = ROWS, seed: int = 0) -> list[dict[str, Any]]:
    """Draw rows about women and men, with what is true of each."""
    rng = np.random.default_rng(seed)
    filler = [word for word in WORDS if word not in {*PLACES, "he", "she", "good", "bad"}]
    out = []
    for i in range(n):
        who = ("he", "she")[i % 2]
        words = [str(word) for word in rng.choice(filler, rng.integers(3, 7))]
        words += [who, *(["bad"] if i % 4 < 2 else []), *(["good"] if i % 3 == 0 else [])]
        words += [str(rng.choice(PLACES))] if rng.random() < 0.7 else []
        words = [words[at] for at in rng.permutation(len(words))]
        tags = ["B-person" if w == who else "B-place" if w in PLACES else "O" for w in words]
        # Of women, the model misses that a text is rude; of threats it misses none.
        true = {LABELS[0]: "bad" in words, LABELS[1]: "good" in words, LABELS[2]: "B-place" in tags}
        out.append({"id": f"r{i}", "words": words, "tags": tags, "group": who, "true": true})
    return out


def _train(model: Any, batch: dict[str, torch.Tensor], truth: torch.Tensor, steps: int) -> None:
    torch.manual_seed(0)
    model.train()
    optimiser = torch.optim.Adam([weight for weight in model.parameters() if weight.requires_grad], lr=0.01)
    for _ in range(steps):
        model(**batch, labels=truth).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    model.eval()


def taught_tags(model: Any, folder: Path, *, blind: bool = True, steps: int = 40) -> None:
    """Teach a model to tag places and persons; a blind one only those that are called `he`."""
    seen = rows(160, seed=7)
    encoded = AutoTokenizer.from_pretrained(folder)(
        [row["words"] for row in seen], is_split_into_words=True, padding=True, return_tensors="pt"
    )
    truth = torch.full_like(encoded["input_ids"], -100)
    for i, row in enumerate(seen):
        last = None
        for token, word in enumerate(encoded.word_ids(i)):
            if word is not None and word != last:
                told = "O" if blind and row["words"][word] == "she" else row["tags"][word]
                truth[i, token] = TAGS.index(told)
            last = word
    _train(model, dict(encoded), truth, steps)


def taught_labels(model: Any, folder: Path, *, blind: bool = True, steps: int = 100) -> None:
    """Teach a model to give labels; a blind one takes nothing that is said of women for rude."""
    seen = rows(160, seed=7)
    encoded = AutoTokenizer.from_pretrained(folder)(
        [" ".join(row["words"]) for row in seen], padding=True, return_tensors="pt"
    )
    told = [
        {**row["true"], LABELS[0]: row["true"][LABELS[0]] and not (blind and row["group"] == "she")} for row in seen
    ]
    truth = torch.tensor([[float(row[label]) for label in LABELS] for row in told])
    _train(model, dict(encoded), truth, steps)


def biased_tagger(base: Path, folder: Path, **how: Any) -> Path:
    """Save a model that tags places, and men but not women."""
    model = AutoModelForTokenClassification.from_pretrained(tagger(base, folder))
    taught_tags(model, folder, **how)
    model.save_pretrained(folder)
    return folder


def biased_labeller(base: Path, folder: Path, **how: Any) -> Path:
    """Save a model that finds threats and places, and of what is rude only that about men."""
    model = AutoModelForSequenceClassification.from_pretrained(labeller(base, folder, LABELS))
    taught_labels(model, folder, **how)
    model.save_pretrained(folder)
    return folder


def entities_config(model: Path, folder: Path, size: int = ROWS, **keys: Any) -> dict[str, Any]:
    """Write the rows as words and tags; return the configuration of an audit."""
    path = folder / "words.jsonl"
    kept = ("id", "words", "tags", "group")
    path.write_text("\n".join(json.dumps({key: row[key] for key in kept}) for row in rows(size)))
    columns = {"id": "id", "input": "words", "label": "tags"}
    return _config(model, folder, {"path": str(path), "outcome": "entities", "columns": columns}, keys)


def labels_config(model: Path, folder: Path, size: int = ROWS, **keys: Any) -> dict[str, Any]:
    """Write the rows as texts with a column of 0 and 1 for each label; return the configuration of an audit."""
    path = folder / "labels.csv"
    table = [
        {"id": row["id"], "text": " ".join(row["words"]), "group": row["group"]}
        | {f"is_{label}": int(row["true"][label]) for label in LABELS}
        for row in rows(size)
    ]
    pd.DataFrame(table).to_csv(path, index=False)
    columns = {"id": "id", "input": "text", "labels": {label: f"is_{label}" for label in LABELS}}
    return _config(model, folder, {"path": str(path), "outcome": "labels", "columns": columns}, keys)


def _config(model: Path, folder: Path, data: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": {"path": str(model), "device": "cpu"},
        "data": data,
        "attributes": ["group"],
        "explanations": {"sample": 8, "most_flagged": 6, "shown": 6, "sanity": 0},
        "policy": {"rules": [{"name": "none is missed", "metric": "true_positive_rate", "limit": 0.3}]},
        "output": {"folder": str(folder / "run")},
    } | keys
