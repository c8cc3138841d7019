from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from audit.config import ModelConfig
from audit.data.examples import joined
from audit.errors import ConfigError, ModelError
from audit.models.registry import load_adapter
from audit.models.text_classification import TextClassification
from tests.conftest import make_texts
from tests.exact import Plain, assert_as_exact

FAMILIES = ["bert", "roberta", "distilbert", "deberta", "llama", "gpt2"]


@pytest.fixture(params=FAMILIES)
def loaded(request: pytest.FixtureRequest, checkpoints: dict[str, Path]) -> tuple[TextClassification, Path]:
    path = checkpoints[request.param]
    return TextClassification.load(ModelConfig(path=path, device="cpu")), path


def test_logits_equal_plain_transformers_padded_and_unpadded(loaded: tuple[TextClassification, Path]) -> None:
    adapter, path = loaded
    texts = make_texts(12)
    plain, exact = Plain(path).logits(texts)
    encoded = adapter.encode(texts)
    with torch.inference_mode():
        assert_as_exact(adapter.logits(adapter.collate(encoded)), plain, exact)
        assert_as_exact(torch.cat([adapter.logits(adapter.collate([item])) for item in encoded]), plain, exact)


def test_logits_through_the_hook_equal_the_model(loaded: tuple[TextClassification, Path]) -> None:
    adapter, path = loaded
    texts = make_texts(6)
    batch = adapter.collate(adapter.encode(texts))
    with torch.no_grad():
        assert_as_exact(adapter.logits(batch, adapter.embed(batch)), *Plain(path).logits(texts))


def test_baseline_replaces_content_and_keeps_specials_and_padding(loaded: tuple[TextClassification, Path]) -> None:
    adapter, path = loaded
    tokenizer = AutoTokenizer.from_pretrained(path)
    encoded = adapter.encode(["good bad", "he"])
    batch = adapter.collate(encoded)
    kinds = {"mask": tokenizer.mask_token_id, "pad": tokenizer.pad_token_id, "eos": tokenizer.eos_token_id}
    for kind, token in kinds.items():
        if token is None:
            with pytest.raises(ModelError, match=f"no {kind} token"):
                adapter.baseline_kind(kind)
            continue
        baseline = adapter.baseline(encoded, batch, kind)
        expected = torch.where(torch.from_numpy(_kept(encoded, batch.ids.shape[1])), batch.ids, token)
        torch.testing.assert_close(baseline, adapter._embedding(expected))
    zero = adapter.baseline(encoded, batch, "zero")
    for at, special in enumerate(encoded[0].frame):
        expected = adapter.embed(batch)[0, at] * bool(special)
        torch.testing.assert_close(zero[0, at], expected)


def _kept(encoded: list, width: int) -> np.ndarray:
    kept = np.ones((len(encoded), width), bool)
    for row, item in enumerate(encoded):
        kept[row, : item.length] = item.frame
    return kept


def test_pairs_are_read_as_pairs(loaded: tuple[TextClassification, Path]) -> None:
    adapter, path = loaded
    pairs = [("good bad", "he she word1"), ("word2", "word3 good"), ("bad", "")]
    encoded = adapter.encode(pairs)
    with torch.inference_mode():
        found = adapter.logits(adapter.collate(encoded))
    assert_as_exact(found, *Plain(path).logits([first for first, _ in pairs], [second for _, second in pairs]))
    shown = joined(pairs[0])
    words = [shown[start:end].strip() for start, end in encoded[0].places]
    assert words[:4] == ["good", "bad", "he", "she"]
    # Byte-level tokenizers cut numbers off.
    assert "".join(words[4:]) == "word1"
    assert (np.diff(encoded[0].units[~encoded[0].frame]) >= 0).all()


