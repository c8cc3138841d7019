"""Decoders asked with a prompt: the score of a class is what the model thinks of its answers, and of nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers.processors import TemplateProcessing
from transformers import AutoModelForCausalLM, AutoTokenizer

from audit.config import ModelConfig
from audit.data.examples import Fields
from audit.errors import ConfigError, ModelError
from audit.models.registry import load_adapter
from audit.testing import check_adapter
from tests.conftest import make_texts
from tests.models.decoders import ANSWERS, PROMPT, TEMPLATE, one_by_one, save

TEXTS = [" ".join(text.split()[: 2 + i % 9]) for i, text in enumerate(make_texts(12, seed=5))]
LONGER = {"no": [" no", " good it"], "yes": [" yes", " bad it is"]}


@pytest.fixture(scope="module")
def decoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One decoder of each family, by its name."""
    return {name: save(tmp_path_factory.mktemp(name), name) for name in ("llama", "gpt2", "mistral")}


def _load(path: Path, prompt: dict[str, Any] = PROMPT, **keys: Any) -> Any:
    return load_adapter(ModelConfig.model_validate({"path": path, "device": "cpu", "prompt": prompt} | keys))


def _examples(texts: list[str] = TEXTS) -> list[Fields]:
    return [Fields(("text",), (text,)) for text in texts]


def _said(adapter: Any, examples: list[Fields] | None = None) -> torch.Tensor:
    with torch.inference_mode():
        return adapter.logits(adapter.collate(adapter.encode(examples or _examples()))).double()


def _by_class(scores: torch.Tensor, answers: dict[str, list[str]]) -> torch.Tensor:
    sizes = [len(forms) for forms in answers.values()]
    return torch.stack([part.logsumexp(1) for part in scores.split(sizes, 1)], 1)


def _forms(answers: dict[str, list[str]]) -> list[str]:
    return [form for forms in answers.values() for form in forms]


def _prompts(texts: list[str] = TEXTS) -> list[str]:
    return [TEMPLATE.replace("{text}", text) for text in texts]


def _close(found: torch.Tensor, expected: torch.Tensor) -> None:
    assert float((found - expected).abs().max()) <= 1e-5 * float(expected.abs().max())


@pytest.mark.parametrize("answers", [ANSWERS, LONGER], ids=["one token", "several"])
@pytest.mark.parametrize("family", ["llama", "gpt2", "mistral"])
def test_scores_are_those_of_one_text_at_a_time(
    decoders: dict[str, Path], family: str, answers: dict[str, list[str]]
) -> None:
    """A batch with padding on the left, and a prefix that is run once, against neither."""
    adapter = _load(decoders[family], {"template": TEMPLATE, "labels": answers})
    assert len({item.length for item in adapter.encode(_examples())}) > 4
    expected = _by_class(one_by_one(decoders[family], _prompts(), _forms(answers)), answers)
    _close(_said(adapter), expected)
    assert adapter.unexplainable is None
    assert adapter.classes == ["no", "yes"]


@pytest.mark.parametrize("answers", [ANSWERS, LONGER], ids=["one token", "several"])
@pytest.mark.parametrize("family", ["llama", "gpt2", "mistral"])
def test_promises_of_an_adapter_are_kept(decoders: dict[str, Path], family: str, answers: dict[str, list[str]]) -> None:
    adapter = _load(decoders[family], {"template": TEMPLATE, "labels": answers})
    assert len(check_adapter(adapter, _examples()[:5])) == 14


def test_per_token_and_calibration_change_the_choice_and_not_the_mass(decoders: dict[str, Path]) -> None:
    path = decoders["llama"]
    scores = one_by_one(path, _prompts(), _forms(LONGER))
    mass = scores.logsumexp(1, keepdim=True)
    tokens = _load(path, {"template": TEMPLATE, "labels": LONGER}).facts().prompt.tokens
    sizes = torch.tensor([*tokens["no"], *tokens["yes"]], dtype=torch.float64)
    assert (sizes > 1).sum() == 2
    per_token = _by_class(scores / sizes, LONGER)
    given = {"template": TEMPLATE, "labels": LONGER}
    _close(_said(_load(path, given | {"per_token": True})), per_token.log_softmax(1) + mass)

    nothing = _by_class(one_by_one(path, _prompts(["N/A", "[MASK]", ""]), _forms(LONGER)), LONGER)
    bias = nothing.mean(0)
    adapter = _load(path, given | {"calibrate": True})
    _close(_said(adapter), (_by_class(scores, LONGER) - bias).log_softmax(1) + mass)
    assert list(adapter.facts().prompt.calibration.values()) == pytest.approx(bias.tolist(), rel=1e-5)
    own = one_by_one(path, _prompts(["it"]), _forms(LONGER))
    found = _said(_load(path, given | {"calibrate": ["it"]}))
    _close(found, (_by_class(scores, LONGER) - _by_class(own, LONGER)).log_softmax(1) + mass)


