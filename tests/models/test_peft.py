"""Adapters on a base model: decisions are plain peft's, nothing is lost on the way, and what was loaded is told."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from audit.cli import call
from audit.config import ModelConfig
from audit.errors import ConfigError, ExitCode, ModelError
from audit.models.described import classes_of
from audit.models.registry import load_adapter
from tests.conftest import make_texts
from tests.models.adapters import METHODS, logits_of, move_in, train

pytest.importorskip("peft")
TEXTS = [" ".join(text.split()[:5]) for text in make_texts(12, seed=5)]


@pytest.fixture(scope="module")
def trained(checkpoints: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One adapter by each method beside the base model that they name."""
    parent = tmp_path_factory.mktemp("peft")
    base = move_in(checkpoints["bert"], parent)
    found = {method: train(base, parent / method, method) for method in METHODS}
    for folder in found.values():
        _edit(folder / "adapter_config.json", base_model_name_or_path="base")
    return found


@pytest.fixture
def copy(trained: dict[str, Path], tmp_path: Path) -> Path:
    """A LoRA adapter to spoil, with its base model in the folder above."""
    shutil.copytree(trained["lora"].parent / "base", tmp_path / "base")
    return Path(shutil.copytree(trained["lora"], tmp_path / "lora"))


def _edit(file: Path, **changes: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def _load(path: Path, **keys: Any) -> Any:
    return load_adapter(ModelConfig(path=path, device="cpu", **keys))


def _said(adapter: Any, texts: list[str]) -> torch.Tensor:
    with torch.inference_mode():
        return adapter.logits(adapter.collate(adapter.encode(texts)))


@pytest.mark.parametrize("method", METHODS)
def test_decisions_are_those_of_plain_peft(trained: dict[str, Path], method: str) -> None:
    base, folder = trained[method].parent / "base", trained[method]
    expected = logits_of(base, folder, TEXTS)
    adapter = _load(folder)
    torch.testing.assert_close(_said(adapter, TEXTS), expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))
    assert not torch.allclose(_said(_load(base), TEXTS), expected, atol=0.05)
    assert adapter.unexplainable is None
    facts = adapter.facts()
    assert facts.architecture == "BertForSequenceClassification"
    assert (facts.peft.base, facts.peft.virtual_tokens) == ("base", 4 if method in {"prefix", "prompt"} else 0)
    assert facts.peft.base_sha256 == _load(base).facts().sha256
    assert facts.max_length == 40 - facts.peft.virtual_tokens
    assert facts.peft.parameters == sum(
        weight.numel() for weight in load_file(folder / "adapter_model.safetensors").values()
    )


@pytest.mark.parametrize("method", METHODS)
def test_attributions_add_up_to_the_difference_from_the_baseline(trained: dict[str, Path], method: str) -> None:
    adapter = _load(trained[method])
    encoded = adapter.encode(TEXTS[:3])
    batch = adapter.collate(encoded)
    x = adapter.embed(batch)
    assert x.shape[:2] == batch.ids.shape  # virtual tokens are no units
    start = adapter.baseline(encoded, batch, adapter.baseline_kind("auto"))
    total = torch.zeros(len(encoded))
    steps = 200
    for k in range(steps):
        leaf = (start + (k + 0.5) / steps * (x - start)).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(adapter.logits(batch, leaf)[:, 1].sum(), leaf)
        total += (gradient * (x - start)).sum((1, 2)) / steps
    with torch.no_grad():
        expected = (adapter.logits(batch) - adapter.logits(batch, start))[:, 1]
    torch.testing.assert_close(total, expected, rtol=0.02, atol=0.01)