@pytest.mark.parametrize("family", ["llama", "gpt2", "distilbert"])
@pytest.mark.parametrize("null", ["pad", "eos", "mask"])
def test_a_baseline_is_no_null_vector(family: str, null: str, checkpoints: dict[str, Path], tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    path = Path(shutil.copytree(checkpoints[family], tmp_path / "copy"))
    tokenizer = AutoTokenizer.from_pretrained(path)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = "<pad>"
        tokenizer.save_pretrained(path)
    token = {"pad": tokenizer.pad_token_id, "eos": tokenizer.eos_token_id, "mask": tokenizer.mask_token_id}[null]
    plain = load(path).baseline_kind("auto")
    model = AutoModelForSequenceClassification.from_pretrained(path)
    if token is not None:
        with torch.no_grad():
            model.get_input_embeddings().weight[token] *= 1e-3
    model.save_pretrained(path)
    adapter = load(path)
    assert adapter.baseline_kind("auto") != null
    assert adapter.other_baseline(adapter.baseline_kind("auto")) != null
    if plain != null:
        assert adapter.baseline_kind("auto") == plain
    assert adapter.randomised(0).other_baseline("zero") == adapter.other_baseline("zero")


def tokenizer_has_specials(adapter: TextClassification) -> bool:
    """Decoders add no special tokens."""
    return bool(adapter._tokenizer.num_special_tokens_to_add())


def test_spans_point_into_the_text(loaded: tuple[TextClassification, Path]) -> None:
    adapter, _ = loaded
    text = "  Good, 好的 bad 🙂"
    (item,) = adapter.encode([text])
    assert all(0 <= start <= end <= len(text) for start, end in item.places)
    assert next(filter(None, (text[start:end].strip() for start, end in item.places))) == "Good"
    if tokenizer_has_specials(adapter):
        assert item.frame[0]
        assert item.frame[-1]


def test_truncation_is_noticed(loaded: tuple[TextClassification, Path]) -> None:
    adapter, _ = loaded
    short, long = adapter.encode(["good", "good " * 100])
    assert (short.truncated, long.truncated) == (False, True)
    assert long.length == adapter.facts().max_length == 40


def test_nothing_of_model_or_tokenizer_is_changed(loaded: tuple[TextClassification, Path]) -> None:
    adapter, path = loaded

    def fingerprint() -> str:
        state = adapter._model.state_dict()
        digest = hashlib.sha256()
        for name in sorted(state):
            digest.update(state[name].numpy().tobytes())
        return digest.hexdigest() + json.dumps(adapter._tokenizer.get_vocab(), sort_keys=True)

    before, files = fingerprint(), sorted((p.name, p.stat().st_mtime_ns) for p in path.iterdir())
    encoded = adapter.encode(make_texts(3))
    batch = adapter.collate(encoded)
    with torch.no_grad():
        adapter.logits(batch, adapter.baseline(encoded, batch, adapter.baseline_kind("auto")))
    assert fingerprint() == before
    assert sorted((p.name, p.stat().st_mtime_ns) for p in path.iterdir()) == files
    assert not adapter._embedding._forward_hooks
    assert not any(parameter.requires_grad for parameter in adapter._model.parameters())


def test_a_half_precision_checkpoint_is_computed_in_float32(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    AutoModelForSequenceClassification.from_pretrained(checkpoints["bert"]).half().save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(checkpoints["bert"]).save_pretrained(tmp_path)
    assert "float16" in (tmp_path / "config.json").read_text()
    adapter = TextClassification.load(ModelConfig(path=tmp_path, device="cpu"))
    assert {parameter.dtype for parameter in adapter._model.parameters()} == {torch.float32}
    assert (adapter.facts().stored_dtype, adapter.facts().dtype) == ("float16", "float32")


@pytest.fixture
def copy(checkpoints: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoints["bert"], tmp_path / "copy"))


def edit(path: Path, **changes: object) -> None:
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | changes))


def load(path: Path, **keys: object) -> TextClassification:
    return load_adapter(ModelConfig(path=path, device="cpu", **keys))


def test_pickled_weights_are_refused_unless_allowed(copy: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(copy)
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="holds no"):
        load(copy)
    torch.save(model.state_dict(), copy / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"pickle can run any code.*\n.*allow_pickle"):
        load(copy)
    assert load(copy, allow_pickle=True).classes == ["no", "yes"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"architectures": ["BertModel"]}, "cannot tell the task"),
        ({"problem_type": "regression"}, "it predicts numbers"),
        ({"id2label": {"0": "only"}, "label2id": {"only": 0}}, "other shapes"),
        ({"id2label": {"0": "same", "1": "same"}}, "share a name"),
    ],
)
def test_checkpoints_that_are_no_classifier(copy: Path, changes: dict[str, object], problem: str) -> None:
    edit(copy, **changes)
    with pytest.raises(ModelError, match=problem):
        load(copy)


def test_a_base_model_has_no_classifier_head(copy: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(copy)
    model.bert.save_pretrained(copy)
    edit(copy, architectures=["BertForSequenceClassification"])
    with pytest.raises(ModelError, match=r"lacks 2 weights, which would be random"):
        load(copy)


def test_what_is_not_there_is_said(tmp_path: Path, copy: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        load(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"no config.json"):
        load(tmp_path / "empty")
    with pytest.raises(ConfigError, match=r"no adapter for task 'vision'"):
        load(copy, task="vision")
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="not available"):
            load_adapter(ModelConfig(path=copy, device="cuda"))


@pytest.mark.gpu
def test_gpu_equals_cpu(checkpoints: dict[str, Path]) -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    texts = make_texts(20)
    results = []
    for device in ("cpu", "cuda"):
        adapter = TextClassification.load(ModelConfig(path=checkpoints["bert"], device=device))
        with torch.inference_mode():
            results.append(adapter.logits(adapter.collate(adapter.encode(texts))).cpu())
    assert (results[0] - results[1]).abs().max() <= 1e-4 * results[0].abs().max()
