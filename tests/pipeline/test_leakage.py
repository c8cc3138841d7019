"""A decoder that was trained here: what was planted is found, in the group where it was, and what was not is not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from audit.config import parse_config
from audit.errors import AuditError, ConfigError
from audit.models.registry import load_adapter
from audit.pipeline.run import run
from audit.result import AuditResult, Leakage
from tests.pipeline.leaking import FORMAT, OTHER, PLANTED, write


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("leaking")
    return folder, write(folder)


@pytest.fixture(scope="module")
def result(trained: tuple[Path, dict[str, Any]]) -> AuditResult:
    folder, raw = trained
    return run(parse_config(raw, base=folder))


@pytest.fixture(scope="module")
def leakage(result: AuditResult) -> Leakage:
    assert result.leakage is not None
    return result.leakage


def test_the_planted_secret_is_exposed_and_the_other_is_at_chance(leakage: Leakage) -> None:
    planted, never = leakage.canaries
    assert (planted.name, planted.planted, never.planted) == ("planted", True, False)
    assert planted.bits == pytest.approx(np.log2(10_000))
    assert planted.ahead == 0
    assert planted.holm_p < 0.05
    assert never.p_value > 0.05
    assert planted.lower > never.upper


def test_texts_that_were_learned_are_given_back_and_no_others(leakage: Leakage) -> None:
    rates = {(rate.side, *rate.group): rate for rate in leakage.rates}
    assert rates["members", "b"].extracted >= 15
    assert rates["members", "a"].extracted == rates["held_out",].extracted == 0
    against = leakage.pairs[0]
    assert (against.low_group, against.high_group) == (["held_out"], ["members"])
    assert against.holm_p < 0.05
    of_groups = leakage.pairs[1]
    assert (of_groups.low_group, of_groups.high_group, of_groups.holm_p < 0.05) == (["a"], ["b"], True)


def test_it_is_what_plain_transformers_says(trained: tuple[Path, dict[str, Any]], leakage: Leakage) -> None:
    """Likelihoods text by text, without padding; continuations by `generate`."""
    folder, raw = trained
    model = AutoModelForCausalLM.from_pretrained(folder / "model").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    adapter = load_adapter(parse_config(raw, base=folder).model)  # type: ignore[arg-type]
    mine = adapter.language_model()  # type: ignore[attr-defined]
    texts = [FORMAT.replace("{secret}", secret) for secret in (PLANTED, OTHER, "0")]
    expected = []
    for text in texts:
        ids = torch.tensor([[1, *tokenizer(text, add_special_tokens=False)["input_ids"]]])
        with torch.inference_mode():
            said = torch.log_softmax(model(ids).logits[0, :-1].double(), -1)
        expected.append(said.gather(-1, ids[0, 1:, None]).sum().item())
    assert mine.log_likelihoods(mine.tokens(texts)) == pytest.approx(expected, rel=1e-4)
    members = pd.read_csv(folder / "members.csv")
    same = 0
    for text in members["text"]:
        ids = [1, *tokenizer(text, add_special_tokens=False)["input_ids"]]
        with torch.inference_mode():
            out = model.generate(torch.tensor([ids[:9]]), max_new_tokens=8, min_new_tokens=8, do_sample=False)
        same += out[0, 9:].tolist() == ids[9:17]
    assert same == next(rate.extracted for rate in leakage.rates if rate.side == "members" and not rate.group)


def test_neither_secret_nor_text_is_in_any_output(trained: tuple[Path, dict[str, Any]], result: AuditResult) -> None:
    folder, _ = trained
    said = [*pd.read_csv(folder / "members.csv")["text"], FORMAT.replace("{secret}", PLANTED)]
    assert result.work["leakage_batches"] > 0
    for path in (folder / "run").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(text.encode() in content for text in said), path
            if path.suffix in {".html", ".md", ".csv"}:
                assert f"code {PLANTED}".encode() not in content


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"canaries": None, "members": None, "held_out": None}, "name `canaries`, or `members`"),
        ({"members": None}, "goes with `members`"),
        ({"prefix": 150, "continuation": 60}, "prefix and continuation have 210 together"),
        ({"column": "words"}, "words"),
        ({"canaries": "nothing.yaml"}, "nothing.yaml"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    trained: tuple[Path, dict[str, Any]], change: dict[str, Any], says: str
) -> None:
    folder, raw = trained
    leakage = {**raw["probes"]["leakage"], **change}
    with pytest.raises(AuditError, match=says):
        run(parse_config(raw | {"probes": {"leakage": leakage}, "output": {"folder": "other"}}, base=folder))
    shutil.rmtree(folder / "other", ignore_errors=True)


def test_a_model_that_writes_nothing_has_nothing_to_leak(
    model_case: Any, trained: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.pipeline.run.write_documents", lambda told: None)
    raw = model_case("bert", rows=24)
    raw |= {"probes": {"leakage": {"canaries": str(trained[0] / "canaries.yaml")}}, "gaps": {"sample": 0}}
    result = run(parse_config(raw | {"explanations": {"which": "none"}}))
    assert result.leakage is None
    assert "nothing_written" in [note.code for note in result.notes]


def test_the_model_decides_as_before(trained: tuple[Path, dict[str, Any]]) -> None:
    """Asking for texts needs a prompt all the same: a decoder without one has no decisions to audit."""
    folder, raw = trained
    model = {key: value for key, value in raw["model"].items() if key != "prompt"}
    with pytest.raises((ConfigError, AuditError)):
        run(parse_config(raw | {"model": model, "output": {"folder": "bare"}}, base=folder))
