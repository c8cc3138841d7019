"""A real decoder on HateCheck: scores are those of one prompt at a time, and explanations their own integral."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from audit.config import ModelConfig
from audit.data.examples import Fields
from audit.explain.integrate.path import PathIntegrator
from audit.models.described import classes_of, infer_task
from audit.models.engine import BatchRunner
from audit.models.registry import load_adapter
from tests.conftest import shared
from tests.models.decoders import one_by_one

ROWS = 120


@pytest.fixture(scope="module")
def path() -> Path:
    return shared("models", "llama-toxicity-prompted")


@pytest.fixture(scope="module")
def prompt(path: Path) -> dict[str, Any]:
    told = json.loads((path / "PROMPT.json").read_text())
    return {"template": told["template"], "labels": told["labels"], "begin": True}


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return list(pd.read_csv(shared("data", "hatecheck_test_suite_cases.csv"))["test_case"].iloc[: 30 * ROWS : 30])


def _load(path: Path, prompt: dict[str, Any], **keys: Any) -> Any:
    return load_adapter(ModelConfig.model_validate({"path": path, "device": "cpu", "prompt": prompt} | keys))


def _said(adapter: Any, texts: list[str]) -> np.ndarray:
    encoded = adapter.encode([Fields(("text",), (text,)) for text in texts])
    with torch.inference_mode():
        said = BatchRunner(1024).run(
            encoded, lambda item: item.cost, lambda part: list(adapter.logits(adapter.collate(part)).double().numpy())
        )
    return np.stack(said)


def _expected(path: Path, prompt: dict[str, Any], texts: list[str], model: Any = None) -> np.ndarray:
    forms = [form for given in prompt["labels"].values() for form in ([given] if isinstance(given, str) else given)]
    sizes = [1 if isinstance(given, str) else len(given) for given in prompt["labels"].values()]
    asked = [prompt["template"].replace("{text}", text) for text in texts]
    scores = one_by_one(path, asked, forms, model=model, begin=[1])
    return torch.stack([part.logsumexp(1) for part in scores.split(sizes, 1)], 1).numpy()


def _close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize(
    "labels",
    [None, {"acceptable": [" no", " not toxic"], "toxic": [" yes", " absolutely toxic"]}],
    ids=["one token", "several"],
)
def test_scores_on_hatecheck_are_those_of_one_prompt_at_a_time(
    path: Path, prompt: dict[str, Any], texts: list[str], labels: dict[str, list[str]] | None
) -> None:
    asked = prompt | ({"labels": labels} if labels else {})
    adapter = _load(path, asked)
    assert set(adapter.facts().prompt.tokens["toxic"]) == ({1, 4} if labels else {1})
    found = _said(adapter, texts)
    _close(found, _expected(path, asked, texts))
    if not labels:  # it was trained to answer with one of the two
        assert np.logaddexp.reduce(found, 1).min() > np.log(0.9)


def test_it_decides_as_well_as_its_makers_say(path: Path, prompt: dict[str, Any]) -> None:
    """METRICS.txt: .9495 on these 2,000 tweets, which were cut at 72 tokens there."""
    rows = pd.read_csv(shared("data", "davidson_tweets_test.csv")).iloc[:2000]
    found = _said(_load(path, prompt), rows["text"].tolist()).argmax(1)
    right = np.array(["acceptable", "toxic"])[found] == rows["label"].to_numpy()
    assert abs(right.mean() - 0.9495) < 0.002


def test_integrated_gradients_by_word_are_those_of_300_nodes(
    path: Path, prompt: dict[str, Any], texts: list[str]
) -> None:
    adapter = _load(path, prompt)
    examples = [Fields(("text",), (text,)) for text in texts[:24]]
    encoded = adapter.encode(examples)
    targets = _said(adapter, texts[:24]).argmax(1).tolist()
    kind = adapter.baseline_kind("auto")
    found, _ = PathIntegrator(adapter, baseline=kind, budget=1024).attribute(encoded, targets)
    assert np.mean([one.converged(0.05) for one in found]) > 0.9
    # Two hundred and more nodes would take long of all of them.
    for item, target, one in list(zip(encoded, targets, found, strict=True))[:6]:
        batch = adapter.collate([item] * 20)
        x, start = adapter.embed(batch).detach(), adapter.baseline([item] * 20, batch, kind).detach()
        total = torch.zeros(x.shape[1:])
        for nodes in torch.arange(300).view(15, 20):
            at = ((nodes + 0.5) / 300).view(-1, 1, 1)
            leaf = (start + at * (x - start)).requires_grad_()
            (gradient,) = torch.autograd.grad(adapter.logits(batch, leaf).softmax(1)[:, target].sum(), leaf)
            total += (gradient * (x - start)).sum(0) / 300
        exact, frame = item.by_unit(total.sum(-1).double().numpy())
        assert frame == 0
        assert np.abs(exact - one.values).sum() <= 0.05 * max(one.mass, abs(one.contrast))
        words = [examples[0].text[start:end] for start, end in encoded[0].places]
        assert words[0] == texts[0].split()[0][: len(words[0])]


@pytest.mark.filterwarnings("ignore::FutureWarning:transformers")  # of peft, about transformers
def test_a_lora_adapter_on_it_is_loaded_whole_and_scored_like_plain_peft(
    path: Path, prompt: dict[str, Any], texts: list[str], tmp_path: Path
) -> None:
    peft = pytest.importorskip("peft")
    base = Path(shutil.copytree(path, tmp_path / "base"))
    folder = lora(peft, base, tmp_path / "lora", prompt["template"], texts[:16])
    adapter, plain = _load(folder, prompt), _load(base, prompt)
    assert infer_task(ModelConfig(path=folder)) == "prompted-classification"
    assert classes_of(ModelConfig.model_validate({"path": folder, "prompt": prompt})) == ["acceptable", "toxic"]
    model = peft.PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), folder
    ).eval()  # fmt: skip
    found = _said(adapter, texts[:30])
    _close(found, _expected(base, prompt, texts[:30], model))
    assert np.abs(found - _said(plain, texts[:30])).max() > 0.05
    facts = adapter.facts()
    assert facts.architecture == "LlamaForCausalLM"
    assert (facts.peft.method, facts.peft.base_sha256) == ("LoRA", plain.facts().sha256)
    assert facts.sha256 not in {facts.peft.sha256, facts.peft.base_sha256}
    assert adapter.unexplainable is None


def lora(peft: Any, base: Path, folder: Path, template: str, texts: list[str]) -> Path:
    """Train an adapter for a few steps to say no to everything, and save it."""
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = peft.get_peft_model(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32),
        peft.LoraConfig(task_type="CAUSAL_LM", r=4, target_modules=["q_proj", "v_proj"]),
    ).train()
    optimiser = torch.optim.Adam([weight for weight in model.parameters() if weight.requires_grad], lr=0.01)
    (no,) = tokenizer(" no", add_special_tokens=False)["input_ids"]
    for text in texts:
        ids = torch.tensor([[1, *tokenizer(template.replace("{text}", text), add_special_tokens=False)["input_ids"]]])
        loss = -model(input_ids=ids).logits[0, -1].log_softmax(-1)[no]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.save_pretrained(folder)
    settings = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(settings | {"base_model_name_or_path": base.name}))
    return folder
