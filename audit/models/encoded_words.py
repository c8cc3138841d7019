"""Texts as lists of words, tokenized word by word, in as many windows as they need."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from audit.data.examples import Example, Words, joined, plain
from audit.models.adapter import FRAME, Encoded
from audit.models.word_windows import Window, cut_into_windows

Ints = npt.NDArray[np.int64]
#: In the place of a token, for a word that has none.
NO_TOKEN = -1


def words_of(example: Example) -> Words:
    """Give the words of an example; of a plain text, what stands between spaces."""
    found = plain(example)
    if isinstance(found, Words):
        return found
    text = joined(found)
    spans = [match.span() for match in re.finditer(r"\S+", text)]
    return Words(text, tuple(start for start, _ in spans), tuple(end for _, end in spans))


@dataclass(frozen=True)
class ReadWords:
    """The tokens of a text whose words are given.

    Attributes
    ----------
    ids, types
        All tokens, with the special ones around them; and their segments, where there are several.
    before, after
        Special tokens on either side.
    present
        Words that have tokens.
    lengths
        Tokens of each of these.
    windows
        Where the text is cut.
    """

    words: Words
    ids: Ints
    types: Ints | None
    before: int
    after: int
    present: Ints
    lengths: Ints
    windows: list[Window]

    def parts(self, unknown: int) -> list[Encoded]:
        """Prepare every window, with the words that it decides (`words`) and the first token of each (`asked`).

        A text without a token gives one that decides nothing; if the tokenizer has no special tokens either, none.
        """
        if not len(self.ids):
            return []
        starts = np.cumsum(self.lengths) - self.lengths
        found = []
        for number, window in enumerate(self.windows or [Window(0, 0, self.present)]):
            inputs = {"asked": self.before + starts[window.words] - window.first, "words": self.present[window.words]}
            unread = 0 if number else len(self.words) - len(self.present)
            found.append(self._encoded(window, inputs, unknown, unread))
        return found

    def asked(self, position: int, unknown: int) -> Encoded:
        """Prepare the window that decides a word; what is asked is the word's first token."""
        at = int(np.searchsorted(self.present, position))
        there = at < len(self.present) and self.present[at] == position
        near = min(at, len(self.present) - 1)
        window = next((window for window in self.windows if near in window.words), Window(0, 0, self.present))
        first = int(self.lengths[:at].sum()) + self.before - window.first if there else NO_TOKEN
        return self._encoded(window, {"asked": np.array(first, np.int64)}, unknown, 0)

    def _encoded(self, window: Window, inputs: dict[str, Ints], unknown: int, unread: int) -> Encoded:
        n = len(self.ids)
        inside = slice(self.before + window.first, self.before + window.last)

        def within(values: Ints) -> Ints:
            return np.concatenate([values[: self.before], values[inside], values[n - self.after :]])

        inputs = {"ids": within(self.ids)} | inputs
        if self.types is not None:
            inputs["types"] = within(self.types)
        of_token = np.repeat(np.arange(len(self.present)), self.lengths)[window.first : window.last]
        first, last = (int(of_token[0]), int(of_token[-1]) + 1) if len(of_token) else (0, 0)
        frame = np.full(n, FRAME)
        units = np.concatenate([frame[: self.before], of_token - first, frame[: self.after]]).astype(np.int32)
        here = self.present[first:last]
        places = (
            np.stack([np.array(self.words.starts)[here], np.array(self.words.ends)[here]], 1) if len(here) else here
        )
        return Encoded(
            inputs,
            units,
            places.reshape(-1, 2).astype(np.int32),
            window.cut,
            int((self.ids[inside] == unknown).sum()),
            unread,
        )


def read_words(tokenizer: Any, texts: Sequence[Words], room: int | None) -> list[ReadWords]:
    """Tokenize each word by itself, as the scripts that train models to tag words do.

    Parameters
    ----------
    room
        Tokens that a window takes, special ones not counted.
    """
    if not texts:
        return []
    encoded = tokenizer(
        [text.words for text in texts],
        is_split_into_words=True,
        return_token_type_ids="token_type_ids" in tokenizer.model_input_names,
        return_attention_mask=False,
        # Of a text that is longer than the model takes, which is cut here.
        verbose=False,
    )
    return [_read(encoded, i, text, room) for i, text in enumerate(texts)]


def _read(encoded: Any, i: int, text: Words, room: int | None) -> ReadWords:
    ids = np.asarray(encoded["input_ids"][i], np.int64)
    types = None
    if "token_type_ids" in encoded and any(encoded["token_type_ids"][i]):
        types = np.asarray(encoded["token_type_ids"][i], np.int64)
    words = np.array([NO_TOKEN if word is None else word for word in encoded.word_ids(i)], np.int64)
    at = np.flatnonzero(words != NO_TOKEN)
    before, after = (int(at[0]), len(ids) - int(at[-1]) - 1) if len(at) else (len(ids), 0)
    present, lengths = np.unique(words[before : len(ids) - after], return_counts=True)
    return ReadWords(text, ids, types, before, after, present, lengths, cut_into_windows(lengths, room))
