"""Checkpoints saved with packed weights: what is missing is named before anything is loaded."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from audit.config import ModelConfig
from audit.errors import ConfigError, ModelError
from audit.models import quantised_folder
from audit.models.registry import load_adapter
from audit.models.safety import quantisation_of
from tests.models.test_safety import edit


@pytest.fixture
def copy(checkpoints: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoints["bert"], tmp_path / "copy"))


@pytest.mark.parametrize(
    ("settings", "said", "lacking"),
    [
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes", ["bitsandbytes"]),
        ({"load_in_8bit": True}, "bitsandbytes", ["bitsandbytes"]),
        ({"quant_method": "gptq", "bits": 4}, "gptq", ["gptqmodel", "optimum"]),
        ({"quant_method": "awq", "bits": 4}, "awq", ["gptqmodel"]),
        ({"quant_method": "torchao", "quant_type": "int8_weight_only"}, "torchao", ["torchao"]),
        ({"quant_method": "quanto", "weights": "int8"}, "quanto", ["optimum-quanto"]),
        ({"quant_method": "hqq"}, "hqq", ["hqq"]),
        ({"quant_method": "compressed-tensors"}, "compressed-tensors", ["compressed-tensors"]),
    ],
)
def test_the_missing_package_is_named(
    copy: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], said: str, lacking: list[str]
) -> None:
    there = quantised_folder._there
    monkeypatch.setattr(quantised_folder, "_there", lambda module: module == "accelerate" and there(module))
    edit(copy, "config.json", quantization_config=settings)
    with pytest.raises(ModelError) as caught:
        load_adapter(ModelConfig(path=copy, device="cpu"))
    assert f"packed by {said}, which needs {' and '.join(lacking)}, not installed here" in str(caught.value)
    assert f"pip install {' '.join(lacking)}" in str(caught.value)


@pytest.mark.parametrize("method", ["higgs", "vptq", "spqr"])
def test_the_missing_device_is_named(copy: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(quantised_folder, "_there", lambda module: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    edit(copy, "config.json", quantization_config={"quant_method": method})
    with pytest.raises(ModelError, match=f"packed by {method}, which computes on CUDA devices alone"):
        load_adapter(ModelConfig(path=copy, device="cpu"))


def test_packed_weights_are_not_rounded_once_more(copy: Path) -> None:
    edit(copy, "config.json", quantization_config={"quant_method": "torchao"})
    with pytest.raises(ConfigError, match="are packed by torchao already"):
        load_adapter(ModelConfig(path=copy, device="cpu", quantize="int8"))


def test_packages_whose_parent_is_missing_are_missing() -> None:
    assert quantised_folder._there("json.decoder")
    assert not quantised_folder._there("no_such_package.inside")


@pytest.mark.parametrize(
    ("described", "method"),
    [
        ({}, None),
        ({"quantization_config": None}, None),
        ({"quantization_config": {"quant_method": 7}}, None),
        ({"quantization_config": {"load_in_4bit": True}}, "bitsandbytes"),
        ({"compression_config": {"quant_method": "compressed-tensors"}}, "compressed-tensors"),
    ],
)
def test_the_method_is_read_off_the_description(described: dict[str, Any], method: str | None) -> None:
    assert quantisation_of(described) == method


def test_weights_packed_by_torchao_are_audited_and_explained(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    if find_spec("torchao") is None:
        pytest.skip("needs torchao")
    from torchao.quantization import Int8WeightOnlyConfig
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, TorchAoConfig

    asked = TorchAoConfig(Int8WeightOnlyConfig(version=2))
    model = AutoModelForSequenceClassification.from_pretrained(checkpoints["bert"], quantization_config=asked)
    model.save_pretrained(tmp_path / "packed")
    AutoTokenizer.from_pretrained(checkpoints["bert"]).save_pretrained(tmp_path / "packed")
    assert json.loads((tmp_path / "packed" / "config.json").read_text())["quantization_config"]
    adapter = load_adapter(ModelConfig(path=tmp_path / "packed", device="cpu"))
    rounded = load_adapter(ModelConfig(path=checkpoints["bert"], device="cpu", quantize="int8"))
    assert ("stored_quantised", {"method": "torchao"}) in [(note.code, note.params) for note in adapter.notes]
    assert adapter.unexplainable is None
    said = [one.logits(one.collate(one.encode(["word1 good", "bad"]))).detach() for one in (adapter, rounded)]
    torch.testing.assert_close(said[0], said[1], atol=5e-3, rtol=0)
