"""Chinese characters that sound alike: what an input method writes where the wrong one was picked.

One character of a word of two characters or more becomes another of the same sound and tone; both have one reading.
Refused: words of one character (`short`: 他 and 她), where what is written is or touches another word (`another_word`),
and where other characters of the same sounds make a word that a reader might take it for (`another_word`: 权利 and
权力); words with a numeral (`number`), and what `protected` names.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import product

from audit.probes.exchange import Edit
from audit.probes.robustness.dictionary import DATA
from audit.probes.robustness.text import WORD_SHARES, Left, TextTransform
from audit.probes.robustness.transform import Draw
from audit.terms.scripts import is_unspaced
from audit.terms.segments import cut_into_words, is_chinese_word

_NUMERALS = frozenset("〇零一二三四五六七八九十百千万亿两半几")
#: Never written: beside a word for people they would insult, beside another turn it round.
_INSULTING = frozenset(
    "牲畜兽禽妓娼嫖奸淫贱婊屎尿粪尸死鬼魔妖狗猪猴鸡鼠虫蛆蛇蛮夷番奴婢痔瘤癌疮癞贼匪痞瘟霉臭屁肛碍害恶坏恨罪丑笨蠢懒假伪杀毒祸"
)
#: What these stand in is read as the words beside them: 的话, 看了.
_PARTICLES = frozenset("的了着过地得")
#: Longer words are left out of the search for words of the same sound, and have hardly any.
_LONGEST = 4


@cache
def _alike() -> dict[str, str]:
    """Character -> all that sound like it."""
    with (DATA / "zh_homophones.tsv").open(encoding="utf-8", newline="") as file:
        groups = [row["characters"] for row in csv.DictReader(file, delimiter="\t")]
    return {one: group for group in groups for one in group}


def _homophones(text: str, draw: Draw) -> Iterator[Edit | Left]:
    at = 0
    for word in cut_into_words(text):
        start, at = at, at + len(word)
        if not all(map(is_unspaced, word)):
            continue
        if len(word) == 1:
            yield Left(start, at, "short")
        elif set(word) & _NUMERALS:
            yield Left(start, at, "number")
        elif set(word) & _PARTICLES or has_rival(word):
            yield Left(start, at, "another_word")
        else:
            options = [
                (i, new)
                for i, old in enumerate(word)
                for new in _alike().get(old, "")
                if new != old and new not in _INSULTING
            ]
            fine = (edit for edit in draw.shuffled(options, start) if _fits(text, start, word, *edit))
            chosen = next(fine, None)
            if chosen is None:
                yield Left(start, at, "another_word" if options else "no_form")
            else:
                yield Edit(start + chosen[0], start + chosen[0] + 1, word[chosen[0]], chosen[1])


@lru_cache(maxsize=1 << 14)
def has_rival(word: str) -> bool:
    """Whether other characters of the same sounds make another word."""
    if len(word) > _LONGEST:
        return False
    sounds = [_alike().get(one, one) for one in word]
    return any(other != word and is_chinese_word(other) for other in map("".join, product(*sounds)))


def _fits(text: str, start: int, word: str, at: int, new: str) -> bool:
    """Whether what is written is no word, alone or with what stands beside it."""
    place = start + at
    written = text[:place] + new + text[place + 1 :]
    if is_chinese_word(written[start : start + len(word)]):
        return False
    pieces = {written[a : a + n] for n in (2, 3) for a in range(max(0, place - n + 1), place + 1)}
    return not any(len(piece) > 1 and is_chinese_word(piece) for piece in pieces)


TRANSFORMS = (TextTransform("homophone", _homophones, WORD_SHARES),)
