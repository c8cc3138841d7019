"""How well a model does on rows that it was trained on, and on others: the loss of each, and nothing else.

What a row says never leaves this module: parts hold a row's number, its loss, its true class, its cluster and groups.
Of a row about which several things are decided, the loss is the mean over them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.data.examples import examples_of
from audit.data.sides import Side, Sides
from audit.engine.in_process import InProcess
from audit.engine.job import Advance, Done, Engine, Part
from audit.models.adapter import Adapter
from audit.models.predict import Predictor
from audit.models.tier_counts import COUNTED
from audit.store.columns import group_columns
from audit.store.decisions import decision_schema, read_decisions, windows
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder
from audit.store.shards import Shards

Floats = npt.NDArray[np.float64]

#: Rows per part of a resumable run; of pictures, two parts of which are held as numbers.
PART_ROWS, PART_PICTURES = 512, 64
#: What a logit that says "never" counts as.
LEAST_LOGIT = -1e4


def losses_of(sides: Sides, engine: Engine, folder: RunFolder, progress: Progress) -> tuple[pd.DataFrame, int, int]:
    """Score both sides in resumable parts; decisions about audited rows are known already.

    Returns
    -------
    rows : DataFrame
        `side`, `row_id`, `loss` (NaN where the model gave no usable output), `label`, `cluster`, and groups.
    computed, reused
        Parts.
    """
    asked = {"members": sides.members} if sides.audited else sides.named
    table, computed, reused = _scored(asked, sides, engine, folder.shards("membership"), progress, "membership")
    if sides.audited:
        table = pd.concat([table, _decided(sides, folder, list(engine.adapter.classes))], ignore_index=True)
    return table, computed, reused


def reference_losses(
    sides: Sides, reference: Adapter, folder: RunFolder, progress: Progress
) -> tuple[pd.DataFrame, int, int]:
    """Score both sides with a second model, in the same way; the engine's other processes hold the first."""
    shards = folder.shards("membership_reference")
    return _scored(sides.named, sides, InProcess(reference), shards, progress, "reference")


def _schema(sides: Sides) -> pa.Schema:
    groups = group_columns(attribute.label for attribute in sides.attributes)
    texts = ("side", "row_id", "label", "cluster", *groups)
    return pa.schema([*((name, pa.string()) for name in texts), ("loss", pa.float64())])


def _scored(
    asked: dict[str, Side], sides: Sides, engine: Engine, shards: Shards, progress: Progress, title: str
) -> tuple[pd.DataFrame, int, int]:
    names = [attribute.label for attribute in sides.attributes]
    members = [attribute.label for attribute in sides.attributes if attribute.members]
    labels = {name: dict(side.labels) for name, side in asked.items()}
    job = Scoring(decision_schema(names, (), members), _schema(sides), tuple(group_columns(names)), labels)
    with progress.stage(title, sum(len(side.drawn) for side in asked.values()), "rows") as bar:
        computed, reused = engine.map(job, _parts(asked, shards), shards, bar)
    return pd.concat([part.to_pandas() for part in shards.read()], ignore_index=True), computed, reused


@dataclass(frozen=True)
class Scoring:
    """The job of finding the loss of rows, each of a side.

    Attributes
    ----------
    schema, found
        Of a table of decisions, and of what is written.
    groups
        Columns that hold groups.
    labels
        Side -> label of the data -> class of the model.
    """

    schema: pa.Schema
    found: pa.Schema
    groups: tuple[str, ...]
    labels: Mapping[str, dict[str, str]]

    def start(self, adapter: Adapter) -> _Scorer:
        """Make ready to score with this model."""
        budget = adapter.facts().batch_tokens
        predictors = {
            side: Predictor(adapter, self.schema, labels=labels, positive=None, budget=budget)
            for side, labels in self.labels.items()
        }
        return _Scorer(self, predictors, list(adapter.classes))


