"""Tag sequences of a data set, and the labels of a model that tags words, read as entities."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.entities.cells import listed, nothing
from audit.entities.entity import OUTSIDE, Entity
from audit.entities.parts import take_apart
from audit.entities.schemes import SCHEMES, Part, Scheme, read
from audit.errors import AuditError, CellError, DataError, ModelError

#: How tokenizers call the tokens that stand for no text.
_SPECIAL = re.compile(r"\[[A-Za-z]+\]|</?[a-z]+>")
_LISTS = "a cell is a list with one tag for each word"


@dataclass(frozen=True)
class TagColumn:
    """A column of tags, read.

    Attributes
    ----------
    scheme, inferred
        Scheme of the tags, and whether it was found out rather than given.
    types
        Types of entities, sorted.
    rows
        Entities of each row, in order, over its words; None for a row without tags.
    missing
        Rows without tags.
    malformed, first_malformed
        Rows whose tags do not follow the scheme (an entity that goes on and was never begun), all the same read as
        seqeval does; and the number of the first.
    """

    scheme: str
    inferred: bool
    types: tuple[str, ...]
    rows: list[list[Entity] | None]
    missing: int
    malformed: int
    first_malformed: int | None


def read_tags(
    cells: Sequence[Any],
    *,
    column: str,
    where: str,
    scheme: str | None = None,
    lengths: Sequence[int] | None = None,
    rows: Sequence[int] | None = None,
) -> TagColumn:
    """Read a column of tags: a list of texts in each cell, or nothing.

    Parameters
    ----------
    column, where
        Name of the column and of the file, for errors.
    scheme
        Name of the scheme; None to infer it. The letters tell it, and where they leave a choice, the scheme that
        the fewest rows break.
    lengths
        Number of words of each row, where they are known.
    rows
        Number of each row, for errors; default: from 1.

    Raises
    ------
    DataError
        With the row, for a cell that is no list of tags or has another number of them than there are words; and for
        tags of no scheme.
    """
    numbers = range(1, len(cells) + 1) if rows is None else rows
    cells = [_tags(cell, column, where, row) for row, cell in zip(numbers, cells, strict=True)]
    for row, cell, length in zip(numbers, cells, lengths, strict=True) if lengths is not None else ():
        if cell is not None and len(cell) != length:
            problem = f": tags and words differ in number, {len(cell):,} and {length:,}"
            raise CellError(column, row, problem, where=where, hint=_LISTS)
    first_seen: dict[str, int] = {}
    for row, cell in zip(numbers, cells, strict=True):
        for tag in cell or ():
            first_seen.setdefault(tag, row)

    def wrong(problem: str, hint: str, tag: str) -> AuditError:
        if tag in first_seen:
            return CellError(column, first_seen[tag], f": {problem}", where=where, hint=hint)
        return DataError(f"column {column!r}: {problem}", where=where, hint=hint)

    parts, schemes = take_apart(first_seen, scheme, wrong)
    sequences = [None if cell is None else [parts[tag] for tag in cell] for cell in cells]
    entities = [None if sequence is None else read(sequence) for sequence in sequences]
    broken = {likely.name: _malformed(likely, sequences, entities) for likely in schemes}
    best = min(broken, key=lambda name: len(broken[name]))
    return TagColumn(
        best,
        scheme is None,
        tuple(sorted({part[1] for part in parts.values() if part})),
        entities,
        sum(cell is None for cell in cells),
        len(broken[best]),
        numbers[broken[best][0]] if broken[best] else None,
    )


def _malformed(
    scheme: Scheme, sequences: Sequence[list[Part] | None], rows: Sequence[list[Entity] | None]
) -> list[int]:
    both = enumerate(zip(sequences, rows, strict=True))
    return [at for at, (parts, found) in both if parts and found and scheme.write(found, len(parts)) != parts]


def _tags(cell: Any, column: str, where: str, row: int) -> list[str] | None:
    cell = listed(cell)
    if nothing(cell):
        return None
    if not isinstance(cell, list):
        what = "a text" if isinstance(cell, str) else type(cell).__name__
        raise CellError(column, row, f" holds {what}, not a list", where=where, hint=_LISTS)
    for word, tag in enumerate(cell, 1):
        if not isinstance(tag, str):
            what = "missing" if nothing(tag) else f"no text, but {type(tag).__name__}"
            hint = "tag words of no entity O; write the names of tags, not their numbers"
            raise CellError(column, row, f": the tag of word {word} is {what}", where=where, hint=hint)
    return cell


@dataclass(frozen=True)
class ModelLabels:
    """The labels of a model that tags words, taken apart.

    Attributes
    ----------
    schemes, inferred
        Schemes that the labels may be of, the likelier first, and whether they were found out rather than given. All
        are read alike; which of them the model follows, its sequences tell.
    types
        Types of entities, in the order of the labels.
    letters, class_of
        Of each label, its letter ("" for O and for bare types), and the number of its class in `classes`.
    set_aside
        Labels that are called like special tokens ([PAD]), and count as O: they were there for training alone.
    """

    schemes: tuple[str, ...]
    inferred: bool
    types: tuple[str, ...]
    letters: tuple[str, ...]
    class_of: tuple[int, ...]
    set_aside: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """What may be decided about a word: O, and the types."""
        return (OUTSIDE, *self.types)

    def entities(self, numbers: Sequence[int]) -> list[Entity]:
        """Read the entities of one sequence of label numbers, one for each word."""
        return read(self._parts(numbers))

    def breaks(self, numbers: Sequence[int]) -> frozenset[str]:
        """Say which of `schemes` a sequence does not follow."""
        parts = self._parts(numbers)
        entities = read(parts)
        return frozenset(name for name in self.schemes if SCHEMES[name].write(entities, len(parts)) != parts)

    def _parts(self, numbers: Sequence[int]) -> list[Part]:
        own = [
            (letter, self.types[at - 1]) if at else None for letter, at in zip(self.letters, self.class_of, strict=True)
        ]
        return [own[number] for number in numbers]


def read_labels(labels: Sequence[str], *, where: str, scheme: str | None = None) -> ModelLabels:
    """Take apart the labels of a model, in the order of its classes.

    Parameters
    ----------
    where
        Name of the model, for errors.

    Raises
    ------
    ModelError
        For labels of no scheme, or if none is O.
    """

    def wrong(problem: str, hint: str, tag: str) -> AuditError:
        return ModelError(f"labels of the model: {problem}", where=where, hint=hint)

    aside = [label for label in labels if _SPECIAL.fullmatch(label)]
    labels = [OUTSIDE if label in aside else label for label in labels]
    parts, schemes = take_apart(labels, scheme, wrong)
    if OUTSIDE not in labels or len(aside) == labels.count(OUTSIDE):
        raise wrong("none is O", "a model that tags words says O of what is part of no entity", "")
    own = [parts[label] for label in labels]
    types = list(dict.fromkeys(part[1] for part in own if part))
    return ModelLabels(
        tuple(likely.name for likely in schemes),
        scheme is None,
        tuple(types),
        tuple(part[0] if part else "" for part in own),
        tuple(1 + types.index(part[1]) if part else 0 for part in own),
        tuple(aside),
    )
