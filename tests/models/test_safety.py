"""No code that came with a checkpoint, or that it names, is run unless that was asked for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.registry import load_adapter


@pytest.fixture
def copy(checkpoints: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoints["bert"], tmp_path / "copy"))


def edit(path: Path, name: str, **changes: object) -> None:
    held = json.loads((path / name).read_text())
    (path / name).write_text(json.dumps(held | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"auto_map": {"AutoModel": "evil.Model"}},
        {"text_config": {"auto_map": {"AutoConfig": "evil.Config"}}},
        {"attn_implementation": "org/kernel"},
        {"attn_implementation": {"": "sdpa", "text_config": "org/kernel@main:fn"}},
        {"attn_implementation": "flash_attention_2"},
        {"_attn_implementation": "paged|org/kernel"},
        {"_attn_implementation_internal": "org/kernel"},
        {"experts_implementation": "deepgemm"},
        {"a": [{"b": {"attn_implementation": ["org/kernel"]}}]},
        {"kernel_config": {"RMSNorm": "org/kernel:Norm"}},
        {"use_kernels": True},
        {"quantization_config": {"quant_method": "mxfp4"}},
        {"quantization_config": {"quant_method": "anything", "path": "x"}},
        {"quantization_config": {}},
    ],
)
def test_code_of_elsewhere_is_refused(copy: Path, changes: dict[str, object]) -> None:
    edit(copy, "config.json", **changes)
    (copy / "evil.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ModelError, match=r"wants to run code of its own: .config.json.*\n.*model.allow_remote_code"):
        load_adapter(ModelConfig(path=copy, device="cpu"))


def test_code_of_a_tokenizer_is_refused(copy: Path) -> None:
    edit(copy, "tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.Tokenizer", None]})
    with pytest.raises(ModelError, match=r"wants to run code of its own: 'tokenizer_config.json: auto_map'"):
        load_adapter(ModelConfig(path=copy, device="cpu"))


@pytest.mark.parametrize("value", ["eager", "sdpa", None])
def test_what_comes_with_torch_is_no_code_of_elsewhere(copy: Path, value: str | None) -> None:
    edit(copy, "config.json", attn_implementation=value)
    assert load_adapter(ModelConfig(path=copy, device="cpu")).classes == ["no", "yes"]


def test_a_checkpoint_that_says_it_is_an_adapter(copy: Path) -> None:
    (copy / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "/elsewhere"}))
    with pytest.raises(ModelError, match=r"is an adapter of '/elsewhere', which is not here"):
        load_adapter(ModelConfig(path=copy, device="cpu"))
