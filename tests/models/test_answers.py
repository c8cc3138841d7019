"""Answers as tokens: as they would stand behind the prompt, and never two that are one."""

from __future__ import annotations

from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from audit.config.prompt import pieces_of
from audit.errors import ConfigError
from audit.models.answers import answers_of
from audit.models.prompt_text import fill
from tests.models.decoders import tokenizer_of

TOKENIZER = tokenizer_of(["yessir"])


def _answers(template: str, labels: dict[str, list[str]], tokenizer: Any = TOKENIZER) -> Any:
    return answers_of(labels, pieces_of(template), tokenizer)


def _tokens(answers: Any) -> list[str]:
    return [" ".join(TOKENIZER.convert_ids_to_tokens(list(ids))) for ids in answers.ids]


@pytest.mark.parametrize(
    ("template", "forms", "tokens", "moved"),
    [
        ("{x}? Answer:", [" yes", " no"], ["Ġyes", "Ġno"], 0),
        # The blank at the end of the prompt is part of the answer's token.
        ("{x}? Answer: ", ["yes", "no"], ["Ġyes", "Ġno"], 1),
        # With one answer of its own blank, the prompt's blank is in front of both.
        ("{x}? Answer: ", ["yes", " no"], ["Ġyes", "Ġ Ġno"], 1),
        ("{x}? Answer:", ["yes", "no"], ["y e s", "n o"], 0),
    ],
)
def test_prompt_and_answer_are_tokenized_together(
    template: str, forms: list[str], tokens: list[str], moved: int
) -> None:
    answers = _answers(template, {"a": forms[:1], "b": forms[1:]})
    assert (_tokens(answers), answers.moved, answers.apart) == (tokens, moved, False)
    prompt = fill(pieces_of(template), {"x": "some text"}, answers.moved).text
    for ids, form in zip(answers.ids, forms, strict=True):
        whole = fill(pieces_of(template), {"x": "some text"}).text + form
        alone = TOKENIZER(prompt, add_special_tokens=False)["input_ids"]
        assert [*alone, *ids] == TOKENIZER(whole, add_special_tokens=False)["input_ids"]


def test_a_prompt_that_ends_with_a_field_is_tokenized_apart_where_they_would_merge() -> None:
    made = Tokenizer(models.BPE({"x": 0, "y": 1, "n": 2, "xy": 3}, [("x", "y")]))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made)
    answers = _answers("{x}", {"a": ["y"], "b": ["n"]}, tokenizer)
    assert (answers.ids, answers.moved, answers.apart) == (((1,), (2,)), 0, True)
    assert [note.code for note in answers.notes] == ["answers_apart"]


@pytest.mark.parametrize(
    ("forms", "problem"),
    [
        ([" yes", " yes no"], r"' yes no' \(b\), 'Ġyes' 'Ġno', begins with the answer ' yes' \(a\), 'Ġyes'"),
        ([" yes no", " yes"], r"' yes no' \(a\), .* begins with the answer ' yes' \(b\)"),
        ([" no", " no"], r"' no' \(a\) and ' no' \(b\) have the same tokens, 'Ġno'"),
    ],
)
def test_answers_that_the_model_cannot_tell_apart_are_refused(forms: list[str], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        _answers("{x}? Answer:", {"a": forms[:1], "b": forms[1:]})
    assert caught.value.where == "model.prompt.labels"


def test_answers_that_tokenize_alike_or_are_unknown_are_refused() -> None:
    words = {"[UNK]": 0, "yes": 1, "no": 2, "x": 3, "?": 4}
    made = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, unk_token="[UNK]")
    with pytest.raises(ConfigError, match=r"'yes' \(a\) and ' yes' \(b\) have the same tokens, 'yes'"):
        _answers("{x}?", {"a": ["yes"], "b": [" yes"]}, tokenizer)
    with pytest.raises(ConfigError, match=r"the tokenizer does not know all of the answer 'maybe' \(b\)"):
        _answers("{x}?", {"a": ["yes"], "b": ["maybe"]}, tokenizer)


def test_an_answer_of_a_longer_word_is_no_beginning() -> None:
    answers = _answers("{x}? Answer:", {"a": [" yes"], "b": [" yessir"]})
    assert _tokens(answers) == ["Ġyes", "Ġyessir"]
    assert answers.begins(answers.ids[1]) and not answers.begins(TOKENIZER(" no")["input_ids"])
