"""What libraries raise over a checkpoint becomes one error that names the weight, key or package."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.registry import load_adapter
from tests.models.test_safety import edit


@pytest.fixture
def copy(checkpoints: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoints["bert"], tmp_path / "copy"))


def load(path: Path) -> object:
    return load_adapter(ModelConfig(path=path, device="cpu"))


def reweigh(path: Path, drop: str = "", **more: torch.Tensor) -> None:
    weights = load_file(path / "model.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if name != drop}
    added = {name.replace("__", "."): tensor for name, tensor in more.items()}
    save_file(kept | added, path / "model.safetensors", metadata={"format": "pt"})


def test_a_weight_of_another_shape_is_named(copy: Path) -> None:
    reweigh(copy, classifier__weight=torch.zeros(3, 32))
    with pytest.raises(ModelError, match=r"classifier.weight is \(3, 32\), not \(2, 32\)"):
        load(copy)


def test_a_missing_weight_is_named(copy: Path) -> None:
    reweigh(copy, drop="bert.encoder.layer.1.output.dense.bias")
    with pytest.raises(ModelError, match=r"lacks 1 weights.*'bert.encoder.layer.1.output.dense.bias'"):
        load(copy)


def test_a_weight_of_another_model_is_named(copy: Path) -> None:
    reweigh(copy, **{"bert__encoder__layer__0__attention__self__query__lora_A__weight": torch.zeros(4, 32)})
    with pytest.raises(ModelError, match=r"holds 1 weights that BertForSequenceClassification does not have.*lora_A"):
        load(copy)


def test_what_the_family_keeps_and_classifiers_leave_out_is_noted(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    path = Path(shutil.copytree(checkpoints["roberta"], tmp_path / "copy"))
    reweigh(
        path,
        roberta__pooler__dense__weight=torch.zeros(32, 32),
        roberta__embeddings__position_ids=torch.arange(42).unsqueeze(0),
    )
    assert [(note.code, note.params) for note in load(path).notes] == [
        ("weights_left_out", {"n": 1, "names": ["roberta.pooler.dense.weight"]})
    ]


def test_what_older_versions_stored_though_it_is_computed(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    path = Path(shutil.copytree(checkpoints["llama"], tmp_path / "copy"))
    reweigh(path, model__layers__0__self_attn__rotary_emb__inv_freq=torch.ones(8))
    assert load(path).notes == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_weight_that_is_no_number_is_named(copy: Path, value: float) -> None:
    table = load_file(copy / "model.safetensors")["bert.embeddings.word_embeddings.weight"]
    table[9, 3] = value
    reweigh(copy, bert__embeddings__word_embeddings__weight=table)
    with pytest.raises(ModelError, match=r"not finite: 'bert.embeddings.word_embeddings.weight'"):
        load(copy)


def test_a_tokenizer_without_its_package_names_the_package(copy: Path) -> None:
    (copy / "tokenizer.json").unlink()
    (copy / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"]))
    edit(copy, "tokenizer_config.json", tokenizer_class="BertJapaneseTokenizer", word_tokenizer_type="mecab")
    with pytest.raises(ModelError, match=r"loading the tokenizer failed.*fugashi"):
        load(copy)


def test_quantisation_without_its_package_names_the_package(copy: Path) -> None:
    edit(copy, "config.json", quantization_config={"quant_method": "hqq"})
    with pytest.raises(ModelError, match=r"packed by hqq, which needs hqq, not installed"):
        load(copy)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "tokenizer.json"])
@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"a": NaN', "\xff", "[" * 50_000])
def test_a_description_that_is_none(copy: Path, name: str, text: str) -> None:
    (copy / name).write_text(text, encoding="latin-1")
    with pytest.raises(ModelError) as raised:
        load(copy)
    assert str(copy) in str(raised.value)
    assert len(str(raised.value)) < 1200


KEYS = [
    "architectures", "hidden_size", "num_attention_heads", "num_hidden_layers", "vocab_size", "id2label", "label2id",
    "max_position_embeddings", "hidden_act", "model_type", "layer_norm_eps", "pad_token_id", "problem_type",
    "transformers_weights", "quantization_config", "type_vocab_size", "_commit_hash", "num_labels", "dtype",
    "position_embedding_type", "is_decoder", "chunk_size_feed_forward", "classifier_dropout",
]  # fmt: skip
VALUES = [None, True, -1, 0, 7, 1.5, "x", [], ["x"], {}, {"x": 1}, {"0": "a"}, {"0": "a", "2": "b"}]


@given(st.sampled_from(KEYS), st.sampled_from(VALUES))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_key_of_another_type_is_an_error_or_harmless(copy: Path, key: str, value: object) -> None:
    whole = (copy / "config.json").read_text()
    try:
        edit(copy, "config.json", **{key: value})
        load(copy)
    except ModelError as error:
        assert str(copy) in str(error)
    finally:
        (copy / "config.json").write_text(whole)


def test_libraries_messages_are_cut(copy: Path) -> None:
    edit(copy, "config.json", hidden_act="x" * 100_000)
    with pytest.raises(ModelError) as raised:
        load(copy)
    assert len(str(raised.value)) < 1200
    assert "\n\n" not in str(raised.value)


def test_json_with_a_mark_is_read(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert load(copy).classes == ["no", "yes"]
