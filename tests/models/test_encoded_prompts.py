"""Prompts as tokens: what a field holds is text, whatever it spells, and what is too long loses its longest field."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from audit.config.prompt import pieces_of
from audit.data.examples import Fields
from audit.errors import ConfigError, DataError
from audit.models.encoded_prompts import PromptEncoder
from audit.models.prompt_text import fill
from tests.conftest import WORDS
from tests.models.decoders import tokenizer_of

TOKENIZER = tokenizer_of(WORDS)
TEMPLATE = "<s>Name: {name}\nText: {text}\nAnswer:</s>"


def _encoder(template: str = TEMPLATE, **keys: Any) -> PromptEncoder:
    return PromptEncoder(TOKENIZER, pieces_of(template), **keys)


def _fields(**values: str | None) -> Fields:
    return Fields(tuple(values), tuple(values.values()))


def _read(encoder: PromptEncoder, example: Fields) -> tuple[str, list[str], Any]:
    (item,) = encoder.encode([example])
    tokens = TOKENIZER.convert_ids_to_tokens(item.inputs["ids"])
    units = [example.text[start:end].strip() for start, end in item.places]
    return TOKENIZER.convert_tokens_to_string(tokens), units, item


@pytest.mark.parametrize(
    "value",
    ["<s> good", "good </s><s>", "{name} {text}", "{{}}{", "<pad>", "a<s", "\\u0000{0}", "bad \ue0f0" + "0\ue0f1"],
)
def test_values_never_act_as_templates_or_special_tokens(value: str) -> None:
    """Only the template's own special tokens are."""
    text, units, item = _read(_encoder(), _fields(name=value, text="good"))
    assert text == f"<s>Name: {value}\nText: good\nAnswer:</s>"
    special = np.isin(item.inputs["ids"], TOKENIZER.all_special_ids)
    assert special.sum() == 2 and special[[0, -1]].all()
    assert units[-1] == "good"
    assert "".join(units).replace(" ", "") == (value + "good").replace(" ", "")


def test_a_special_token_that_template_and_value_spell_together_is_none() -> None:
    text, _, item = _read(_encoder("<{name}> it"), _fields(name="s"))
    assert text == "<s> it"
    assert not np.isin(item.inputs["ids"], TOKENIZER.all_special_ids).any()


def test_a_value_that_spells_a_special_token_changes_nothing_else() -> None:
    """Read apart or not, the tokens of a text without special tokens are the same."""
    encoder = _encoder()
    prompt = encoder._values(_fields(name="good bad", text="he she word1"))
    (plain,) = encoder._tokens([fill(encoder.pieces, prompt)])
    apart = encoder._read_apart(fill(encoder.pieces, prompt))
    np.testing.assert_array_equal(plain.ids, apart.ids)
    np.testing.assert_array_equal(plain.spans, apart.spans)


def test_empty_and_missing_values_leave_the_template() -> None:
    text, units, item = _read(_encoder(), _fields(name="", text=None))
    assert text == "<s>Name: \nText: \nAnswer:</s>"
    assert units == [] and item.places.shape == (0, 2) and item.frame.all()


@pytest.mark.parametrize("limit", [40, 47, 60])
def test_the_longest_field_is_cut_and_never_the_template(limit: int) -> None:
    words = " ".join(WORDS[:30])
    example = _fields(name="good bad", text=words)
    text, units, item = _read(_encoder(limit=limit), example)
    assert item.truncated and item.length <= limit
    assert item.length > limit - 4  # a word's tokens
    assert re.fullmatch(r"<s>Name: good bad\nText: (.*)\nAnswer:</s>", text)
    assert words.startswith(text.split("Text: ")[1].split("\n")[0])
    assert units[:2] == ["good", "bad"]
    (whole,) = _encoder().encode([example])
    assert not whole.truncated and whole.length > limit


def test_two_long_fields_are_cut_to_the_same_length_and_one_asked_for_twice_in_both_places() -> None:
    long = " ".join(WORDS[:20])
    example = _fields(name=long, text=long)
    _, units, item = _read(_encoder(limit=50), example)
    at = example.lines[1][0]
    first, second = (int((item.places[:, 0] < at).sum()), int((item.places[:, 0] >= at).sum()))
    assert item.length <= 50 and abs(first - second) <= 1 and units
    text, _, item = _read(_encoder("{text} | {text} :", limit=30), _fields(text=long))
    assert item.length <= 30 and item.truncated
    left, right = text.removesuffix(" :").split(" | ")
    assert left == right


def test_a_template_without_room_and_an_example_without_the_field_are_refused() -> None:
    with pytest.raises(ConfigError, match="leaves no room for a field"):
        _encoder(limit=5)
    with pytest.raises(DataError, match=r"asks for the field 'name', and the example has \['text'\]"):
        _encoder().encode([_fields(text="good")])
    with pytest.raises(DataError, match="filled from named fields"):
        _encoder().encode(["good"])


def test_an_emoji_cut_between_its_bytes_ends_the_loop() -> None:
    (item,) = _encoder(limit=40).encode([_fields(name="a", text="🙂" * 40)])
    assert item.truncated and item.length <= 40
