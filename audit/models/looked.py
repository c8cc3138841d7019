"""What a look at the data tells a model that reads named values, or whatever a function of the user's own reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from audit.config import AuditConfig
from audit.config.encoding import FeatureEncoding, number_of
from audit.data.examples import Fields, Plain, Value, blank, examples_of
from audit.data.rows import RowReader

#: Different examples that a model is tried with, and rows that are looked through for them.
MOST_TRIED, MOST_ROWS = 16, 1000


@dataclass(frozen=True)
class Looked:
    """What the data look like.

    Attributes
    ----------
    reads
        Key of `data.columns` that says what is read: input, fields or features.
    kinds
        Of features: name -> `number` or `category`, in their order.
    references
        Of features: the value that stands for one that is taken away.
    tried
        A few different examples.
    """

    reads: str
    kinds: Mapping[str, str]
    references: Mapping[str, Value]
    tried: list[Plain]


def look(config: AuditConfig) -> Looked:
    """Read the data once: as far as examples to try are found, or to the end where a reference has to be computed."""
    (reads,) = config.data.columns.read
    kinds = dict(config.data.columns.features)
    encoding = config.model.encoding if config.model else {}
    declared = {name: _declared(kind, encoding.get(name)) for name, kind in kinds.items()}
    sums = {
        name: _Mean() if kinds[name] == "number" else _Commonest(encoding.get(name))
        for name, value in declared.items()
        if value is None
    }
    tried: dict[str, Plain] = {}
    rows = 0
    for batch in RowReader(config):
        if rows < MOST_ROWS:
            for example in examples_of(batch.slice(0, MOST_ROWS)):
                if len(tried) < MOST_TRIED and not blank(example):
                    tried.setdefault(repr(example), example)
        rows += batch.num_rows
        if not sums and (len(tried) >= MOST_TRIED or rows >= MOST_ROWS):
            break
        if sums:
            values = batch["fields"].combine_chunks().flatten()
            for number, name in enumerate(kinds):
                if name in sums:
                    sums[name].add(values.take(pa.array(np.arange(number, len(values), len(kinds)))))
    references = {name: sums[name].value if value is None else value for name, value in declared.items()}
    return Looked(reads, kinds, references, list(tried.values()))


def _declared(kind: str, encoding: FeatureEncoding | None) -> Value:
    if encoding is None:
        return None
    if encoding.reference is not None:
        return number_of(encoding.reference) if kind == "number" else encoding.reference
    return encoding.mean


@dataclass
class _Mean:
    total: float = 0.0
    n: int = 0

    def add(self, values: pa.StructArray) -> None:
        numbers = values.field("number").to_numpy(zero_copy_only=False)
        numbers = numbers[np.isfinite(numbers)]
        self.total, self.n = self.total + float(numbers.sum()), self.n + len(numbers)

    @property
    def value(self) -> Value:
        return self.total / self.n if self.n else 0.0


@dataclass
class _Commonest:
    encoding: FeatureEncoding | None
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, values: pa.StructArray) -> None:
        for found in values.field("text").value_counts().to_pylist():
            if found["values"] is not None:
                self.counts[found["values"]] += found["counts"]

    @property
    def value(self) -> Value:
        known = self.encoding.categories if self.encoding else ()
        counted = [(-n, text) for text, n in self.counts.items() if not known or text in known]
        return min(counted)[1] if counted else known[0] if known else ""


def lines_of(example: Fields) -> np.ndarray:
    """Places of the fields in the text that is shown: the whole line of each, shape (fields, 2)."""
    return np.array([(first, end) for first, _, end in example.lines], np.int32).reshape(-1, 2)
