"""A checkpoint is read with the tokenizer it was trained with, or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import audit
from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.registry import load_adapter
from tests.models.test_safety import edit


@pytest.fixture(params=["bert", "roberta", "llama", "gpt2"])
def copy(request: pytest.FixtureRequest, checkpoints: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoints[request.param], tmp_path / "copy"))


def load(path: Path) -> Any:
    return load_adapter(ModelConfig(path=path, device="cpu"))


def resize(path: Path, rows: int) -> None:
    """Give the table of embeddings other rows."""
    weights = load_file(path / "model.safetensors")
    name = max((n for n, t in weights.items() if t.dim() == 2 and "position" not in n and ".wpe" not in n),
               key=lambda n: weights[n].shape[0])  # fmt: skip
    table = weights[name]
    more = torch.randn(max(rows - len(table), 0), table.shape[1]) * table.std()
    weights[name] = torch.cat([table[:rows], more])
    save_file(weights, path / "model.safetensors", metadata={"format": "pt"})
    edit(path, "config.json", vocab_size=rows)


@pytest.mark.parametrize("keep", [(), ("tokenizer_config.json",), ("tokenizer_config.json", "special_tokens_map.json")])
def test_without_a_tokenizer(copy: Path, keep: tuple[str, ...]) -> None:
    for file in copy.iterdir():
        if file.name not in {"config.json", "model.safetensors", *keep}:
            file.unlink()
    for name in keep:
        if not (copy / name).exists():
            (copy / name).write_text("{}")
    with pytest.raises(ModelError, match=r"holds no tokenizer|loading the tokenizer failed"):
        load(copy)


def test_a_table_made_for_far_more_tokens(copy: Path) -> None:
    size = json.loads((copy / "config.json").read_text())["vocab_size"]
    resize(copy, 3 * size)
    with pytest.raises(ModelError, match=rf"knows [\d,]+ tokens and the model {3 * size:,}"):
        load(copy)
    resize(copy, int(1.5 * size))
    assert [note.code for note in load(copy).notes] == ["small_vocabulary"]
    resize(copy, size + 3)
    assert load(copy).notes == []


def test_an_added_token_beyond_the_table(copy: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(copy)
    tokenizer.add_tokens(["[NEW]"])
    tokenizer.save_pretrained(copy)
    with pytest.raises(ModelError, match=r"1 tokens beyond the [\d,]+ rows.*'\[NEW\]'"):
        load(copy)


@pytest.mark.parametrize(
    ("texts", "code"),
    [("Ünbekanntes Wört " * 5, "tokens_mostly_unknown"), ("good bad he §", "tokens_unknown"), ("good bad", None)],
)
def test_unknown_tokens_are_counted(
    texts: str, code: str | None, checkpoints: dict[str, Path], table: Callable[..., Path], tmp_path: Path
) -> None:
    path = table(text=[texts, "good"] * 10, y=["yes", "no"] * 10, g=list("uuvv") * 5)
    result = audit.run(
        {
            "model": {"path": str(checkpoints["bert"]), "device": "cpu"},
            "data": {"path": str(path), "columns": {"input": "text", "label": "y"}, "positive_label": "yes"},
            "attributes": ["g"],
            "explanations": {"which": "none"},
            "gaps": {"sample": 0},
            "output": {"folder": str(tmp_path / "run")},
        }
    )
    noted = {note.code: note.params for note in result.notes if note.code.startswith("tokens")}
    assert list(noted) == ([code] if code else [])
    if code:
        assert noted[code] == {"n": result.work["tokens_unknown"], "of": result.work["tokens_read"]}