def test_a_beginning_is_what_the_tokenizer_puts_there_unless_told(tmp_path: Path, decoders: dict[str, Path]) -> None:
    path = decoders["llama"]
    with_begin = _by_class(one_by_one(path, _prompts(), _forms(ANSWERS), begin=[1]), ANSWERS)
    _close(_said(_load(path, PROMPT | {"begin": True})), with_begin)
    no_begin = _said(_load(path, PROMPT | {"begin": False}))
    assert torch.equal(no_begin, _said(_load(path)))
    assert not torch.allclose(no_begin, with_begin, atol=0.05)
    copied = save(tmp_path / "adds")
    tokenizer = AutoTokenizer.from_pretrained(copied)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A $B </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    tokenizer.save_pretrained(copied)
    assert AutoTokenizer.from_pretrained(copied)("it")["input_ids"][0] == 1
    # What a tokenizer puts behind a text would end it before it is answered.
    _close(_said(_load(copied)), with_begin)


def test_what_the_model_writes_by_itself_is_what_it_writes_one_token_after_the_other(
    decoders: dict[str, Path],
) -> None:
    path = decoders["llama"]
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
    expected = []
    for prompt in _prompts():
        ids = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)["input_ids"]
        for _ in range(2):
            with torch.no_grad():
                ids = torch.cat([ids, model(ids).logits[:, -1:].argmax(-1)], 1)
        expected.append(tuple(ids[0, -2:].tolist()))
    assert len(set(expected)) > 1
    adapter = _load(path)
    adapter._answers = replace(adapter._answers, ids=(expected[0], (5, 6)))
    found = adapter.answers_freely(adapter.collate(adapter.encode(_examples())))
    assert found.tolist() == [ids == expected[0] for ids in expected]


def test_words_of_fields_are_units_and_the_template_is_frame(decoders: dict[str, Path]) -> None:
    adapter = _load(
        decoders["llama"], {"template": "{who} {who} wrote: {text}\nAnswer:", "labels": ANSWERS, "begin": True}
    )
    example = Fields(("text", "who"), ("good word1 bad", "he she"))
    (item,) = adapter.encode([example])
    words = [example.text[start:end].strip() for start, end in item.places]
    assert words == ["good", "word", "1", "bad", "he", "she"]
    tokens = adapter._tokenizer.convert_ids_to_tokens(item.inputs["ids"])
    frame = "".join(t for t, unit in zip(tokens, item.units, strict=True) if unit < 0)
    assert frame.replace("Ġ", " ") == "<s> wrote:ĊAnswer:"
    # Asked for twice, a word is one unit.
    counts = np.bincount(item.units[item.units >= 0])
    assert counts[4] > 1 and counts[5] > 1


def test_integrated_gradients_add_up_to_the_difference_from_the_baseline(decoders: dict[str, Path]) -> None:
    adapter = _load(decoders["llama"], {"template": TEMPLATE, "labels": LONGER})
    encoded = adapter.encode(_examples()[:3])
    batch = adapter.collate(encoded)
    x = adapter.embed(batch)
    start = adapter.baseline(encoded, batch, adapter.baseline_kind("auto"))
    total, steps = torch.zeros(len(encoded)), 60
    for k in range(steps):
        leaf = (start + (k + 0.5) / steps * (x - start)).detach().requires_grad_()
        said = adapter.logits(batch, leaf)
        (gradient,) = torch.autograd.grad((said[:, 1] - said[:, 0]).sum(), leaf)
        total += adapter.by_element(gradient * (x - start), batch).sum(1) / steps
    with torch.no_grad():
        both = [adapter.logits(batch, at) for at in (x, start)]
    difference = (both[0] - both[1])[:, 1] - (both[0] - both[1])[:, 0]
    torch.testing.assert_close(total, difference, rtol=0.02, atol=0.02)


def test_a_decoder_without_a_prompt_and_a_prompt_without_a_decoder_are_refused(
    decoders: dict[str, Path], checkpoints: dict[str, Path]
) -> None:
    with pytest.raises(ConfigError, match="nothing says what it is asked"):
        load_adapter(ModelConfig(path=decoders["gpt2"], device="cpu"))
    with pytest.raises(ConfigError, match="it has a head of its own, and reads no prompt"):
        _load(checkpoints["llama"])


def test_a_template_that_leaves_no_room_is_refused(decoders: dict[str, Path]) -> None:
    with pytest.raises(ConfigError, match=r"the template alone has \d\d tokens, and the model takes 8 beside"):
        _load(decoders["llama"], max_length=8)


def test_rounding_leaves_a_table_that_is_also_the_last_layer(decoders: dict[str, Path]) -> None:
    adapter, original = _load(decoders["llama"], quantize="int8"), _load(decoders["llama"])
    table = adapter._model.get_input_embeddings().weight
    assert torch.equal(table, original._model.get_input_embeddings().weight)
    assert float((_said(adapter) - _said(original)).abs().max()) > 0
    with pytest.raises(ModelError, match="no linear layers"):
        _load(decoders["gpt2"], quantize="int8")


@pytest.mark.parametrize("template", [TEMPLATE, "{{text}} {text} Answer:", "{{ {text} }} a {{b}} Answer:"])
def test_the_result_tells_the_template_as_it_was_written(decoders: dict[str, Path], template: str) -> None:
    told = _load(decoders["llama"], {"template": template, "labels": PROMPT["labels"]}).facts().prompt
    assert told.template == template
    assert told.fields == ["text"]