@pytest.mark.parametrize("method", ["lora", "prompt"])
def test_an_audit_from_end_to_end(
    trained: dict[str, Path], method: str, model_case: Callable[..., Any], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    config = model_case(
        model={"path": str(trained[method]), "device": "cpu"},
        explanations={"sample": 6, "shown": 3, "sanity": 2},
        exchange={},
    )
    file = tmp_path / "audit.yaml"
    file.write_text(yaml.safe_dump(config))
    assert call(["validate", str(file), "--model"]) == ExitCode.PASSED
    out = capsys.readouterr().out
    assert "classes no, yes" in out
    assert "on the base model base" in out
    assert call(["run", str(file), "--quiet"]) == ExitCode.PASSED
    run = tmp_path / "run"
    facts = json.loads((run / "result.json").read_text())["model"]["peft"]
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["peft"] == {"adapter_sha256": facts["sha256"], "base_sha256": facts["base_sha256"]}
    report = (run / "report.html").read_text()
    assert facts["sha256"] in report and facts["base_sha256"] in report

    file.write_text(yaml.safe_dump(config | {"model": {"path": str(trained[method].parent / "base"), "device": "cpu"}}))
    assert call(["run", str(file), "--quiet", "--out", str(tmp_path / "plain")]) == ExitCode.PASSED
    capsys.readouterr()
    assert call(["compare", str(tmp_path / "plain"), str(run), "--format", "json"]) == ExitCode.PASSED
    assert json.loads(capsys.readouterr().out)["paired"]


def test_a_head_that_is_in_neither_is_refused(copy: Path) -> None:
    weights = load_file(copy / "adapter_model.safetensors")
    heads = {name: weight for name, weight in weights.items() if "classifier" in name}
    save_file(
        {name: weight for name, weight in weights.items() if name not in heads}, copy / "adapter_model.safetensors"
    )
    with pytest.raises(ModelError, match=r"lacks \d weights, which would be random: .*classifier"):
        _load(copy)
    bare = load_file(copy.parent / "base" / "model.safetensors")
    save_file(
        {name: weight for name, weight in bare.items() if "classifier" not in name},
        copy.parent / "base" / "model.safetensors", metadata={"format": "pt"},
    )  # fmt: skip
    with pytest.raises(ModelError, match=r"lacks \d weights, which would be random: .*classifier"):
        _load(copy)
    save_file(weights, copy / "adapter_model.safetensors")
    assert _load(copy).facts().classes == ["no", "yes"]  # a base model that was never fine-tuned, as most are
    save_file(
        {name: weight for name, weight in bare.items() if "classifier" not in name and "pooler" not in name},
        copy.parent / "base" / "model.safetensors", metadata={"format": "pt"},
    )  # fmt: skip
    with pytest.raises(ModelError, match=r"lacks 2 weights, which would be random: .*pooler"):
        _load(copy)


@pytest.mark.parametrize("name", ["base_model.model.bert.encoder.layer.7.attention.self.query.lora_A.weight", "x"])
def test_a_weight_that_has_no_place_is_refused(copy: Path, name: str) -> None:
    weights = load_file(copy / "adapter_model.safetensors")
    save_file(weights | {name: torch.zeros(4, 32)}, copy / "adapter_model.safetensors")
    with pytest.raises(ModelError, match=r"holds 1 weights that its base model has no place for"):
        _load(copy)


def test_weights_of_another_shape_or_no_numbers(copy: Path) -> None:
    weights = load_file(copy / "adapter_model.safetensors")
    name = next(name for name in weights if "lora_A" in name)
    save_file(weights | {name: torch.zeros(4, 31)}, copy / "adapter_model.safetensors")
    with pytest.raises(ModelError, match="size mismatch"):
        _load(copy)
    save_file(weights | {name: torch.full_like(weights[name], torch.nan)}, copy / "adapter_model.safetensors")
    with pytest.raises(ModelError, match="1 weights hold values that are not finite"):
        _load(copy)
    (copy / "adapter_model.safetensors").write_bytes(b"\x10" * 40)
    with pytest.raises(ModelError, match="damaged or cut short"):
        _load(copy)


def test_a_base_model_that_is_not_here(copy: Path, tmp_path: Path) -> None:
    moved = Path(shutil.move(tmp_path / "base", tmp_path / "elsewhere"))
    with pytest.raises(ModelError) as caught:
        _load(copy)
    assert str(copy / "base") in str(caught.value) and str(tmp_path / "base") in str(caught.value)
    assert "set model.base" in str(caught.value)
    assert _load(copy, base=moved).facts().peft.base == "elsewhere"
    _edit(copy / "adapter_config.json", base_model_name_or_path=str(moved))
    assert _load(copy).facts().peft.base == "elsewhere"
    for named in (None, "", 3, "\0"):
        _edit(copy / "adapter_config.json", base_model_name_or_path=named)
        with pytest.raises(ModelError, match="does not name the base model"):
            _load(copy)


def test_the_base_path_starts_at_the_folder_of_the_configuration(
    copy: Path, model_case: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "audit.yaml"
    _edit(copy / "adapter_config.json", base_model_name_or_path="org/never-here")
    file.write_text(yaml.safe_dump(model_case(model={"path": "lora", "base": "base", "device": "cpu"})))
    assert call(["validate", str(file)]) == ExitCode.PASSED


def test_a_base_model_that_is_an_adapter_and_a_base_of_no_adapter(copy: Path, trained: dict[str, Path]) -> None:
    with pytest.raises(ModelError, match="which is an adapter itself"):
        _load(copy, base=trained["ia3"])
    with pytest.raises(ConfigError, match="no adapter"):
        _load(copy.parent / "base", base=copy)


def test_another_base_model(copy: Path, checkpoints: dict[str, Path]) -> None:
    with pytest.raises(ModelError):
        _load(copy, base=checkpoints["llama"])


def test_pickles_and_code_are_refused(copy: Path) -> None:
    torch.save(load_file(copy / "adapter_model.safetensors"), copy / "adapter_model.bin")
    expected = _said(_load(copy), TEXTS)
    (copy / "adapter_model.safetensors").unlink()
    with pytest.raises(ModelError, match="only pickled weights"):
        _load(copy)
    loaded = _load(copy, allow_pickle=True)
    torch.testing.assert_close(_said(loaded, TEXTS), expected, rtol=0, atol=0)
    assert loaded.facts().peft.parameters is None
    _edit(copy / "adapter_config.json", megatron_config={"x": 1}, megatron_core="evil")
    with pytest.raises(ModelError, match=r"code of its own: 'adapter_config.json: megatron_config'"):
        _load(copy, allow_pickle=True)
    _edit(copy / "adapter_config.json", megatron_config=None)
    _edit(copy.parent / "base" / "config.json", auto_map={"AutoModel": "evil.Model"})
    with pytest.raises(ModelError, match=r"code of its own: 'config.json: auto_map'"):
        _load(copy, allow_pickle=True)


def test_other_kinds_of_adapter(copy: Path) -> None:
    for kind in ("XLORA", "POLY", None, ["LORA"]):
        _edit(copy / "adapter_config.json", peft_type=kind)
        with pytest.raises(ModelError, match="is an adapter of the kind"):
            _load(copy)
    _edit(copy / "adapter_config.json", peft_type="LORA", task_type="CAUSAL_LM")
    with pytest.raises(ConfigError, match="nothing says what it is asked"):
        _load(copy)


def test_a_head_of_other_classes_than_the_base_model_has(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    base, folder = move_in(checkpoints["bert"], tmp_path), tmp_path / "three"
    train(base, folder, "lora", classes=["a", "b", "c"])
    _edit(folder / "adapter_config.json", base_model_name_or_path="base")
    adapter = _load(folder)
    assert adapter.classes == classes_of(ModelConfig(path=folder)) == ["LABEL_0", "LABEL_1", "LABEL_2"]
    assert [note.code for note in adapter.notes] == ["classes_of_nobody"]
    expected = logits_of(base, folder, TEXTS, num_labels=3, ignore_mismatched_sizes=True)
    torch.testing.assert_close(_said(adapter, TEXTS), expected, rtol=1e-4, atol=1e-5)
    (folder / "config.json").write_text(json.dumps({"id2label": {"0": "red", "1": "green", "2": "blue"}}))
    named = _load(folder)
    assert named.classes == classes_of(ModelConfig(path=folder)) == ["red", "green", "blue"]
    assert named.notes == []
    (folder / "config.json").write_text(json.dumps({"id2label": {"0": "red", "1": "green"}}))
    with pytest.raises(ModelError, match="names 2 classes, and the adapter's head has 3"):
        _load(folder)


def test_names_of_the_base_model_are_said_to_be_its_own(copy: Path) -> None:
    assert [note.code for note in _load(copy).notes] == ["classes_of_base"]


@pytest.mark.parametrize("method", ["lora", "prefix"])
def test_decoders(checkpoints: dict[str, Path], tmp_path: Path, method: str) -> None:
    base = move_in(checkpoints["gpt2"], tmp_path)
    _edit(base / "config.json", pad_token_id=1)
    _edit(base / "tokenizer_config.json", pad_token="<pad>")
    folder = train(base, tmp_path / method, method)
    adapter = _load(folder, base=base)
    expected = logits_of(base, folder, TEXTS)
    torch.testing.assert_close(_said(adapter, TEXTS), expected, rtol=1e-4, atol=1e-4)
    assert adapter.unexplainable is None


def test_a_prompt_before_a_decoder_that_cannot_tell_padding(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    base = move_in(checkpoints["gpt2"], tmp_path)
    _edit(base / "config.json", pad_token_id=1)
    _edit(base / "tokenizer_config.json", pad_token="<pad>", padding_side="right")
    with pytest.raises(ModelError, match="depend on the texts that share a batch, or on padding"):
        _load(train(base, tmp_path / "prompt", "prompt"), base=base)


def test_the_hash_is_over_both(copy: Path) -> None:
    before = _load(copy).facts()
    (copy / "README.md").write_text("changed")
    other = _load(copy).facts()
    assert other.sha256 != before.sha256
    assert other.peft.base_sha256 == before.peft.base_sha256
    (copy.parent / "base" / "notes.txt").write_text("changed")
    assert _load(copy).facts().peft.base_sha256 != before.peft.base_sha256
    assert _load(copy).facts().sha256 not in {before.sha256, other.sha256}


def test_the_extra_is_named_where_peft_is_missing(copy: Path) -> None:
    code = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'peft' else find(name, *rest)\n"
        "from audit.config import ModelConfig; from audit.models.registry import load_adapter\n"
        f"from pathlib import Path; load_adapter(ModelConfig(path=Path({str(copy)!r})))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "needs the package peft" in done.stderr and "pip install 'fairaudit[peft]'" in done.stderr


def test_a_model_without_an_adapter_never_imports_peft(checkpoints: dict[str, Path]) -> None:
    code = (
        "import sys; from audit.config import ModelConfig; from audit.models.registry import load_adapter\n"
        f"from pathlib import Path; load_adapter(ModelConfig(path=Path({str(checkpoints['bert'])!r})))\n"
        "print('peft' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "False"
