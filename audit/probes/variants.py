"""What every probe shares: rows that are asked about again, changed examples, and what the model makes of them.

A probe is asked for all rows of a part at once, so that its questions fill batches and it may let the next question
depend on the last answer. Most ask everything at once: they say which variants an example has, and
`audit.probes.asking.variants_asked` does the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from audit.data.examples import Asked, Example, Fields, Image, Words
from audit.probes.exchange import Version

if TYPE_CHECKING:
    import pandas as pd

    from audit.probes.asking import Model

#: What an example may be, for `Probe.reads`.
TEXT, PAIR, WORDS, FIELDS, IMAGE = "text", "pair", "words", "fields", "image"
KINDS = (TEXT, PAIR, WORDS, FIELDS, IMAGE)


@dataclass(frozen=True)
class Attributed:
    """What an explanation gave one place of an example.

    Attributes
    ----------
    start, end
        As `audit.data.places` has it: characters, of texts.
    """

    start: int
    end: int
    value: float


@dataclass(frozen=True)
class ProbedRow:
    """A decision that is asked about again.

    Attributes
    ----------
    example
        What it is about; where the model makes several decisions about it, with the one that is meant.
    y_true, y_pred
        What is true, if anybody knows, and what was decided.
    groups
        Attribute -> group.
    attributed
        What its explanation gave each place, for the predicted class; None where it is not explained.
    """

    row_id: str
    example: Example
    y_true: str | None
    y_pred: str
    groups: Mapping[str, str]
    attributed: tuple[Attributed, ...] | None = None

    def seed(self, seed: int, *about: str | int) -> int:
        """Give a seed that depends on the row's id and on what it is for, and on nothing else."""
        named = "\x1f".join(map(str, (seed, self.row_id, *about)))
        return int.from_bytes(hashlib.sha256(named.encode(errors="surrogatepass")).digest()[:8], "big")

    def random(self, seed: int, *about: str | int) -> np.random.Generator:
        """Give random numbers that depend on the row's id and on what they are for, and on nothing else."""
        return np.random.default_rng(self.seed(seed, *about))


@dataclass(frozen=True)
class Variant:
    """An example with one change made to it, or why the change was not made.

    Attributes
    ----------
    transform
        What makes the change.
    severity
        From 1, which hardly anybody notices; 0 where a change has no strengths.
    version
        The changed example, with the edits that make it or the name of the change.
    refused
        A code: why it was not made.
    """

    transform: str
    severity: int
    version: Version | None
    refused: str | None = None

    def __post_init__(self) -> None:
        if (self.version is None) == (self.refused is None):
            raise ValueError("a variant has a version, or a reason why it was refused")


@runtime_checkable
class HasRows(Protocol):
    """A probe that asks about rows of its own, instead of a sample of the decisions."""

    def rows(self) -> pd.DataFrame:
        """Rows in the shape of drawn decisions: `row_id`, `input`, `y_true`, `y_pred`, weights and group columns."""


@dataclass(frozen=True)
class Outcome:
    """What became of one variant: a row of variants.parquet.

    Attributes
    ----------
    status
        `scored`, `refused` or `failed`.
    y_pred_after, f, f_after
        What is decided about the variant, and the score before and after: the probability of the positive class, or of
        the class that was predicted.
    hit
        Whether it has the outcome that the probe counts; None unless scored.
    """

    row_id: str
    variant: Variant
    status: str
    y_pred_after: str | None = None
    f: float | None = None
    f_after: float | None = None
    hit: bool | None = None


class Probe(Protocol):
    """Asks a model again about rows that it decided.

    Attributes
    ----------
    name
        Its metric is called `probe:` and this.
    outcome
        What is counted: `changed` (the decision is another), `failed` (what was expected of it), `succeeded` (a search
        found a change under which it is another).
    transforms
        Names of the changes that it makes, in the order in which reports tell them.
    severities
        Strengths of a change; (0,) where there are none.
    reads
        Kinds of example that it can change, of `KINDS`.
    needs_attributions
        Whether it asks about explained decisions alone.
    flags
        Whether a decision with the outcome is flagged.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - told above
    @property
    def outcome(self) -> str: ...  # noqa: D102
    @property
    def transforms(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def severities(self) -> Sequence[int]: ...  # noqa: D102
    @property
    def reads(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def needs_attributions(self) -> bool: ...  # noqa: D102
    @property
    def flags(self) -> bool: ...  # noqa: D102

    def fingerprint(self) -> str:
        """Hash what decides its changes beside the configuration: data files, functions of the user's own."""

    def ask(self, rows: Sequence[ProbedRow], model: Model) -> list[Outcome]:
        """Make changes, let the model decide, and say what became of it; in a fixed order."""


def kind_of(example: Example) -> str:
    """Say what kind of example it is."""
    plain = example.example if isinstance(example, Asked) else example
    if isinstance(plain, str):
        return TEXT
    if isinstance(plain, Words):
        return WORDS
    if isinstance(plain, Fields):
        return FIELDS
    return IMAGE if isinstance(plain, Image) else PAIR
