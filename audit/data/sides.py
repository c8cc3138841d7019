"""Two sides of one question: rows that a model was trained on, and rows that it was not. Which of them are compared?

A row that says the same as an earlier one of its side counts once, since a model says the same of both. A row that says
the same as a row of the members is one, and leaves the other side. Of what is left, a seeded sample is drawn, each row
as likely as any other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.config import AttributeConfig, AuditConfig
from audit.config.data import Columns
from audit.config.privacy import RowsConfig
from audit.data.examples import blank, examples_of
from audit.data.files import hash_files
from audit.data.labels import match_labels
from audit.data.others import digest_of, groups_asked, reading_others
from audit.data.rows import RowReader
from audit.errors import DataError


@dataclass(frozen=True)
class Side:
    """Rows of one side.

    Attributes
    ----------
    config
        By which they are read.
    sha256
        Of the file.
    rows, repeated, known, unlabelled
        All rows; those left out as repeated, as members, and without a label.
    drawn
        Number of each row that is compared -> its id.
    labels
        Label of the data -> class of the model.
    """

    config: AuditConfig
    sha256: str
    rows: int
    repeated: int
    known: int
    unlabelled: int
    drawn: Mapping[int, str]
    labels: Mapping[str, str]

    def batches(self) -> Iterator[pa.Table]:
        """Yield the rows that are compared, in the order of the file."""
        wanted = pa.array(sorted(self.drawn), pa.int64())
        for batch in RowReader(self.config):
            mine = batch.filter(pc.is_in(batch["row"], value_set=wanted))
            if mine.num_rows:
                yield mine


@dataclass(frozen=True)
class Sides:
    """Members, and rows that the model was not trained on.

    Attributes
    ----------
    audited
        The latter are rows of the audited data, about which it has decided already.
    attributes
        Whose groups are compared.
    """

    members: Side
    held_out: Side
    audited: bool
    attributes: tuple[AttributeConfig, ...]

    @property
    def named(self) -> dict[str, Side]:
        """Both, by name."""
        return {"members": self.members, "held_out": self.held_out}


def find_sides(
    config: AuditConfig,
    members: RowsConfig,
    held_out: RowsConfig | None,
    *,
    by: Collection[str] | None,
    sample: int,
    classes: list[str],
    where: str,
) -> Sides:
    """Look through both tables, and draw the rows that are compared.

    Parameters
    ----------
    by
        Attributes whose groups are compared; None for all of whole rows.
    sample
        Rows of each side.
    classes
        Of the model; with none, labels are not asked for.
    where
        Key of the configuration that asks for it.

    Raises
    ------
    DataError
        If a side has no row to compare.
    """
    attributes = groups_asked(config, by, f"{where}.by")
    audited = held_out is None
    read = reading_others(config, members, attributes)
    # Audited rows keep their ids, by which what was decided about them is found.
    own = Columns(id=config.data.columns.id)
    same = RowsConfig(path=config.data.path, format=config.data.format, where=config.data.where, columns=own)
    other = reading_others(config, same if held_out is None else held_out, attributes)
    rng = np.random.default_rng(config.seed)
    first, known = draw_side(read, frozenset(), sample, classes, rng)
    second, _ = draw_side(other, known, sample, classes, rng)
    for key, side in (("members", first), ("held_out", second)):
        if not side.drawn:
            raise DataError(
                f"none of its {side.rows:,} rows can be compared: {side.repeated:,} repeat another one, {side.known:,} "
                f"are among the members, {side.unlabelled:,} have no label",
                where=str(side.config.data.path),
                hint=f"{where}.{key} names rows that the model was {'' if key == 'members' else 'not '}trained on",
            )
    return Sides(first, second, audited, attributes)


def draw_side(
    config: AuditConfig, known: frozenset[bytes], sample: int, classes: list[str], rng: np.random.Generator
) -> tuple[Side, frozenset[bytes]]:
    """Look through a table, and draw rows of it.

    Parameters
    ----------
    known
        What rows say (`digest_of`) that are members.
    sample
        Rows at most.
    classes
        As for `find_sides`.

    Returns
    -------
    side, digests
        What all of its rows say.
    """
    seen: set[bytes] = set()
    ids: dict[int, str] = {}
    labels: set[str] = set()
    repeated = among = unlabelled = rows = 0
    for batch in RowReader(config):
        rows += batch.num_rows
        truth = "gold" if "gold" in batch.column_names else "y_true"
        told = batch[truth].is_valid().to_pylist() if classes else [True] * batch.num_rows
        for label in batch[truth].to_pylist() if classes else ():
            labels |= {label} if isinstance(label, str) else {_type(one) for one in label or ()}
        numbers = zip(batch["row"].to_pylist(), batch["row_id"].to_pylist(), told, strict=True)
        for (number, row_id, labelled), example in zip(numbers, examples_of(batch), strict=True):
            digest = digest_of(example)
            if digest in seen:
                repeated += 1
            elif digest in known:
                among += 1
            elif not labelled or blank(example):
                unlabelled += 1
            else:
                ids[number] = row_id
            seen.add(digest)
    chosen = sorted(ids)
    if len(chosen) > sample:
        chosen = sorted(int(number) for number in rng.choice(chosen, sample, replace=False))
    matched = match_labels(config, sorted(labels), classes)[0] if classes else {}
    drawn = {number: ids[number] for number in chosen}
    return Side(config, hash_files(config.data), rows, repeated, among, unlabelled, drawn, matched), frozenset(seen)


def _type(one: object) -> str:
    return one if isinstance(one, str) else str(one["type"])  # type: ignore[index]
