"""The longest input, from the model's own table of positions."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from audit.config import ModelConfig
from audit.errors import ConfigError, ModelError
from audit.models.limits import max_length, positions_of
from audit.models.registry import load_adapter
from tests.models.architectures import LIKE_ROBERTA, configure, save, tokenizers
from tests.models.test_safety import edit


def model_of(**modules: torch.nn.Module) -> Any:
    model = torch.nn.Module()
    for name, module in modules.items():
        model.add_module(name, module)
    model.config = SimpleNamespace(get_text_config=lambda: SimpleNamespace(max_position_embeddings=-1))
    return model


def tokenizer_of(limit: Any, specials: int = 2) -> Any:
    return SimpleNamespace(model_max_length=limit, num_special_tokens_to_add=lambda: specials)


def config(limit: int | None = None) -> ModelConfig:
    return ModelConfig(path=Path("model"), max_length=limit)


@pytest.mark.parametrize("name", ["position_embeddings", "wpe", "embed_positions", "char_position_embeddings"])
@pytest.mark.parametrize(("padding", "expected"), [(None, 40), (0, 39), (1, 38), (5, 34)])
def test_rows_up_to_the_padding_index_stand_for_no_token(name: str, padding: int | None, expected: int) -> None:
    assert positions_of(model_of(**{name: torch.nn.Embedding(40, 4, padding_idx=padding)})) == expected


def test_an_offset_stands_for_no_token() -> None:
    table = torch.nn.Embedding(42, 4)
    table.offset = 2
    assert positions_of(model_of(embed_positions=table)) == 40


def test_distances_are_no_positions() -> None:
    assert positions_of(model_of(distance_embedding=torch.nn.Embedding(9, 4), word_embeddings=table())) is None


def table() -> torch.nn.Embedding:
    return torch.nn.Embedding(7, 4)


@pytest.mark.parametrize("absurd", [0, -1, None, 10**30, float("inf"), float("nan"), "512", True])
def test_a_limit_that_is_none(absurd: Any) -> None:
    assert max_length(config(), model_of(), tokenizer_of(absurd)) is None
    assert max_length(config(9), model_of(), tokenizer_of(absurd)) == 9


def test_the_smallest_limit_counts() -> None:
    model = model_of(position_embeddings=torch.nn.Embedding(40, 4))
    assert max_length(config(), model, tokenizer_of(512)) == 40
    assert max_length(config(), model, tokenizer_of(30)) == 30
    assert max_length(config(20), model, tokenizer_of(30)) == 20


def test_more_than_the_model_has_positions() -> None:
    with pytest.raises(ConfigError, match=r"model.max_length: 41 tokens are asked for, and the model has 40 positions"):
        max_length(config(41), model_of(position_embeddings=torch.nn.Embedding(40, 4)), tokenizer_of(512))


@pytest.mark.parametrize(("limit", "specials"), [(1, 2), (2, 2), (3, 3)])
def test_no_room_for_a_text(limit: int, specials: int) -> None:
    with pytest.raises(ModelError, match=rf"allows {limit} tokens, {specials} of which are special"):
        max_length(config(), model_of(), tokenizer_of(limit, specials))


def test_a_checkpoint_whose_tokenizer_allows_one_token(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    import shutil

    path = Path(shutil.copytree(checkpoints["bert"], tmp_path / "copy"))
    edit(path, "tokenizer_config.json", model_max_length=1)
    with pytest.raises(ModelError, match=r"model_max_length of tokenizer_config.json allows 1 tokens"):
        load_adapter(ModelConfig(path=path, device="cpu"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("family", sorted(LIKE_ROBERTA - {"umt5", "mt5"}))
def test_the_longest_input_of_a_family_is_read(family: str, checkpoints: dict[str, Path], tmp_path: Path) -> None:
    path = save(family, tokenizers(checkpoints["bert"]), tmp_path)
    adapter = load_adapter(ModelConfig(path=path, device="cpu"))
    limit = adapter.facts().max_length
    if family == "t5":
        assert limit is None
        return
    with torch.inference_mode():
        (item,) = adapter.encode(["good bad " * 200])
        assert adapter.logits(adapter.collate([item])).isfinite().all()
    assert item.length == limit
    assert item.truncated
    described = json.loads((path / "config.json").read_text())
    assert limit in {described["max_position_embeddings"] - 2, described["max_position_embeddings"]}
    assert configure(family, 99).max_position_embeddings == described["max_position_embeddings"]
