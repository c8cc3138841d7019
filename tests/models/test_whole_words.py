"""Whole words where the tokenizer has none of its own."""

from __future__ import annotations

import re

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers

from audit.models.whole_words import whole_words


def numbered(text: str, pieces: list[str], words: list[int] | None = None) -> list[str]:
    """Words as text; the pieces stand one after the other, and are one word if nothing else is said."""
    spans, at = [], 0
    for piece in pieces:
        spans.append((at, at + len(piece)))
        at += len(piece)
    found, places = whole_words(text, np.array(spans, np.int32), np.array(words or [0] * len(pieces), np.int32))
    assert (np.diff(found[found >= 0]) >= 0).all()
    assert [text[a:b] for a, b in places] == [
        "".join(p for p, n in zip(pieces, found, strict=True) if n == k) for k in range(len(places))
    ]
    return ["".join(p for p, n in zip(pieces, found, strict=True) if n == k).strip() for k in range(found.max() + 1)]


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        (["He", " to", "ld", " her"], ["He", "told", "her"]),
        (["the ", "go", "od", ", ", "man", " ", "sa", "id", "!"], ["the", "good", ",", "man", "said", "!"]),
        (["他", "是", "医生"], ["他", "是", "医生"]),
        (["she", " ", "说", "no"], ["she", "说", "no"]),
        (["مرحبا", " با", "لعالم"], ["مرحبا", "بالعالم"]),
        (["play", "ing"], ["playing"]),
        (["don", "'", "t"], ["don't"]),
    ],
)
def test_words_are_broken_where_they_must_be(pieces: list[str], words: list[str]) -> None:
    found = numbered("".join(pieces), pieces)
    assert found == words


def test_pieces_of_one_character_stay_together() -> None:
    spans = np.array([[0, 1], [0, 1], [0, 1], [1, 2], [1, 2]], np.int32)
    assert whole_words("他说", spans, np.zeros(5, np.int32))[0].tolist() == [0, 0, 0, 1, 1]
    assert whole_words("医生", spans, np.zeros(5, np.int32))[0].tolist() == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("这种女人又无耻又恶心", ["这种", "女人", "又", "无耻", "又", "恶心"]),
        ("大陆公民，看iPhone的女司机2020年", ["大陆", "公民", "，", "看", "iPhone", "的", "女司机", "2020", "年"]),
        ("好", ["好"]),
        ("他是医生\n她是护士", ["他", "是", "医生", "她", "是", "护士"]),
        # Kana make it Japanese; Thai has no segmenter here.
        ("彼女は医者です", list("彼女は医者です")),
        ("สวัสดี", list("สวัสดี")),
    ],
)
def test_characters_are_joined_to_the_words_of_a_chinese_reader(text: str, words: list[str]) -> None:
    """Of a tokenizer that takes every character for a word, and runs of letters or digits for one."""
    pieces = [piece.span() for piece in re.finditer(r"[a-zA-Z]+|[0-9]+|\S", text)]
    _, places = whole_words(text, np.array(pieces, np.int32), np.arange(len(pieces), dtype=np.int32))
    assert [text[start:end] for start, end in places] == words


def test_a_token_that_reaches_over_the_end_of_a_word_joins_what_it_touches() -> None:
    assert numbered("的男人又无耻", ["的男", "人又", "无耻"], [0, 1, 2]) == ["的男人又", "无耻"]
    assert numbered("的男人又无耻", ["的", "男人又", "无", "耻"]) == ["的", "男人又", "无耻"]


def test_special_tokens_between_characters_part_them() -> None:
    spans = np.array([[0, 0], [0, 1], [0, 0], [1, 2]], np.int32)
    assert whole_words("医生", spans, np.array([-1, 0, -1, 1], np.int32))[0].tolist() == [-1, 0, -1, 1]


def test_words_of_the_tokenizer_are_kept() -> None:
    words = np.array([-1, 0, 1, 1, 2, -1], np.int32)
    spans = np.array([[0, 0], [0, 2], [3, 5], [5, 7], [7, 8], [0, 0]], np.int32)
    units, places = whole_words("a: word.", spans, words)
    assert units.tolist() == words.tolist()
    assert places.tolist() == [[0, 2], [3, 7], [7, 8]]


def test_special_tokens_between_are_no_words() -> None:
    spans = np.array([[0, 0], [0, 2], [2, 5], [0, 0]], np.int32)
    assert whole_words("He is", spans, np.array([-1, 0, 0, -1], np.int32))[0].tolist() == [-1, 0, 1, -1]


def test_a_tokenizer_that_takes_a_text_for_one_word() -> None:
    text = "the good, man said"
    pieces = ["▁the", "▁good", "▁go", "od", ",", "▁man", "▁sa", "id", *"▁thegodmansi"]
    unigram = Tokenizer(models.Unigram([(piece, -1.0) for piece in dict.fromkeys(pieces)]))
    unigram.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    encoding = unigram.encode(text)
    assert set(encoding.word_ids) == {0}
    spans = np.array(encoding.offsets, np.int32)
    _, places = whole_words(text, spans, np.array(encoding.word_ids, np.int32))
    assert [text[start:end].strip() for start, end in places] == ["the", "good", ",", "man", "said"]