@dataclass(frozen=True)
class _Scorer:
    job: Scoring
    predictors: Mapping[str, Predictor]
    classes: list[str]

    def prepare(self, part: Part) -> Any:
        side, rows = part.payload
        return self.predictors[side].encode(examples_of(rows))

    def work(self, part: Part, ready: Any, advance: Advance) -> Done:
        side, rows = part.payload
        decided, spent = self.predictors[side].decide(rows, ready, advance)
        found = _by_row([decided], self.classes, list(self.job.groups)).assign(side=side)
        spent = {
            "membership_rows": rows.num_rows,
            "membership_batches": spent["forward_batches"],
            "membership_tokens": spent["forward_tokens"],
            **{name: n for name, n in spent.items() if name.startswith(COUNTED)},
        }
        return pa.Table.from_pandas(found, self.job.found, preserve_index=False), spent


def _size(side: Side) -> int:
    return PART_ROWS if side.config.data.columns.image is None else PART_PICTURES


def _parts(asked: Mapping[str, Side], shards: Shards) -> Iterator[Part]:
    """Read the parts of all sides; a side whose shards are all there is not read again."""
    after = 0
    for name, side in asked.items():
        size, drawn = _size(side), len(side.drawn)
        sizes = [min(size, drawn - first) for first in range(0, drawn, size)]
        numbers = range(after, after + len(sizes))
        after += len(sizes)
        if all(map(shards.done, numbers)):
            yield from (Part(number, rows, None) for number, rows in zip(numbers, sizes, strict=True))
            continue
        for number, rows in zip(numbers, windows(side.batches(), size), strict=True):
            yield Part(number, rows.num_rows, (name, rows))


def _decided(sides: Sides, folder: RunFolder, classes: list[str]) -> pd.DataFrame:
    """Losses of audited rows, by what was decided about them."""
    groups = group_columns(attribute.label for attribute in sides.attributes)
    columns = ["row_id", "example", "y_true", "logits", "status", "cluster", *groups]
    wanted = pa.array(sorted(set(sides.held_out.drawn.values())), pa.string())
    parts = []
    for batch in read_decisions(folder.decisions, columns):
        owner = pc.coalesce(batch["example"], batch["row_id"])
        mine = batch.filter(pc.is_in(owner, value_set=wanted))
        if mine.num_rows:
            parts.append(mine)
    return _by_row(parts, classes, groups).assign(side="held_out")


def _by_row(parts: Iterable[pa.Table], classes: list[str], groups: list[str]) -> pd.DataFrame:
    """Mean loss of each row over its decisions."""
    tables = [_losses(part, classes, groups) for part in parts]
    columns = ["row_id", "loss", "label", "cluster", *groups]
    frame = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    grouped = frame.groupby("row_id", sort=False, as_index=False)
    found: pd.DataFrame = grouped.agg(
        **{"loss": ("loss", "mean"), "decisions": ("loss", "size")},
        **{name: (name, _first) for name in ("label", "cluster", *groups)},
    )
    # Several decisions have no class in common.
    several = (found.pop("decisions") > 1).to_numpy(bool)
    found["label"] = found["label"].astype(object).where(~several, None)
    return found[columns]


def _first(values: pd.Series) -> object:
    return values.iloc[0]


def _losses(decided: pa.Table, classes: list[str], groups: list[str]) -> pd.DataFrame:
    """Loss of each decision that is about something; one that failed has none."""
    kept = decided.filter(pc.not_equal(decided["status"], "nothing"))
    truth = pd.Index(classes, dtype=object).get_indexer(pd.Index(kept["y_true"].to_pylist(), dtype=object))
    rows = kept["logits"].to_pylist()
    loss = np.array([_loss(one, int(at)) for one, at in zip(rows, truth, strict=True)], float)
    owner = pc.coalesce(kept["example"], kept["row_id"]).to_pylist()
    texts = {name: pd.Series(kept[name].to_pylist(), dtype=object) for name in ("cluster", *groups)}
    label = pd.Series(kept["y_true"].to_pylist(), dtype=object)
    return pd.DataFrame({"row_id": owner, "loss": loss, "label": label, **texts})


def _loss(logits: list[float] | None, true: int) -> float:
    """How unlikely the model finds what is true: −log of its probability, with all digits where that is near 1."""
    if logits is None or true < 0:
        return float("nan")
    values = np.maximum(np.array(logits, np.float64), LEAST_LOGIT)
    others = np.delete(values, true)
    return float(np.logaddexp(0.0, np.logaddexp.reduce(others) - values[true]))
