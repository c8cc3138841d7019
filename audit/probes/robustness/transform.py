"""What a transform is: it changes an example by a stated amount, the same way for the same seed, or says why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol, TypeVar

from audit.data.examples import Asked, Example, Fields, Image, Words, plain
from audit.probes.exchange import Edit

Item = TypeVar("Item")
#: Kinds of example: a text or a pair of texts, a list of words, named text values, named numbers, a picture.
READS = ("text", "words", "fields", "numbers", "image")
#: Characters of the one text of an example (`audit.data.examples.joined`): from, up to.
Span = tuple[int, int]


@dataclass(frozen=True)
class Changed:
    """A changed example.

    Attributes
    ----------
    edits
        Replaced spans, which make it again from the original; empty where `change` says everything.
    change
        Name of a change to the whole example, as of a picture.
    left
        Reason -> places that could not be changed without risk to the meaning, and were left as they are.
    """

    example: Example
    edits: tuple[Edit, ...] = ()
    change: str | None = None
    left: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Refused:
    """No changed example, and why: a code of `registry.REASONS`."""

    reason: str
    left: tuple[tuple[str, int], ...] = ()


class Transform(Protocol):
    """Changes examples and keeps what they mean."""

    @property
    def name(self) -> str:
        """What it is called in configurations and results."""

    @property
    def reads(self) -> frozenset[str]:
        """Kinds of example that it changes, of `READS`."""

    @property
    def severities(self) -> tuple[float, ...]:
        """What severity 1, 2, … means; the transform says in which unit."""

    def apply(self, example: Example, severity: int, seed: int, spared: Sequence[Span] = ()) -> Changed | Refused:
        """Change an example.

        Parameters
        ----------
        severity
            From 0, which changes nothing, to `len(severities)`.
        seed
            Of this example; every transform draws from it on its own.
        spared
            Characters that stay, such as the names that a token classifier is to find.
        """


class Draw:
    """Choices that depend on a seed and on what is chosen, never on the order of calls or on a library's generator."""

    def __init__(self, seed: int, name: str) -> None:
        self._key = f"{seed} {name}"

    def number(self, *of: object) -> int:
        """Draw a number of 64 bits for something."""
        text = " ".join([self._key, *map(str, of)])
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")

    def shuffled(self, items: Sequence[Item], *of: object) -> list[Item]:
        """Put items into an order."""
        return [items[i] for i in sorted(range(len(items)), key=lambda i: self.number(*of, i))]


def seed_of(seed: int, row_id: str) -> int:
    """Derive the seed of one row, whatever rows stand around it."""
    return Draw(seed, "robustness").number(row_id)


def kind_of(example: Example) -> str:
    """Name the kind of an example, one of `READS`."""
    found = plain(example)
    if isinstance(found, Image):
        return "image"
    if isinstance(found, Words):
        return "words"
    if isinstance(found, Fields):
        return "numbers" if all(isinstance(value, float) or value is None for value in found.values) else "fields"
    return "text"


def with_picture(example: Example, picture: Image) -> Example:
    """Put a picture in the place of an example's, the same decision meant."""
    return Asked(picture, example.output, example.position) if isinstance(example, Asked) else picture
