"""One pass over the data before anything expensive: what is there, and whether it can be audited at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.config import AuditConfig
from audit.config.spelling import as_label
from audit.data.agreement import agree, spelled_like
from audit.data.distinct import Distinct
from audit.data.files import hash_files, list_table
from audit.data.hashes import Hashes, among, hashes_of
from audit.data.image_files import ImageFiles
from audit.data.median import MedianScore
from audit.data.quotes import quote_notes
from audit.data.rows import MOST_NUMBER, OTHER_UNIT, RowReader
from audit.data.stored import refuse_undecided
from audit.data.values import MOST_WHOLE
from audit.errors import DataError, some
from audit.result import Note
from audit.store.columns import control_column, group_columns
from audit.store.membership import spread

#: More classes or groups than this is an id or a number in the wrong place, not a class or a group; a crossing of more
#: groups is left out and told.
MOST_CLASSES = 200
MOST_GROUPS = 1000
#: Ids that are looked at one by one, where their hashes occur more than once.
MOST_TOLD = 100_000
YES = ("1", "true")
#: Outcome -> the canonical column that says what is true.
_TRUTH = {"number": "y_value", "entities": "gold", "labels": "gold"}


@dataclass
class Survey:
    """What one pass over the data found."""

    format: str
    sha256: str
    images: ImageFiles
    rows_read: int = 0
    rows_kept: int = 0
    unlabelled: int = 0
    #: How many files the table is made of.
    files: int = 1
    #: Rows of which nothing is true, where a row may have several labels or entities.
    empty: int = 0
    schemes: dict[str, list[str]] = field(default_factory=dict)
    #: Median score of all rows, as a share of the range, if that is the threshold.
    median: float | None = None
    weighted: bool = False
    clusters: int | None = None
    labels: Counter[str] = field(default_factory=Counter)
    predictions: Counter[str] = field(default_factory=Counter)
    groups: dict[str, Counter[str]] = field(default_factory=dict)
    too_fine: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def classes_seen(self) -> list[str]:
        """All classes among labels and stored predictions, sorted."""
        return sorted({*self.labels, *self.predictions})


def survey(config: AuditConfig) -> Survey:
    """Read the data once and refuse what cannot be audited.

    Memory does not grow with the rows, but for what `ImageFiles` says, if rows name files: what has to see all of them
    (`Distinct`, `MedianScore`) goes to disk.

    Raises
    ------
    DataError
        For duplicate ids (with row numbers), too many classes or groups, groups outside gaps that do not occur, a
        picture that is no file below the folder of the data, or no row at all.
    """
    listed = list_table(config.data)
    weighted = config.data.columns.weight is not None
    images = ImageFiles(config.data)
    found = Survey(listed.format, hash_files(config.data), images, files=len(listed.files), weighted=weighted)
    reader = RowReader(config)
    with Distinct() as ids, Distinct() as clusters, MedianScore(config.data) as median:
        seen = _Pass(config, found, reader)
        for batch in median.over(reader):
            seen.take(batch)
            if config.data.columns.id:
                ids.add(batch["row_id"])
            if config.data.columns.cluster:
                clusters.add(batch["cluster"])
        seen.end()
        found.rows_read, found.median = reader.rows_read, median.value()
        if found.clusters is not None:
            found.clusters += clusters.count()
        _refuse_duplicates(config, ids.repeated())
    found.sha256 = images.sha256(found.sha256)
    _check_outside(config, found)
    found.notes += [*agree(config, found, reader.seen), *quote_notes(config.data)]
    found.schemes = {column: sorted(names) for column, names in reader.several.schemes.items()}
    found.notes += [Note(code=code, params={"n": n}) for code, n in sorted(reader.several.changed.items())]
    found.too_fine = [crossing for crossing, groups in seen.crossed.items() if len(groups) > MOST_GROUPS]
    for crossing in found.too_fine:
        params: dict[str, str | int | float | list[str] | None] = {
            "attributes": list(crossing),
            "limit": MOST_GROUPS,
        }
        found.notes.append(Note(code="crossing_too_fine", params=params))
    return found


class _Pass:
    """What one pass over the rows adds to a survey, batch by batch."""

    def __init__(self, config: AuditConfig, found: Survey, reader: RowReader) -> None:
        self._config, self._found, self._reader = config, found, reader
        of_rows = [attribute.label for attribute in config.read_as_groups if attribute.entity is None]
        self._columns = dict(zip(of_rows, group_columns(of_rows), strict=True))
        self._columns |= {name: control_column(name) for name in config.controls}
        found.groups = {name: Counter() for name in self._columns}
        self.crossed: dict[tuple[str, ...], set[tuple[str, ...]]] = {crossing: set() for crossing in config.crossings}
        self._counted = self._largest = 0.0

    def take(self, batch: pa.Table) -> None:
        """Add canonical rows."""
        data, found = self._config.data, self._found
        found.rows_kept += batch.num_rows
        self._counted += float(batch["count"].to_numpy().astype(np.float64).sum())
        if self._counted >= MOST_WHOLE:
            raise DataError(
                f"column {data.columns.count!r}: the counts add up to more than {MOST_WHOLE - 1:,}",
                where=str(data.path),
                hint="put what rows stand for into data.columns.weight, divided by one number",
            )
        with self._reader.places.named():
            refuse_undecided(batch, self._config)
            found.images.take(batch)
        _count_crossed(self.crossed, batch)
        _count_classes(found, batch)
        for name, column in self._columns.items():
            _count_groups(found.groups[name], batch, column)
            if len(found.groups[name]) > MOST_GROUPS:
                raise DataError(
                    f"column of {name!r} has over {MOST_GROUPS:,} different groups",
                    where=str(data.path),
                    hint="give it `bins`, or map its `values`; an id or a number is no group",
                )
        found.empty += _empty(batch)
        found.unlabelled += batch[_TRUTH.get(data.outcome, "y_true")].null_count
        if data.columns.cluster:
            found.clusters = (found.clusters or 0) + batch["cluster"].null_count
        if data.outcome == "number":
            largest = (pc.max(pc.abs(batch[name])).as_py() or 0.0 for name in ("y_value", "score"))
            self._largest = max(self._largest, *largest)
        _few_classes(self._config, found)

    def end(self) -> None:
        """Refuse what only all rows tell."""
        where = str(self._config.data.path)
        if 0 < self._largest < 1 / MOST_NUMBER:
            raise DataError(f"no number to predict is larger than {self._largest:g}", where=where, hint=OTHER_UNIT)
        if not self._found.rows_kept:
            raise DataError("no row to audit", where=where, hint=_kept_by_none(self._config, self._reader.seen))


def positive_class(config: AuditConfig, classes: list[str]) -> str | None:
    """Return the class that counts as positive; none where there are more than two classes and no one was named.

    Raises
    ------
    DataError
        If two classes leave it open, or the one named does not occur. String labels read with an implied positive
        class have made whole audits come out as "perfectly fair".
    """
    named = config.data.positive_label
    if named is not None:
        # A model may call its class "True" or "1.0"; data and configuration have one spelling for these.
        own = [cls for cls in classes if named in {cls, as_label(cls)}]
        if not own:
            meant = spelled_like(named, classes)
            raise DataError(
                f"data.positive_label {named!r} is not among the classes {some(classes)}",
                where=str(config.data.path),
                hint=f"did you mean {meant!r}?" if meant else None,
            )
        return own[0]
    if len(classes) > 2:
        return None
    yes = [label for label in classes if as_label(label) in YES]
    if len(yes) == 1:
        return yes[0]
    raise DataError(
        f"the classes are {some(classes)} and nothing says which counts as positive",
        where=str(config.data.path),
        hint="set data.positive_label",
    )


def _count_classes(found: Survey, batch: pa.Table) -> None:
    """Count labels and predictions; where there are several of a row, each of them."""
    if "gold" not in batch.column_names:
        _count(found.labels, batch["y_true"], batch["count"])
        _count(found.predictions, batch["prediction"], batch["count"])
        return
    for counter, column in ((found.labels, "gold"), (found.predictions, "found")):
        for row in batch[column].to_pylist():
            counter.update(one if isinstance(one, str) else one["type"] for one in row or ())


def _empty(batch: pa.Table) -> int:
    """Count rows of which nothing is true."""
    if "gold" not in batch.column_names:
        return 0
    return pc.sum(pc.equal(pc.list_value_length(batch["gold"]), 0)).as_py() or 0


def _count(counter: Counter[str], column: pa.ChunkedArray, count: pa.ChunkedArray) -> None:
    sums = pa.table({"value": column, "count": count}).group_by("value").aggregate([("count", "sum")])
    for value, total in zip(sums["value"].to_pylist(), sums["count_sum"].to_pylist(), strict=True):
        if value is not None:
            counter[value] += total


def _count_groups(counter: Counter[str], batch: pa.Table, column: str) -> None:
    spread_out = spread(batch.append_column("w", batch["weight"]), [column], ["w"], [])
    _count(counter, spread_out[column], spread_out["count"])


def _count_crossed(crossed: dict[tuple[str, ...], set[tuple[str, ...]]], batch: pa.Table) -> None:
    """Collect the groups of each crossing, until there are too many to compare."""
    for crossing, groups in crossed.items():
        if len(groups) > MOST_GROUPS:
            continue
        columns = group_columns(crossing)
        spread_out = spread(batch.append_column("w", batch["weight"]), columns, ["w"], [])
        found = spread_out.group_by(columns).aggregate([])
        groups.update(zip(*(found[column].to_pylist() for column in columns), strict=True))


def _few_classes(config: AuditConfig, found: Survey) -> None:
    for key, classes in (("label", found.labels), ("prediction", found.predictions)):
        if len(classes) > MOST_CLASSES:
            column = getattr(config.data.columns, key)
            raise DataError(
                f"column {column!r} has over {MOST_CLASSES} different values",
                where=str(config.data.path),
                hint=f"data.columns.{key} must name a column of classes",
            )


def _refuse_duplicates(config: AuditConfig, suspects: Hashes) -> None:
    """Read the ids again whose hashes occur more than once, and refuse those that do."""
    if not len(suspects):
        return
    rows: dict[str, list[int]] = {}
    reader = RowReader(config)
    for batch in reader:
        mine = batch.filter(pa.array(among(hashes_of(batch["row_id"]), suspects)))
        for row, row_id in zip(mine["row"].to_pylist(), mine["row_id"].to_pylist(), strict=True):
            if row_id in rows or len(rows) < MOST_TOLD:
                rows.setdefault(row_id, []).append(row)
    repeated = {row_id: at for row_id, at in rows.items() if len(at) > 1}
    if repeated:
        first, at = next(iter(repeated.items()))
        n = len(repeated) if len(suspects) < MOST_TOLD else len(suspects)
        raise DataError(
            f"column {config.data.columns.id!r}: {n:,} ids occur more than once, for example {first!r} in "
            f"{reader.places.listed(at[:5])}",
            where=str(config.data.path),
            hint="an id names one row; leave data.columns.id out to number the rows",
        )


def _check_outside(config: AuditConfig, found: Survey) -> None:
    for attribute in config.attributes:
        if attribute.entity is not None:
            continue
        unseen = [group for group in attribute.outside_gaps if group not in found.groups[attribute.label]]
        if unseen:
            raise DataError(
                f"attribute {attribute.label!r}: outside_gaps names {some(unseen)}, which is no group of it",
                where=str(config.data.path),
                hint=f"{_meant(unseen[0], found.groups[attribute.label])}its groups are "
                f"{some(sorted(found.groups[attribute.label]), 20)}",
            )


def _meant(word: str, known: Iterable[str]) -> str:
    near = spelled_like(word, sorted(known))
    return f"did you mean {near!r}? " if near else ""


def _kept_by_none(config: AuditConfig, seen: Mapping[str, set[str]]) -> str | None:
    """Say why `data.where` keeps no row."""
    for column, wanted in config.data.where.items():
        known = seen.get(f"data.where.{column}", set())
        for value in wanted if isinstance(wanted, list) else [wanted]:
            if value not in known:
                return f"data.where keeps none: no cell of {column!r} is {value!r}. {_meant(value, known)}".rstrip()
    if config.data.period is not None:
        return f"data.period keeps none: none lies in {config.data.period.start} to {config.data.period.end}"
    return "data.where keeps none" if config.data.where else None
