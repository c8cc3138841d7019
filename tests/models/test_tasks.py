"""Which task a folder is for: a checkpoint of another one is refused, and adapters and rounded copies keep theirs."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoTokenizer

from audit.config import ModelConfig
from audit.data.examples import Asked
from audit.errors import ConfigError, ModelError
from audit.models.described import classes_of, infer_task
from audit.models.registry import load_adapter
from audit.testing import check_adapter
from tests.models.taggers import LABELS, TAGS, labeller, sentences, tagger

EXAMPLES = sentences(4, most=9)
KINDS = {
    "token-classification": (tagger, AutoModelForTokenClassification, "TOKEN_CLS", TAGS, ["O", "person", "place"]),
    "multi-label-classification": (
        labeller, AutoModelForSequenceClassification, "SEQ_CLS", LABELS, ["(none)", *LABELS],
    ),
}  # fmt: skip


def load(path: Path, **keys: Any) -> Any:
    return load_adapter(ModelConfig(path=path, device="cpu", **keys))


def edit(path: Path, name: str = "config.json", **changes: object) -> None:
    config = json.loads((path / name).read_text()) if (path / name).exists() else {}
    (path / name).write_text(json.dumps(config | changes))


def put_on(base: Path, folder: Path, task: str, method: str = "lora") -> tuple[Path, Any]:
    """Save an adapter with random weights; return the folder and the model of plain peft."""
    peft = pytest.importorskip("peft")
    _, auto, kind, _, _ = KINDS[task]
    settings = {
        "lora": lambda: peft.LoraConfig(task_type=kind, r=4, init_lora_weights=False),
        "prompt": lambda: peft.PromptTuningConfig(task_type=kind, num_virtual_tokens=4),
        "prefix": lambda: peft.PrefixTuningConfig(task_type=kind, num_virtual_tokens=4),
    }[method]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of peft, about transformers
        torch.manual_seed(1)
        model = peft.get_peft_model(auto.from_pretrained(base), settings).eval()
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if "prompt_encoder" in name:
                    weight.normal_(std=0.4)
        model.save_pretrained(folder)
    edit(folder, "adapter_config.json", base_model_name_or_path="base")
    return folder, model


@pytest.mark.parametrize("task", KINDS)
@pytest.mark.parametrize("method", ["lora", "prefix", "prompt"])
def test_adapters_decide_as_plain_peft_does(
    task: str, method: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    make, _, _, _, classes = KINDS[task]
    base = make(checkpoints["bert"], tmp_path / "base")
    folder, model = put_on(base, tmp_path / "adapter", task, method)
    config = ModelConfig(path=folder, device="cpu")
    assert (infer_task(config), classes_of(config)) == (task, classes)
    adapter = load_adapter(config)
    assert (adapter.classes, adapter.unexplainable) == (classes, None)
    check_adapter(adapter, EXAMPLES)
    tokenizer = AutoTokenizer.from_pretrained(base)
    for text in EXAMPLES:
        (window,) = adapter.windows([text])[0]
        with torch.inference_mode():
            (said,) = adapter.outputs(adapter.collate([window]))
            encoded = tokenizer(text.words, is_split_into_words=True, return_tensors="pt")
            plain = model(**encoded).logits[0]
        if task == "token-classification":
            words = encoded.word_ids()
            plain = plain[len(plain) - len(words) :][[words.index(word) for word in range(len(text))]]
        np.testing.assert_allclose(said, plain, rtol=1e-4, atol=1e-5 * float(plain.abs().max()))


@pytest.mark.parametrize("task", KINDS)
def test_a_head_that_is_in_neither_adapter_nor_base_is_refused(
    task: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    base = KINDS[task][0](checkpoints["bert"], tmp_path / "base")
    folder, _ = put_on(base, tmp_path / "adapter", task)
    for file in (base / "model.safetensors", folder / "adapter_model.safetensors"):
        weights = load_file(file)
        kept = {name: weight for name, weight in weights.items() if "classifier" not in name}
        assert len(kept) < len(weights)
        save_file(kept, file, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lacks \d weights, which would be random: .*classifier"):
        load(folder)


def test_the_labels_of_an_adapter_are_those_of_its_own_description(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    task = "multi-label-classification"
    base = labeller(checkpoints["bert"], tmp_path / "base")
    folder, _ = put_on(base, tmp_path / "adapter", task)
    edit(base, problem_type=None, id2label={str(i): f"LABEL_{i}" for i in range(3)})
    assert infer_task(ModelConfig(path=folder)) == "text-classification"
    names = {"id2label": dict(enumerate(LABELS)), "problem_type": "multi_label_classification"}
    edit(folder, **names)
    assert infer_task(ModelConfig(path=folder)) == task
    assert load(folder).classes == ["(none)", *LABELS]


@pytest.mark.parametrize("task", KINDS)
def test_rounded_copies_keep_every_promise(task: str, checkpoints: dict[str, Path], tmp_path: Path) -> None:
    path = KINDS[task][0](checkpoints["bert"], tmp_path)
    adapter, plain = load(path, quantize="int8"), load(path)
    assert adapter.facts().quantised.layers > 4
    check_adapter(adapter, EXAMPLES)
    ((window,),) = plain.windows(EXAMPLES[:1])
    with torch.inference_mode():
        (one,), (other,) = (model.outputs(model.collate([window])) for model in (adapter, plain))
    assert 0 < np.abs(one - other).max() < 0.2 * np.abs(other).max()


@pytest.mark.parametrize(
    ("make", "task", "changes", "problem"),
    [
        (tagger, "text-classification", {}, "is a 'BertForTokenClassification', which is not for text-classification"),
        (tagger, "multi-label-classification", {}, "which is not for multi-label-classification"),
        (labeller, "token-classification", {}, "is a 'BertForSequenceClassification', which is not for token"),
        (labeller, "text-classification", {}, "problem_type is 'multi_label_classification', which is not text-class"),
        (labeller, None, {"problem_type": "regression"}, "it predicts numbers"),
        (tagger, None, {"problem_type": "regression"}, "it predicts numbers"),
        (
            labeller, "multi-label-classification", {"problem_type": "single_label_classification"},
            "problem_type is 'single_label_classification', which is not multi-label",
        ),
        (tagger, None, {"architectures": "BertForTokenClassification"}, "is not a list of names"),
    ],
)  # fmt: skip
def test_a_checkpoint_of_another_task_is_refused(
    make: Any, task: str | None, changes: dict[str, Any], problem: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    path = make(checkpoints["bert"], tmp_path)
    edit(path, **changes)
    with pytest.raises(ModelError, match=problem):
        load(path, task=task)


def test_the_task_may_be_said_where_the_checkpoint_says_nothing(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    path = labeller(checkpoints["bert"], tmp_path)
    edit(path, problem_type=None)
    assert load(path).classes == LABELS
    assert load(path, task="multi-label-classification").classes == ["(none)", *LABELS]
    with pytest.raises(ConfigError, match="no adapter for task 'sorting'"):
        load(path, task="sorting")


@pytest.mark.parametrize("make", [tagger, labeller])
def test_decisions_that_depend_on_company_are_refused(
    make: Any, checkpoints: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.models.bert.modeling_bert import BertEmbeddings

    path = make(checkpoints["bert"], tmp_path)
    forward = BertEmbeddings.forward

    def mixed(self: Any, *args: Any, **named: Any) -> torch.Tensor:
        found = forward(self, *args, **named)
        return found + found.mean((0, 1), keepdim=True)

    monkeypatch.setattr(BertEmbeddings, "forward", mixed)
    with pytest.raises(ModelError, match="depend on the texts that share a batch, or on padding"):
        load(path)


def test_a_label_that_nobody_knows_is_no_decision(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    adapter = load(labeller(checkpoints["bert"], tmp_path))
    with pytest.raises(ValueError, match="is not in list"):
        adapter.encode([Asked("good", output="polite")])
