"""The counterfactual probe: examples that name a group are decided again with the groups exchanged.

Only examples with something to exchange are scored, in batches, each edited one once per window of rows. The table of
outcomes holds spans and replacements, or the name of a change, never the example: a variant can be made again from the
row it came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from audit.config import AuditConfig
from audit.data.about import ABOUT, with_examples
from audit.data.examples import Example
from audit.engine.job import Advance, Done, Engine, Part
from audit.models.adapter import Adapter, Encoded
from audit.models.tiers import TieredRunner
from audit.probes.exchange import Exchange, Version
from audit.probes.exchanger import Exchanger
from audit.store.columns import group_columns
from audit.store.decisions import read_decisions, windows
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder
from audit.store.tables import count_rows

SCHEMA = pa.schema(
    [
        pa.field("row_id", pa.string(), nullable=False),
        ("axis", pa.string()),
        ("source", pa.string()),
        ("target", pa.string()),
        ("both", pa.bool_()),
        # scored, refused (with the reason) or failed.
        ("status", pa.string()),
        ("reason", pa.string()),
        ("y_pred", pa.string()),
        ("y_pred_exchanged", pa.string()),
        ("f", pa.float64()),
        ("f_exchanged", pa.float64()),
        ("ambiguous", pa.int32()),
        # Edited texts, one per open meaning; of those scored, the one that moves the decision least stands here.
        ("versions", pa.int32()),
        # Terms that were left as they are.
        ("kept", pa.int32()),
        ("starts", pa.list_(pa.int32())),
        ("ends", pa.list_(pa.int32())),
        ("replacements", pa.list_(pa.string())),
        # The name of a change to the whole example, as of a picture, that is no replaced span.
        ("change", pa.string()),
        ("weight", pa.float64()),
        ("cluster", pa.string()),
    ]
)
#: Rows per part of a resumable run.
PART_ROWS = 2048
#: The same of pictures, of which all versions of a part are in memory at once.
PART_PICTURES = 16
Floats = npt.NDArray[np.float64]


def probe_rows(
    config: AuditConfig,
    engine: Engine,
    exchangers: Sequence[Exchanger],
    positive: str | None,
    folder: RunFolder,
    progress: Progress,
) -> tuple[int, int]:
    """Exchange and score; write `counterfactuals.parquet`. Return how many parts were computed, and how many reused."""
    shards = folder.shards("counterfactuals")
    groups = group_columns(attribute.label for attribute in config.attributes)
    columns = ["row_id", *ABOUT, "y_pred", "logits", "status", "weight", "count", "cluster", *groups]
    size = PART_ROWS if config.data.columns.image is None else PART_PICTURES
    decided = windows(read_decisions(folder.decisions, columns), size)
    total = count_rows(folder.decisions)

    def parts() -> Iterator[Part]:
        for number, (examples, decision) in enumerate(with_examples(config, decided)):
            yield Part(number, decision.num_rows, (examples, decision))

    with progress.stage("exchanges", total, "decisions") as bar:
        done = engine.map(Exchanging(tuple(exchangers), tuple(groups), positive), parts(), shards, bar)
    shards.join(folder.counterfactuals, SCHEMA)
    return done


@dataclass(frozen=True)
class Exchanging:
    """The job of exchanging groups in examples, and of deciding again.

    Attributes
    ----------
    groups
        Columns of the decision table that hold groups.
    """

    exchangers: tuple[Exchanger, ...]
    groups: tuple[str, ...]
    positive: str | None

    def start(self, adapter: Adapter) -> _ExchangingWorker:
        """Make ready to decide with this model."""
        return _ExchangingWorker(self, Scorer(adapter, self.positive))


@dataclass(frozen=True)
class _ExchangingWorker:
    job: Exchanging
    scorer: Scorer

    def prepare(self, part: Part) -> None:
        """Nothing: which versions are decided stands fast only once their tokens are known."""

    def work(self, part: Part, ready: None, advance: Advance) -> Done:
        examples, decision = part.payload
        done = _window(examples, decision, self.job.groups, self.job.exchangers, self.scorer)
        advance(part.size)
        return done


class Scorer:
    """Decide texts: predicted class, and the probability of the positive class, else of the class first predicted."""

    def __init__(self, adapter: Adapter, positive: str | None) -> None:
        self._adapter = adapter
        self.positive = adapter.classes.index(positive) if positive is not None else None
        self.classes = list(adapter.classes)
        self._tiers = TieredRunner(adapter, adapter.facts().batch_tokens)

    def encode(self, texts: Sequence[Example]) -> dict[Example, Encoded]:
        """What the model reads of each text."""
        wanted = list(dict.fromkeys(texts))
        return dict(zip(wanted, self._adapter.encode(wanted), strict=True))

    def logits(self, encoded: Sequence[Encoded]) -> Floats:
        """Logits of each encoded text, shape (texts, classes)."""
        # What cannot be read has no logits.
        out = np.full((len(encoded), len(self.classes)), np.nan)
        readable = [i for i, item in enumerate(encoded) if item.failed is None]
        with torch.inference_mode():
            found = self._tiers.logits([encoded[i] for i in readable])
        if found:
            out[readable] = np.stack(found)
        return out

    @property
    def spent(self) -> dict[str, int]:
        """Batches and padded tokens so far, and what tiers of precision took."""
        runner = self._tiers.runner
        return {"probe_batches": runner.batches, "probe_tokens": runner.tokens, **self._tiers.spent}


def _window(
    texts: Sequence[Example],
    decision: pa.Table,
    groups: Sequence[str],
    exchangers: Sequence[Exchanger],
    scorer: Scorer,
) -> tuple[pa.Table, dict[str, int]]:
    before = scorer.spent
    made: list[tuple[int, Exchange]] = []
    rows = decision.select(["row_id", "status", *groups]).to_pylist()
    for i, (text, row) in enumerate(zip(texts, rows, strict=True)):
        if row["status"] != "failed":
            made += [(i, found) for exchanger in exchangers for found in exchanger.exchanges(text, row)]
    encoded = scorer.encode([text for i, found in made for text in (texts[i], *map(_text, found.versions))])
    made = [(i, _seen(found, encoded[texts[i]], [encoded[one.text] for one in found.versions])) for i, found in made]
    wanted = list(dict.fromkeys(version.text for _, found in made for version in found.versions))
    logits = dict(zip(wanted, scorer.logits([encoded[text] for text in wanted]), strict=True))
    own = decision["logits"].to_pylist()
    ids, predicted = decision["row_id"].to_pylist(), decision["y_pred"].to_pylist()
    weight = [w * n for w, n in zip(decision["weight"].to_pylist(), decision["count"].to_pylist(), strict=True)]
    cluster = decision["cluster"].to_pylist()
    records = []
    for i, found in made:
        chosen = found.versions[0] if found.versions else Version("", ())
        record: dict[str, Any] = {
            "row_id": ids[i],
            "axis": found.axis,
            "source": found.source,
            "target": found.target,
            "both": found.both,
            "status": "refused",
            "reason": found.refused,
            "y_pred": predicted[i],
            "ambiguous": found.ambiguous,
            "versions": len(found.versions),
            "kept": found.kept,
            "weight": weight[i],
            "cluster": cluster[i],
        }
        if found.versions:
            record["status"] = "failed"
            of = scorer.positive if scorer.positive is not None else scorer.classes.index(predicted[i])
            before_it = float(_softmax(np.array(own[i]))[of])
            scored = [(version, logits[version.text]) for version in found.versions]
            if all(np.isfinite(after).all() for _, after in scored):
                chosen, after = min(scored, key=lambda one: _moves(one[1], predicted[i], before_it, of, scorer.classes))
                record["status"] = "scored"
                record["y_pred_exchanged"] = scorer.classes[int(after.argmax())]
                record["f"], record["f_exchanged"] = before_it, _softmax(after)[of]
        record["starts"] = [edit.start for edit in chosen.edits]
        record["ends"] = [edit.end for edit in chosen.edits]
        record["replacements"] = [edit.new for edit in chosen.edits]
        record["change"] = chosen.change
        records.append(record)
    spent = {"probe_batches": 0, "probe_tokens": 0} | (Counter(scorer.spent) - Counter(before))
    return pa.Table.from_pylist(records, schema=SCHEMA), spent


def _text(version: Version) -> Example:
    return version.text


def _moves(after: Floats, predicted: str, before: float, of: int, classes: Sequence[str]) -> tuple[bool, float]:
    """How far a version moves a decision: whether it flips, then the change of the score."""
    return classes[int(after.argmax())] != predicted, abs(float(_softmax(after)[of]) - before)


def _seen(found: Exchange, before: Encoded, versions: Sequence[Encoded]) -> Exchange:
    """Refuse an edit that leaves what the model reads as it was: no model could answer it, so it is no test of one."""
    same = [before.reads_like(one) for one in versions]
    if not any(same):
        return found
    return replace(found, versions=(), refused="beyond_length" if before.truncated else "same_tokens")


def _softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max())
    return np.asarray(shifted / shifted.sum())
