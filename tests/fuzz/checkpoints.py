"""Checkpoints: a tiny BERT with files missing, cut, flipped, and with changed configurations."""

from __future__ import annotations

import json
import os
import shutil
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import yaml

from tests.fuzz.odd import damage_bytes, damage_tree
from tests.fuzz.outcome import Example

WORDS = ["she", "told", "him", "that", "he", "was", "late", ".", "good", "bad"]


@cache
def tiny() -> Path:
    """Save a tiny classifier once per process."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    pieces = BertWordPieceTokenizer({token: i for i, token in enumerate(tokens)}, lowercase=True)
    tokenizer = BertTokenizerFast(tokenizer_object=pieces._tokenizer, model_max_length=24)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokens), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=24, id2label={0: "no", 1: "yes"}, label2id={"no": 0, "yes": 1}, initializer_range=0.5,
    )  # fmt: skip
    folder = Path(mkdtemp(prefix="fairaudit-fuzz-"))
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make(random: Random, place: Path) -> Example:
    """Draw a damaged checkpoint, and a command to read it with."""
    model = place / "model"
    shutil.copytree(tiny(), model)
    for _ in range(random.choice([0, 1, 1, 1, 2])):
        _damage(model, random)
    lines = [
        f"r{i},{'she told him' if i % 2 else 'he was late . good'},{'yes' if i % 3 else 'no'},{'ab'[i % 2]}"
        for i in range(8)
    ]
    (place / "rows.csv").write_text("\n".join(["id,t,y,g", *lines]) + "\n")
    tree = {
        "model": {"path": "model"},
        "data": {"path": "rows.csv", "columns": {"input": "t", "label": "y", "id": "id"}, "positive_label": "yes"},
        "attributes": ["g"],
        "explanations": {"sample": random.choice([0, 0, 0, 2]), "shown": 1, "sanity": 0},
        "gaps": {"sample": 0},
    }
    (place / "audit.yaml").write_text(yaml.safe_dump(tree))
    keep = [place / "rows.csv", place / "audit.yaml", model]
    if random.random() < 0.4:
        return Example(["validate", str(place / "audit.yaml")], keep)
    return Example(
        ["run", str(place / "audit.yaml"), "--out", str(place / "run"), "--quiet", "--device", "cpu"],
        keep,
        [place / "run"],
    )


def _damage(model: Path, random: Random) -> None:
    files = sorted(path for path in model.iterdir() if path.is_file() and not path.is_symlink())
    if not files:
        return
    path = random.choice(files)
    kind = random.randrange(9)
    if kind == 0:
        path.unlink()
    elif kind == 1:
        path.write_bytes(path.read_bytes()[: random.randrange(path.stat().st_size + 1)])
    elif kind == 2:
        path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 1\n")
    elif kind == 3:
        path.unlink()
        path.mkdir()
    elif kind == 4:
        path.unlink()
        os.mkfifo(path)
    elif kind == 5:
        path.rename(path.with_name(path.name + random.choice([".bak", "x"])))
    elif kind == 6 or path.suffix != ".json":
        path.write_bytes(damage_bytes(path.read_bytes(), random))
    else:
        try:
            tree = json.loads(path.read_bytes())
        except ValueError:
            return
        path.write_text(json.dumps(damage_tree(tree, random, 2)))
