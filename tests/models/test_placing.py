"""Layers spread by Accelerate: what the model says stays what it says in one piece."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from audit.config import ModelConfig
from audit.errors import ConfigError
from audit.models.registry import load_adapter
from tests.conftest import make_texts

pytest.importorskip("accelerate", reason="needs Accelerate: pip install 'fairaudit[accelerate]'")
TEXTS = make_texts(8, seed=3)


def said(path: Path, **keys: Any) -> torch.Tensor:
    adapter = load_adapter(ModelConfig(path=path, device="cpu", **keys))
    with torch.inference_mode():
        found: torch.Tensor = adapter.logits(adapter.collate(adapter.encode(TEXTS)))
    return found


@pytest.mark.parametrize("spread", ["auto", "sequential", {"": "cpu"}], ids=str)
def test_a_map_over_one_device_changes_nothing(checkpoints: dict[str, Path], spread: Any) -> None:
    assert torch.equal(said(checkpoints["bert"]), said(checkpoints["bert"], device_map=spread))


def test_a_card_that_is_not_there(checkpoints: dict[str, Path]) -> None:
    with pytest.raises(ConfigError, match="names graphics card 63, and there are"):
        load_adapter(ModelConfig(path=checkpoints["bert"], device_map={"": 63}))


def test_where_accelerate_is_not_installed(checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="Accelerate is not installed") as error:
        load_adapter(ModelConfig(path=checkpoints["bert"], device_map="auto"))
    assert "fairaudit[accelerate]" in str(error.value.hint)


def test_a_rounded_copy_lies_on_one_device(checkpoints: dict[str, Path]) -> None:
    with pytest.raises(ConfigError, match="lies on one device"):
        load_adapter(ModelConfig(path=checkpoints["bert"], device="cpu", device_map="auto", quantize="int8"))


def test_a_function_has_no_layers() -> None:
    with pytest.raises(ValueError, match="device_map: does not go with `callable`"):
        ModelConfig(callable="own:decide", classes=("no", "yes"), device_map="auto")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_layers_on_two_devices_say_the_same(checkpoints: dict[str, Path]) -> None:
    spread = {"bert.embeddings": 0, "bert.encoder.layer.0": 0, "bert.encoder.layer.1": "cpu", "bert.pooler": 0}
    found = said(checkpoints["bert"], device_map=spread | {"classifier": 0})
    assert torch.allclose(found.cpu(), said(checkpoints["bert"]), atol=1e-4)
