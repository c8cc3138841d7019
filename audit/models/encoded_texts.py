"""Texts and pairs of texts as tokens, with the whole words that these belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from audit.data.examples import Example, joined, plain
from audit.models.adapter import Encoded
from audit.models.whole_words import whole_words


def encode_texts(tokenizer: Any, inputs: Sequence[Example], max_length: int | None, unknown: int) -> list[Encoded]:
    """Tokenize, cutting inputs that are too long at the end; of a pair, the longer text.

    Parameters
    ----------
    unknown
        Token of what the tokenizer does not know.
    """
    if not inputs:
        return []
    pairs = [text if isinstance(text := plain(given), tuple) else (joined(text), None) for given in inputs]
    second = None if pairs[0][1] is None else [other or "" for _, other in pairs]
    encoded = tokenizer(
        [first for first, _ in pairs],
        second,
        truncation=max_length is not None,
        max_length=max_length,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
        return_token_type_ids="token_type_ids" in tokenizer.model_input_names,
        return_attention_mask=False,
        return_overflowing_tokens=False,
    )
    return [_encoded(encoded, i, pair, unknown) for i, pair in enumerate(pairs)]


def _encoded(encoded: Any, i: int, pair: tuple[str, str | None], unknown: int) -> Encoded:
    ids = np.asarray(encoded["input_ids"][i], np.int64)
    inputs = {"ids": ids}
    if "token_type_ids" in encoded and any(encoded["token_type_ids"][i]):
        inputs["types"] = np.asarray(encoded["token_type_ids"][i], np.int64)
    spans = np.asarray(encoded["offset_mapping"][i], np.int32).reshape(-1, 2)
    special = np.asarray(encoded["special_tokens_mask"][i], bool)
    words = np.array([-1 if word is None else word for word in encoded.word_ids(i)], np.int32)
    words[special] = -1
    of_second = np.array([part == 1 for part in encoded.sequence_ids(i)], bool) & ~special
    if of_second.any():
        spans = spans + (of_second * (len(pair[0]) + 1))[:, None].astype(np.int32)
        words = np.where(of_second, words + words[~of_second].max(initial=0) + 1, words).astype(np.int32)
    units, places = whole_words(pair[0] if pair[1] is None else joined((pair[0], pair[1])), spans, words)
    truncated = bool(encoded.encodings[i].overflowing) if encoded.encodings else False
    return Encoded(inputs, units, places, truncated, int((ids[~special] == unknown).sum()))
