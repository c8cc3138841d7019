"""Which tokens make a whole word, where the tokenizer itself does not cut a text into words.

Tokenizers of the Llama kind take a whole text for one word, and byte-level ones a whole Chinese clause. As units of an
explanation they would say nothing, so such words are broken up: at spaces, beside characters of scripts written without
spaces, and, in words that hold spaces, between letters and punctuation.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
#: How Unicode names begin of characters that are written without spaces between words.
UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


def whole_words(text: str, spans: Ints, words: Ints) -> Ints:
    """Number the words of a text anew.

    Parameters
    ----------
    spans : array of shape (length, 2)
        Start and end of each token in the characters of the text.
    words : array of shape (length,)
        The tokenizer's word of each token, −1 for special tokens.

    Returns
    -------
    array of shape (length,)
        The same words, broken up where that is needed; numbered from 0 as they stand.
    """
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


def _unspaced(piece: str) -> bool:
    return any(unicodedata.name(character, "").startswith(UNSPACED) for character in piece)


def _other_kind(before: str, after: str) -> bool:
    """Whether of the characters that meet, spaces aside, one is a letter or digit and the other is not."""
    left, right = before.strip()[-1:], after.strip()[:1]
    return bool(left and right) and left.isalnum() != right.isalnum()
