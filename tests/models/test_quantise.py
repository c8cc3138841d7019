"""A copy rounded to int8: to the nearest step, explained as the original is, and held against it in pairs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers import AutoModelForSequenceClassification

from audit.cli import call
from audit.config import ModelConfig
from audit.errors import ConfigError, ExitCode, ModelError
from audit.models.quantise import to_int8
from audit.models.registry import load_adapter
from tests.conftest import make_texts

TEXTS = make_texts(12, seed=5)


def _load(path: Path, **keys: Any) -> Any:
    return load_adapter(ModelConfig(path=path, device="cpu", **keys))


def _said(adapter: Any) -> torch.Tensor:
    with torch.inference_mode():
        return adapter.logits(adapter.collate(adapter.encode(TEXTS)))


@pytest.mark.parametrize("family", ["bert", "llama"])
def test_weights_are_the_nearest_of_256_steps_a_channel(checkpoints: dict[str, Path], family: str) -> None:
    """Held against the formula itself: symmetric, with one scale per output channel."""
    adapter, original = _load(checkpoints[family], quantize="int8"), _load(checkpoints[family])
    plain = AutoModelForSequenceClassification.from_pretrained(checkpoints[family], dtype=torch.float32).eval()
    linear = [layer for layer in plain.modules() if isinstance(layer, torch.nn.Linear)]
    rounded = [layer for layer in adapter._model.modules() if isinstance(layer, torch.nn.Linear)]
    for before, after in zip(linear, rounded, strict=True):
        step = before.weight.abs().amax(1, keepdim=True) / 127.5
        assert bool(((after.weight - before.weight).abs() <= 0.51 * step + 1e-7).all())
        assert len(after.weight[0].unique()) <= 256
    facts = adapter.facts().quantised
    assert (facts.layers, facts.parameters) == (len(linear), sum(layer.weight.numel() for layer in linear))
    difference = (_said(adapter) - _said(original)).abs().max()
    assert 0 < float(difference) < 0.2 * float(_said(original).abs().max())
    assert adapter.facts().sha256 != original.facts().sha256
    assert original.facts().quantised is None


def test_gradients_pass_and_copies_can_be_shuffled(checkpoints: dict[str, Path]) -> None:
    adapter = _load(checkpoints["bert"], quantize="int8")
    assert adapter.unexplainable is None
    shuffled = adapter.randomised(1)
    assert not torch.allclose(_said(shuffled), _said(adapter), atol=0.05)
    batch = adapter.collate(adapter.encode(TEXTS[:2]))
    x = adapter.embed(batch).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(adapter.logits(batch, x)[:, 1].sum(), x)
    step = 1e-2 * gradient / gradient.norm()
    with torch.no_grad():
        change = (adapter.logits(batch, x + step) - adapter.logits(batch, x - step))[:, 1].sum() / 2
    assert float(change) == pytest.approx(1e-2 * float(gradient.norm()), rel=0.05)


def test_an_adapter_is_not_rounded(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(ConfigError, match="an adapter is not rounded"):
        _load(tmp_path, quantize="int8", task="text-classification")


def test_a_channel_by_hand() -> None:
    layer = torch.nn.Linear(4, 3)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.275, 0.014, -1.275, 0.005], [0.0, 0, 0, 0], [2.55, 0.03, -0.05, 0.0]]))
    facts = to_int8(torch.nn.Sequential(layer), "here")
    expected = torch.tensor([[1.27, 0.01, -1.28, 0.0], [0.0, 0, 0, 0], [2.54, 0.04, -0.04, 0.0]])
    torch.testing.assert_close(layer.weight.detach(), expected, rtol=1e-5, atol=1e-6)
    assert (facts.layers, facts.parameters) == (1, 12)
    with pytest.raises(ModelError, match="Embedding has no linear layers"):
        to_int8(torch.nn.Embedding(3, 2), "here")


def test_the_copy_is_held_against_the_original_in_pairs(
    model_case: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = model_case(explanations={"sample": 4, "shown": 2, "sanity": 1})
    file = tmp_path / "audit.yaml"
    file.write_text(yaml.safe_dump(config))
    assert call(["run", str(file), "--quiet", "--out", str(tmp_path / "original")]) == ExitCode.PASSED
    assert call(["validate", str(file), "--model", "--set", "model.quantize=int8"]) == ExitCode.PASSED
    assert "rounded to int8: " in capsys.readouterr().out
    copy = ["run", str(file), "--quiet", "--set", "model.quantize=int8", "--out", str(tmp_path / "int8")]
    assert call(copy) == ExitCode.PASSED
    assert json.loads((tmp_path / "int8" / "result.json").read_text())["model"]["quantised"]["layers"] > 0
    assert "to int8, each output channel" in (tmp_path / "int8" / "report.html").read_text()
    capsys.readouterr()
    assert call(["compare", str(tmp_path / "original"), str(tmp_path / "int8"), "--format", "json"]) == ExitCode.PASSED
    assert json.loads(capsys.readouterr().out)["paired"]
