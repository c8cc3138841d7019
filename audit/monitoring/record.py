"""What a history keeps of a run: its decisions counted, its lengths and words summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import pandas as pd
import pyarrow.compute as pc

from audit.config import AuditConfig
from audit.data.image_files import hash_data
from audit.data.rows import RowReader
from audit.errors import ConfigError
from audit.fairness.tally import Slicing, Tally, kept_apart, tally_columns, tally_decisions
from audit.monitoring.entries import Entry, SlicingCounts
from audit.monitoring.texts import Vocabulary, histogram
from audit.result import AuditResult
from audit.store.decisions import read_decisions
from audit.store.files import sha256
from audit.store.runfolder import RunFolder


def entry_of(folder: RunFolder, result: AuditResult, start: str, end: str) -> Entry:
    """Count a run as the window from `start` to `end`. Which epoch it belongs to, and its words, are filled in later.

    Raises
    ------
    ConfigError
        If its decisions are numbers: nothing about them is a rate.
    """
    if result.config["data"]["outcome"] == "number":
        raise ConfigError(
            "this audit is of predicted numbers, and monitoring watches rates",
            where=str(folder.path),
            hint="audit gate --baseline compares two windows",
        )
    slicings = _tallies(folder, result)
    outside = {
        tuple(slicing.attributes): [group.values for group in slicing.groups if not group.in_gaps]
        for slicing in result.slicings
    }
    counts = [_counts(tally, outside[tally.slicing.attributes]) for tally in slicings]
    labelled = sum(
        n for n, label in zip(counts[0].n, counts[0].y_true, strict=True) if label is not None
    ) if counts else 0  # fmt: skip
    return Entry(
        kind="window",
        start=start,
        end=end,
        added=datetime.now(UTC).isoformat(timespec="seconds"),
        title=result.title,
        run=sha256(folder.result),
        model=result.model.sha256 if result.model else None,
        config=result.config_sha256,
        epoch=0,
        began=None,
        reason=None,
        plan=None,
        decisions=result.data.decisions,
        labelled=labelled,
        clusters=result.data.clusters,
        weighted=result.data.weighted,
        slicings=counts,
        lengths=_lengths(folder),
        words=None,
        vocabulary=None,
    )


def _tallies(folder: RunFolder, result: AuditResult) -> list[Tally]:
    apart = kept_apart(result.config["data"]["outcome"])
    slicings = [
        Slicing(tuple(slicing.attributes), (), False, apart) for slicing in result.slicings if slicing.attributes
    ]
    members = [item["name"] for item in result.config["attributes"] if item.get("members")]
    return tally_decisions(read_decisions(folder.decisions, tally_columns(slicings, members)), slicings)


def _counts(tally: Tally, outside: list[list[str]]) -> SlicingCounts:
    cells = tally.cells

    def texts(column: str) -> list[str | None]:
        return [None if pd.isna(value) else str(value) for value in cells[column]]

    return SlicingCounts(
        attributes=list(tally.slicing.attributes),
        outside=outside,
        outputs=texts("output") if "output" in cells else None,
        groups=[list(map(str, row)) for row in cells[tally.slicing.group_columns].to_numpy().tolist()],
        y_true=texts("y_true"),
        y_pred=texts("y_pred"),
        n=cells["n"].astype(int).tolist(),
        w=cells["w"].astype(float).tolist(),
        w2=cells["w2"].astype(float).tolist(),
    )


def _lengths(folder: RunFolder) -> list[int] | None:
    """Count inputs by the tokens that the model read; None where none did."""
    seen: Counter[int] = Counter()
    for batch in read_decisions(folder.decisions, ["length", "count"]):
        sums = batch.group_by("length").aggregate([("count", "sum")])
        for length, n in zip(sums["length"].to_pylist(), sums["count_sum"].to_pylist(), strict=True):
            if length is not None:
                seen[length] += n
    return histogram(seen.keys(), seen.values()) if seen else None


def with_texts(entry: Entry, texts: Iterable[str], known: str | None) -> Entry:
    """Add how many texts hold words that the epoch's first window does not know.

    Parameters
    ----------
    texts
        Inputs of the audited rows.
    known
        Vocabulary of the epoch; None where none is known yet: it begins with this window.
    """
    if known is None:
        return entry.model_copy(update={"vocabulary": Vocabulary.of(texts).packed()})
    return entry.model_copy(update={"words": Vocabulary.read(known).hold(texts)})


def texts_of(config: AuditConfig, result: AuditResult) -> Iterator[str] | None:
    """Texts of the audited rows; None where a row has none.

    Raises
    ------
    ConfigError
        If the configuration, or the data, is not what was audited.
    """
    if config.data.columns.input is None or config.data.outcome == "entities":
        return None
    if hash_data(config) != result.data.sha256:
        raise ConfigError(
            "the data are not what this run audited",
            where=str(config.data.path),
            hint="give the configuration and the table of the run, or leave --config out: words are then not watched",
        )
    return (text for batch in RowReader(config) for text in pc.drop_null(batch["input"]).to_pylist())
