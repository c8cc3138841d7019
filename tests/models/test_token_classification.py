"""Models that tag words: decisions are those of plain transformers, and each is asked about as it was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

from audit.config import ExplanationConfig, ModelConfig
from audit.data.examples import Asked, Words
from audit.entities.entity import Entity
from audit.errors import ModelError
from audit.explain.explanations import Explainer
from audit.models.described import classes_of, infer_task
from audit.models.registry import load_adapter
from audit.store.decisions import Decided
from audit.testing import check_adapter
from tests.models.taggers import TAGS, sentences, tagger

FAMILIES = ["bert", "roberta", "distilbert", "deberta", "gpt2", "llama"]
EXAMPLES = [*sentences(3, most=14), Words.of(["good", "bad"])]


def load(path: Path, **keys: Any) -> Any:
    return load_adapter(ModelConfig(path=path, device="cpu", **keys))


def decided(adapter: Any, text: Words, gold: list[Entity] | None = None) -> list[Decided]:
    (windows,) = adapter.windows([text])
    with torch.inference_mode():
        outputs = [adapter.outputs(adapter.collate([window]))[0] for window in windows]
    return adapter.decide(text, windows, outputs, gold)


@pytest.fixture(scope="module")
def taggers(checkpoints: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("taggers")
    return {family: tagger(checkpoints[family], folder / family) for family in FAMILIES}


@pytest.fixture(scope="module")
def bert(taggers: dict[str, Path]) -> Any:
    return load(taggers["bert"])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_promise_is_kept(family: str, taggers: dict[str, Path]) -> None:
    adapter = load(taggers[family])
    assert (adapter.classes, adapter.nothing) == (["O", "person", "place"], "O")
    assert adapter.unexplainable is None
    tried = check_adapter(adapter, EXAMPLES)
    assert "a decision that is asked about is the one that was made" in tried


@pytest.mark.parametrize("family", FAMILIES)
def test_tags_are_those_of_plain_transformers(family: str, taggers: dict[str, Path]) -> None:
    adapter, texts = load(taggers[family]), sentences(12, seed=5, most=14)
    spaced = {"add_prefix_space": True} if family in {"roberta", "gpt2"} else {}
    tokenizer = AutoTokenizer.from_pretrained(taggers[family], **spaced)
    model = AutoModelForTokenClassification.from_pretrained(taggers[family], dtype=torch.float32).eval()
    windows = [window for (window,) in adapter.windows(texts)]
    with torch.inference_mode():
        found = adapter.outputs(adapter.collate(windows))
        for text, output in zip(texts, found, strict=True):
            encoded = tokenizer(text.words, is_split_into_words=True, return_tensors="pt")
            plain = model(**encoded).logits[0].numpy()
            words = encoded.word_ids()
            expected = plain[[words.index(word) for word in range(len(text))]]
            np.testing.assert_allclose(output, expected, rtol=0, atol=1e-5 * np.abs(plain).max())


def test_entities_are_those_of_the_pipeline(taggers: dict[str, Path], bert: Any) -> None:
    model = AutoModelForTokenClassification.from_pretrained(taggers["bert"], dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(taggers["bert"])
    peer = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="first")
    seen = 0
    for given in sentences(12, seed=6, most=14):
        # Whether a token begins a word, the pipeline guesses by its length, and errs at hyphens within words.
        text = Words.of([word for word in given.words if word.isalnum()])
        (said,) = peer([text.words], is_split_into_words=True)
        entities = {(one["start"], one["end"], one["entity_group"]) for one in said}
        ours = {(one.start, one.end, one.y_pred) for one in decided(bert, text)}
        assert ours == entities
        seen += len(ours)
    assert seen > 20


def test_decisions_are_the_entities_of_both_sides(bert: Any) -> None:
    text = sentences(1, seed=6, most=14)[0]
    predicted = decided(bert, text)
    assert predicted and all(one.y_true is None and one.visible is None for one in predicted)
    first = predicted[0]
    end = first.last + 1
    same = Entity(first.position, end, first.y_pred)
    beyond = Entity(0, len(text), "place")
    found = decided(bert, text, [same])
    assert [(one.y_true, one.y_pred) for one in found if one.position == first.position] == [(same.type, same.type)]
    assert found[0].visible == 0
    assert {one.y_true for one in found[1:]} <= {"O"}
    found = decided(bert, text, [beyond])
    missed = [one for one in found if one.y_true == "place"]
    assert [(one.position, one.last, one.y_pred) for one in missed] == [(0, len(text) - 1, "O")]
    covered = set().union(*(range(one.start, one.end) for one in predicted))
    seen = [at for at, character in enumerate(text.text) if at not in covered and character != " "]
    assert (missed[0].visible, missed[0].characters) == (len(seen), sum(len(word) for word in text.words))
    assert text.text[first.start : first.end] == " ".join(text.words[first.position : end])
    assert len({(one.position, one.last) for one in found}) == len(found)


def test_logits_are_those_of_types_with_their_prefixes_added_up(bert: Any) -> None:
    text = sentences(1, seed=6, most=14)[0]
    (windows,) = bert.windows([text])
    with torch.inference_mode():
        (tags,) = bert.outputs(bert.collate(windows))
        said = bert.logits(bert.collate(bert.encode([Asked(text, position=i) for i in range(len(text))])))
    shares = np.exp(tags) / np.exp(tags).sum(1, keepdims=True)
    expected = np.stack([shares[:, 0], shares[:, 1:3].sum(1), shares[:, 3:].sum(1)], 1)
    np.testing.assert_allclose(said.softmax(1).numpy(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("odd", ["", " ", "\u200b\u200e", "\x00"])
def test_a_word_without_a_token_is_outside_and_counted(odd: str, bert: Any) -> None:
    text = Words.of(["good", odd, "he"])
    (windows,) = bert.windows([text])
    assert [window.unread for window in windows] == [1]
    asked = bert.encode([Asked(text, position=1)])
    with torch.inference_mode():
        said = bert.logits(bert.collate(asked))
    assert said.softmax(1)[0].tolist() == pytest.approx([1, 0, 0])
    missed = [one for one in decided(bert, text, [Entity(1, 2, "person")]) if one.y_true == "person"]
    assert [(one.y_pred, one.status) for one in missed] == [("O", "empty")]


@pytest.mark.parametrize("text", [Words.of([]), Words.of([""]), Words.of(["\u200b", " "])])
def test_a_text_without_a_token_decides_nothing(text: Words, bert: Any) -> None:
    assert [(one.y_pred, one.status) for one in decided(bert, text)] == [("O", "nothing")]
    found = bert.encode([Asked(text, position=0)])
    with torch.inference_mode():
        assert torch.isfinite(bert.logits(bert.collate(found))).all()


def test_what_is_not_finite_fails(bert: Any) -> None:
    text = sentences(1, seed=6, most=14)[0]
    (windows,) = bert.windows([text])
    broken = [np.full((len(text), len(TAGS)), np.nan, np.float32)]
    gold = [Entity(0, 1, "person"), Entity(1, 3, "place")]
    found = bert.decide(text, windows, broken, gold)
    assert [(one.y_true, one.y_pred, one.status) for one in found] == [
        ("person", None, "failed"), ("place", None, "failed"),
    ]  # fmt: skip
    for gold_of_none, true in ((None, None), ([], "O")):
        (one,) = bert.decide(text, windows, broken, gold_of_none)
        assert (one.y_true, one.y_pred, one.position, one.status) == (true, None, None, "failed")


def test_a_document_of_two_thousand_words_is_decided_word_by_word(bert: Any) -> None:
    document = Words.of([word for text in sentences(300, seed=8) for word in text.words][:2000])
    (windows,) = bert.windows([document])
    assert len(windows) > 50
    assert all(window.length <= 40 and not window.truncated for window in windows)
    words = np.concatenate([window.inputs["words"] for window in windows])
    assert words.tolist() == list(range(2000))
    found = decided(bert, document, [Entity(1990, 1991, "person")])
    assert max(one.position for one in found) >= 1990
    for one in found[:: len(found) // 10]:
        (asked,) = bert.encode([Asked(document, position=one.position)])
        with torch.inference_mode():
            said = bert.logits(bert.collate([asked]))[0].numpy()
        np.testing.assert_allclose(said, one.logits, rtol=1e-4, atol=1e-4)
        start, end = asked.places[asked.units[int(asked.inputs["asked"])]]
        assert start == document.starts[one.position] and end == document.ends[one.position]


def test_a_word_that_is_longer_than_a_window(bert: Any) -> None:
    text = Words.of(["good", "word1" * 18, "bad"])
    (windows,) = bert.windows([text])
    assert sorted(word for window in windows for word in window.inputs["words"].tolist()) == [0, 1, 2]
    found = decided(bert, text, [Entity(i, i + 1, "person") for i in range(3)])
    status = {one.position: one.status for one in found}
    assert (status[0], status[1], status[2]) == ("ok", "truncated", "ok")


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_attributions_of_one_word_add_up(family: str, taggers: dict[str, Path]) -> None:
    import pandas as pd

    adapter = load(taggers[family])
    text = sentences(1, seed=6, most=14)[0]
    found = decided(adapter, text)[:3]
    rows = pd.DataFrame(
        {
            "row_id": [f"r#{one.position}" for one in found],
            "input": [Asked(text, position=one.position) for one in found],
            "y_pred": [one.y_pred for one in found],
            "inclusion_probability": 1.0,
        }
    )
    explainer = Explainer(adapter, ExplanationConfig(target="log_odds"), adapter.baseline_kind("auto"), 0)
    table, _ = explainer.explain(rows)
    for one, row in zip(found, table.to_pylist(), strict=True):
        total = sum(row["attributions"]) + row["frame"]
        expected = row["f_input"] - row["f_baseline"]
        size = np.abs(row["attributions"]).sum() + abs(row["frame"])
        assert total == pytest.approx(expected, abs=0.05 * size + 1e-6)
        at = adapter.classes.index(one.y_pred)
        log_odds = one.logits[at] - np.logaddexp.reduce(np.delete(one.logits, at))
        assert row["f_input"] == pytest.approx(log_odds, abs=1e-4 * np.abs(one.logits).max())
        assert row["starts"] == list(text.starts)


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        (["LABEL_0", "LABEL_1", "LABEL_2"], "its tags have no names but"),
        (["B-person", "I-person"], "none is O"),
        (["person", "place"], "no tag is O"),
        (["O", "B-person", "place"], "place"),
    ],
)
def test_tags_that_say_nothing_are_refused(
    tags: list[str], problem: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    path = tagger(checkpoints["bert"], tmp_path, tags)
    with pytest.raises(ModelError, match=problem):
        load(path)
    with pytest.raises(ModelError, match=problem):
        classes_of(ModelConfig(path=path))


@pytest.mark.parametrize(
    ("tags", "classes"),
    [
        (["O", "S-a", "B-a", "I-a", "E-a", "S-b", "B-b", "I-b", "E-b"], ["O", "a", "b"]),
        (["I-b", "I-a", "O"], ["O", "b", "a"]),
        (["place", "O", "person"], ["O", "place", "person"]),
        (["O", "B", "I"], ["O", "_"]),
    ],
)
def test_schemes_of_tags(tags: list[str], classes: list[str], checkpoints: dict[str, Path], tmp_path: Path) -> None:
    config = ModelConfig(path=tagger(checkpoints["bert"], tmp_path, tags), device="cpu")
    assert infer_task(config) == "token-classification"
    assert classes_of(config) == load_adapter(config).classes == classes


def test_tags_called_like_special_tokens_are_outside_and_noted(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    adapter = load(tagger(checkpoints["bert"], tmp_path, ["[PAD]", "O", "B-a", "I-a"]))
    assert adapter.classes == ["O", "a"]
    assert [(note.code, note.params) for note in adapter.notes] == [("tags_set_aside", {"tags": ["[PAD]"]})]
    check_adapter(adapter, EXAMPLES)
