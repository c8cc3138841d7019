"""Which tokens make a whole word, where the tokenizer itself does not cut a text into words.

Tokenizers of the Llama kind take a whole text for one word, and byte-level ones a whole Chinese clause. As units of an
explanation they would say nothing, so such words are broken up: at spaces, beside characters of scripts written without
spaces, and, in words that hold spaces, between letters and punctuation.

Tokenizers of the BERT kind take every Chinese character for a word. Half of 女人 (woman) is another word, so characters
are joined to the words of a segmenter (jieba); a token that reaches over the end of a word joins what it touches. Texts
with kana are Japanese, which jieba cannot read: there, and in other scripts without spaces, tokens stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from audit.terms.segments import cut_into_words

Ints = npt.NDArray[np.int32]
#: How Unicode names begin of characters that are written without spaces between words.
UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{2,}")
_KANA = re.compile("[\u3041-\u30fa\u30fc-\u30ff\uff66-\uff9d]")


def whole_words(text: str, spans: Ints, words: Ints) -> tuple[Ints, Ints]:
    """Make units of the tokens of a text: whole words, as they stand.

    Parameters
    ----------
    spans : array of shape (length, 2)
        Start and end of each token in the characters of the text.
    words : array of shape (length,)
        The tokenizer's word of each token, −1 for special tokens.

    Returns
    -------
    units : array of shape (length,)
        Unit of each token, from 0; −1 for special tokens.
    places : array of shape (units, 2)
        Start and end of each unit.
    """
    words = _joined_up(text, spans, _broken_up(text, spans, words))
    at = np.flatnonzero(words >= 0)
    units = np.full(len(words), -1, np.int32)
    if not len(at):
        return units, np.zeros((0, 2), np.int32)
    _, first, code = np.unique(words[at], return_index=True, return_inverse=True)
    # As they stand in the text, whatever the tokenizer numbers its words by.
    units[at] = np.argsort(np.argsort(first))[code]
    places = np.empty((len(first), 2), np.int32)
    places[:, 0], places[:, 1] = len(text), 0
    np.minimum.at(places[:, 0], units[at], spans[at, 0])
    np.maximum.at(places[:, 1], units[at], spans[at, 1])
    return units, places


def _broken_up(text: str, spans: Ints, words: Ints) -> Ints:
    """Number the words anew where some are broken up; else, return them as they are."""
    inside = (np.flatnonzero((words[1:] == words[:-1]) & (words[1:] >= 0)) + 1).tolist()
    pieces = [text[start:end] for start, end in spans.tolist()] if inside else []
    spaced, breaks = set(), set()
    for at in inside:
        last, first = int(spans[at - 1, 1]), int(spans[at, 0])
        # Pieces of one character stay together, and a space of its own with what follows.
        if first < last or not pieces[at - 1].strip():
            continue
        if any(map(str.isspace, text[max(last - 1, 0) : first + 1])):
            spaced.add(int(words[at]))
            breaks.add(at)
        elif _unspaced(pieces[at - 1]) or _unspaced(pieces[at]):
            breaks.add(at)
    breaks |= {at for at in inside if int(words[at]) in spaced and _other_kind(pieces[at - 1], pieces[at])}
    if not breaks:
        return words
    begins = np.diff(words, prepend=-1) != 0
    begins[list(breaks)] = True
    numbers = np.cumsum(begins & (words >= 0)) - 1
    return np.where(words >= 0, numbers, -1).astype(np.int32)


def _joined_up(text: str, spans: Ints, words: Ints) -> Ints:
    """Number the words anew where Chinese characters are parts of one word; else, return them as they are."""
    runs = [run.span() for run in _HAN.finditer(text)]
    if not runs or _KANA.search(text):
        return words
    inside = {
        at
        for start, end in runs
        for at in set(range(start + 1, end))
        - {start + n for n in accumulate(map(len, cut_into_words(text[start:end])))}
    }
    begins = np.diff(words, prepend=-1) != 0
    met = np.flatnonzero((words[1:] >= 0) & (words[:-1] >= 0) & (spans[1:, 0] == spans[:-1, 1])) + 1
    joins = [at for at in met.tolist() if begins[at] and int(spans[at, 0]) in inside]
    if not joins:
        return words
    begins[joins] = False
    numbers = np.cumsum(begins & (words >= 0)) - 1
    return np.where(words >= 0, numbers, -1).astype(np.int32)


def _unspaced(piece: str) -> bool:
    return any(unicodedata.name(character, "").startswith(UNSPACED) for character in piece)


def _other_kind(before: str, after: str) -> bool:
    """Whether of the characters that meet, spaces aside, one is a letter or digit and the other is not."""
    left, right = before.strip()[-1:], after.strip()[:1]
    return bool(left and right) and left.isalnum() != right.isalnum()
