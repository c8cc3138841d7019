"""What a row gives a model: a text, a pair of texts, or a list of words. Nobody else asks the configuration which.

A model may decide several things about one example: about each word, or about each of several labels. `Asked` is an
example together with the one of its decisions that is meant, so that whoever explains or probes a decision hands it to
the adapter like any other example.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Words:
    """A text whose words are given, each with its place.

    Attributes
    ----------
    text
        What a reader sees.
    starts, ends
        Characters of `text` that each word takes.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, words: Sequence[str]) -> Words:
        """Put words into one text, with a space between them."""
        starts, at = [], 0
        for word in words:
            starts.append(at)
            at += len(word) + 1
        ends = tuple(start + len(word) for start, word in zip(starts, words, strict=True))
        return cls(" ".join(words), tuple(starts), ends)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def words(self) -> list[str]:
        """The words."""
        return [self.text[start:end] for start, end in zip(self.starts, self.ends, strict=True)]


#: What a row gives.
Plain = str | tuple[str, str] | Words


@dataclass(frozen=True)
class Asked:
    """An example, and the one of its decisions that is meant.

    Attributes
    ----------
    output
        Of several labels, the one; else None.
    position
        Of several words, the one, counted from 0; else None.
    """

    example: Plain
    output: str | None = None
    position: int | None = None


#: What a model is given.
Example = Plain | Asked

#: Columns of a canonical batch that make an example, beside the first: those that are there.
EXAMPLE_FIELDS = ("input", "input_pair", "words")


def examples_of(rows: pa.Table) -> list[Plain]:
    """Make the example of each row of a canonical batch; a missing text is an empty one."""
    texts = [text or "" for text in rows["input"].to_pylist()]
    if "words" in rows.column_names:
        places = [place or [] for place in rows["words"].to_pylist()]
        return [
            Words(text, tuple(word["start"] for word in words), tuple(word["end"] for word in words))
            for text, words in zip(texts, places, strict=True)
        ]
    if "input_pair" in rows.column_names:
        return list(zip(texts, [text or "" for text in rows["input_pair"].to_pylist()], strict=True))
    return list(texts)


def example_fields(rows: pa.Table) -> list[str]:
    """Name the columns that examples are made of."""
    return [name for name in EXAMPLE_FIELDS if name in rows.column_names]


def asked_of(example: Plain, output: str | None, position: int | None) -> Example:
    """Say which decision of an example is meant; an example with one decision is that decision."""
    return example if output is None and position is None else Asked(example, output, position)


def plain(example: Example) -> Plain:
    """Give the example itself, whichever decision is meant."""
    return example.example if isinstance(example, Asked) else example


def joined(example: Example) -> str:
    """One text to show, and to take places in: a pair is joined by a line break."""
    found = plain(example)
    return found.text if isinstance(found, Words) else found if isinstance(found, str) else "\n".join(found)
