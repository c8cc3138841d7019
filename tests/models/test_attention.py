"""What computes attention is what was asked for, or an error that says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from audit.config import ModelConfig
from audit.errors import ConfigError
from audit.models import attention
from audit.models.attention import check_attention
from audit.models.text_classification import TextClassification
from tests.conftest import make_texts
from tests.exact import Plain, assert_as_exact


@pytest.mark.parametrize(("asked", "told"), [("auto", "sdpa"), ("sdpa", "sdpa"), ("eager", "eager")])
def test_attention_is_what_was_asked_for(asked: str, told: str, checkpoints: dict[str, Path]) -> None:
    adapter = TextClassification.load(ModelConfig(path=checkpoints["bert"], device="cpu", attention=asked))
    assert adapter.facts().attention == told
    texts = make_texts(8)
    with torch.inference_mode():
        found = adapter.logits(adapter.collate(adapter.encode(texts)))
    assert_as_exact(found, *Plain(checkpoints["bert"]).logits(texts))


def test_what_an_architecture_has_not_is_named(checkpoints: dict[str, Path]) -> None:
    with pytest.raises(ConfigError, match=r"has no attention 'sdpa'; it has 'eager'"):
        TextClassification.load(ModelConfig(path=checkpoints["deberta"], device="cpu", attention="sdpa"))


@pytest.mark.parametrize(
    ("device", "dtype", "problem"),
    [
        ("cpu", "bfloat16", "CUDA devices alone"),
        ("cuda", "float32", "16 bits alone"),
        ("cuda", "bfloat16", "flash-attn is not installed"),
    ],
)
def test_flash_attention_is_never_fetched(
    device: str, dtype: str, problem: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(attention, "is_flash_attn_2_available", lambda: False)
    config = ModelConfig(path=tmp_path, attention="flash_attention_2", dtype=dtype)
    with pytest.raises(ConfigError, match=problem) as error:
        check_attention(config, torch.device(device))
    assert error.value.where == "model.attention"


@pytest.mark.gpu
def test_flash_attention_decides_alike(checkpoints: dict[str, Path]) -> None:
    if not (torch.cuda.is_available() and attention.is_flash_attn_2_available()):
        pytest.skip("needs a CUDA device and the package flash-attn")
    found = []
    for asked in ("sdpa", "flash_attention_2"):
        config = ModelConfig(path=checkpoints["bert"], device="cuda", dtype="bfloat16", attention=asked)
        adapter = TextClassification.load(config)
        with torch.inference_mode():
            found.append(adapter.logits(adapter.collate(adapter.encode(make_texts(40)))).cpu())
    assert (found[0] - found[1]).abs().max() <= 0.05 * found[0].abs().max()
