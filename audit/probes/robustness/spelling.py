"""British and American spelling, by a table of words that belong to one of the two only (`data/README.md`).

Refused: words with a capital inside a sentence, which may be names (`name`: Pearl Harbor, Labour); words of both
varieties are not in the table (practice, check, meter).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import cache

from audit.probes.exchange import Edit
from audit.probes.robustness.contractions import ONE_OR_ALL
from audit.probes.robustness.dictionary import DATA, WORD
from audit.probes.robustness.text import Left, TextTransform
from audit.probes.robustness.transform import Draw
from audit.terms.names import sentence_start


@cache
def _table(source: str, target: str) -> dict[str, str]:
    with (DATA / "en_spelling.tsv").open(encoding="utf-8", newline="") as file:
        return {row[source]: row[target] for row in csv.DictReader(file, delimiter="\t")}


def _finder(source: str, target: str) -> Callable[[str, Draw], Iterator[Edit | Left]]:
    def find(text: str, draw: Draw) -> Iterator[Edit | Left]:
        for found in WORD.finditer(text):
            word = found.group()
            new = _table(source, target).get(word.lower())
            if new is None:
                continue
            if word[0].isupper() and not word.isupper() and not sentence_start(text, found.start()):
                yield Left(found.start(), found.end(), "name")
            else:
                yield Edit(found.start(), found.end(), word, _cased(new, word))

    return find


def _cased(new: str, old: str) -> str:
    if len(old) > 1 and old.isupper():
        return new.upper()
    return new[0].upper() + new[1:] if old[0].isupper() else new


TRANSFORMS = (
    TextTransform("spelling_uk", _finder("us", "uk"), ONE_OR_ALL),
    TextTransform("spelling_us", _finder("uk", "us"), ONE_OR_ALL),
)
