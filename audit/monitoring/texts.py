"""How long inputs are and how new their words: summaries of a window from which no text can be read."""

from __future__ import annotations

import base64
import hashlib
import math
from collections import Counter
from collections.abc import Iterable

import regex

from audit.monitoring.entries import Words

#: Bits of the map that remembers words. A language has more words than that have room, so that what is remembered of a
#: word cannot be told from what is of others.
BITS = 1 << 16
#: A word is remembered once so many texts hold it: no name or number of a single person is.
LEAST_TEXTS = 3
_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*")


def words_of(text: str) -> set[str]:
    """Different words of a text, in lower case; of Chinese and Japanese, characters."""
    return set(_WORD.findall(text.lower()))


def _bit(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8"), digest_size=8).digest(), "big") % BITS


class Vocabulary:
    """Words of the first window of an epoch, as bits.

    Parameters
    ----------
    bits
        `BITS` of them, eight in a byte.
    """

    def __init__(self, bits: bytes) -> None:
        self._bits = bits

    @classmethod
    def of(cls, texts: Iterable[str]) -> Vocabulary:
        """Remember the words that at least `LEAST_TEXTS` texts hold."""
        seen = Counter(word for text in texts for word in words_of(text))
        bits = bytearray(BITS // 8)
        for word, n in seen.items():
            if n >= LEAST_TEXTS:
                at = _bit(word)
                bits[at // 8] |= 1 << at % 8
        return cls(bytes(bits))

    @classmethod
    def read(cls, packed: str) -> Vocabulary:
        """Read one that was stored."""
        return cls(base64.b64decode(packed))

    def packed(self) -> str:
        """Return it as text."""
        return base64.b64encode(self._bits).decode("ascii")

    def knows(self, word: str) -> bool:
        """Whether it may have seen a word."""
        at = _bit(word)
        return bool(self._bits[at // 8] >> at % 8 & 1)

    def hold(self, texts: Iterable[str]) -> Words:
        """Count the texts with a word that it does not know."""
        total = unseen = 0
        for text in texts:
            total += 1
            unseen += any(not self.knows(word) for word in words_of(text))
        return Words(texts=total, unseen=unseen)


def histogram(lengths: Iterable[int], counts: Iterable[int]) -> list[int]:
    """Count inputs by length, in steps of √2."""
    out: list[int] = []
    for length, n in zip(lengths, counts, strict=True):
        step = math.floor(2 * math.log2(length) + 1e-9) if length > 0 else 0
        out += [0] * (step + 1 - len(out))
        out[step] += n
    return out


def longer(counts: list[int], edge: int) -> tuple[int, int]:
    """Inputs in the steps from `edge` on, and all."""
    return sum(counts[edge:]), sum(counts)


def middle(counts: list[int]) -> int:
    """Step from which on about half of the inputs lie."""
    total, so_far = sum(counts), 0
    for step, n in enumerate(counts):
        if 2 * so_far + n >= total:
            # The nearer of the step's two edges.
            return step if total - 2 * so_far <= 2 * (so_far + n) - total else step + 1
        so_far += n
    return 0
