"""English words, so that a typing error is never another word: SCOWL up to size 60 (see `data/README.md`)."""

from __future__ import annotations

import gzip
import re
from functools import cache, lru_cache
from pathlib import Path

import yaml

DATA = Path(__file__).with_name("data")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
#: An English word as it stands in a text; nothing that is part of something longer, and none with an apostrophe.
WORD = re.compile(r"(?<![\w'’-])[A-Za-z]+(?![\w'’])")


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    text = gzip.decompress((DATA / "en_words.txt.gz").read_bytes()).decode()
    common, others = text.split("\n\n")
    first = frozenset(common.split())
    return first, first | frozenset(others.split())


def is_word(word: str) -> bool:
    """Whether the dictionary holds a word, whatever its capitals."""
    return word.lower() in _words()[1]


def is_common(word: str) -> bool:
    """Whether a word is among the 40,000 that most readers know."""
    return word.lower() in _words()[0]


@cache
def word_list(name: str) -> frozenset[str]:
    """A list of `data/en_lists.yaml`."""
    return frozenset(yaml.safe_load((DATA / "en_lists.yaml").read_text(encoding="utf-8"))[name])


@lru_cache(maxsize=1 << 16)
def could_be(written: str) -> frozenset[str]:
    """Common words that are one typing error away from what is written: what a reader might take it for."""
    word = written.lower()
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    near = {a + b[1:] for a, b in cuts if b}
    near |= {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    near |= {a + letter + b[1:] for a, b in cuts if b for letter in _LETTERS}
    near |= {a + letter + b for a, b in cuts for letter in _LETTERS}
    return frozenset(near & _words()[0])
