"""Asks a model about changed examples: in batches, each once, in parts that an interrupted run does not do again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.config import AuditConfig
from audit.data.examples import Example
from audit.engine.job import Advance, Done, Engine, Part
from audit.errors import ConfigError
from audit.probes.registry import probes_of
from audit.probes.variants import IMAGE, Outcome, Probe, ProbedRow, Variant, kind_of
from audit.store.progress import Progress
from audit.store.shards import Shards

if TYPE_CHECKING:
    from audit.models.adapter import Adapter, Encoded

Floats = npt.NDArray[np.float64]
#: Rows per part of a resumable run; of pictures, whose variants are in memory at once.
PART_ROWS, PART_PICTURES = 64, 8
SCHEMA = pa.schema(
    [
        pa.field("probe", pa.string(), nullable=False),
        pa.field("row_id", pa.string(), nullable=False),
        pa.field("transform", pa.string(), nullable=False),
        pa.field("severity", pa.int32(), nullable=False),
        # scored, refused (with the reason) or failed.
        pa.field("status", pa.string(), nullable=False),
        ("reason", pa.string()),
        ("y_pred", pa.string()),
        ("y_pred_after", pa.string()),
        ("f", pa.float64()),
        ("f_after", pa.float64()),
        ("hit", pa.bool_()),
        ("starts", pa.list_(pa.int32())),
        ("ends", pa.list_(pa.int32())),
        ("replacements", pa.list_(pa.string())),
        # The name of a change to the whole example, as of a picture, that is no replaced span.
        ("change", pa.string()),
    ]
)


class Model:
    """A model that is asked about examples, as probes see it.

    Attributes
    ----------
    classes
        What may be decided.
    positive
        Class whose probability is the score; None where it is that of the class first predicted.
    queries
        Examples that it was asked about so far.
    """

    def __init__(self, adapter: Adapter, positive: str | None) -> None:
        # Not before a model is asked: whoever only checks a configuration makes probes too.
        from audit.probes.counterfactual import Scorer

        self._scorer = Scorer(adapter, positive)
        self.classes: list[str] = self._scorer.classes
        self.positive = positive
        self.queries = 0

    def probabilities(self, examples: Sequence[Example]) -> Floats:
        """Probability of each class, shape (examples, classes); not a number where the model gives none."""
        encoded = self.reads(examples)
        return self.probabilities_of([encoded[example] for example in examples])

    def probabilities_of(self, encoded: Sequence[Encoded]) -> Floats:
        """Probability of each class of examples that are encoded already."""
        if not encoded:
            return np.zeros((0, len(self.classes)))
        self.queries += len(encoded)
        logits = self._scorer.logits(encoded)
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))

    def reads(self, examples: Sequence[Example]) -> dict[Example, Encoded]:
        """What the model is given of each example."""
        return self._scorer.encode(examples)

    def score(self, probabilities: Floats, predicted: str) -> float:
        """The score of a decision: the probability of the positive class, or of the class first predicted."""
        return float(probabilities[self.classes.index(self.positive or predicted)])

    @property
    def spent(self) -> dict[str, int]:
        """Batches, padded tokens and examples so far."""
        spent = self._scorer.spent
        return {
            "variant_batches": spent.pop("probe_batches"),
            "variant_tokens": spent.pop("probe_tokens"),
            "variant_queries": self.queries,
            **spent,
        }


def variants_asked(
    rows: Sequence[ProbedRow],
    model: Model,
    variants: Callable[[ProbedRow], list[Variant]],
    hit: Callable[[Variant, str, str, float, float], bool] | None = None,
) -> list[Outcome]:
    """Ask about all variants of all rows at once.

    Parameters
    ----------
    variants
        Makes the variants of a row.
    hit
        Of a variant, what is decided before and after and both scores: whether it has the outcome. Default: the
        decision is another.
    """
    made = [(row, variant) for row in rows for variant in variants(row)]
    wanted = [row.example for row in rows]
    wanted += [variant.version.text for _, variant in made if variant.version is not None]
    encoded = model.reads(wanted)
    made = [(row, _seen(variant, row.example, encoded)) for row, variant in made]
    asked = list(
        dict.fromkeys(
            example
            for row, variant in made
            if variant.version is not None
            for example in (row.example, variant.version.text)
        )
    )
    found = dict(zip(asked, model.probabilities_of([encoded[example] for example in asked]), strict=True))
    out = []
    for row, variant in made:
        if variant.version is None:
            out.append(Outcome(row.row_id, variant, "refused"))
            continue
        before, after = found[row.example], found[variant.version.text]
        if not (np.isfinite(before).all() and np.isfinite(after).all()):
            out.append(Outcome(row.row_id, variant, "failed"))
            continue
        was, now = model.classes[int(before.argmax())], model.classes[int(after.argmax())]
        f, f_after = model.score(before, was), model.score(after, was)
        is_hit = was != now if hit is None else hit(variant, was, now, f, f_after)
        out.append(Outcome(row.row_id, variant, "scored", now, f, f_after, is_hit))
    return out


def _seen(variant: Variant, example: Example, encoded: dict[Example, Encoded]) -> Variant:
    """Refuse a change that leaves what the model reads as it was: no model could answer it, so it is no test of one."""
    if variant.version is None:
        return variant
    before, after = encoded[example], encoded[variant.version.text]
    if not before.reads_like(after):
        return variant
    return replace(variant, version=None, refused="beyond_length" if before.truncated else "same_tokens")


def ask_rows(
    config: AuditConfig,
    engine: Engine,
    probe: Probe,
    rows: Sequence[ProbedRow],
    positive: str | None,
    shards: Shards,
    progress: Progress,
) -> tuple[int, int]:
    """Ask about all rows in resumable parts; return how many were computed, and how many taken over."""
    pictures = bool(rows) and kind_of(rows[0].example) == IMAGE
    size = PART_PICTURES if pictures else PART_ROWS

    def parts() -> Iterator[Part]:
        for number, first in enumerate(range(0, len(rows), size)):
            part = rows[first : first + size]
            yield Part(number, len(part), part)

    with progress.stage(f"probe: {probe.name}", len(rows), "decisions") as bar:
        return engine.map(Asking(config, probe, positive), parts(), shards, bar)


@dataclass(frozen=True)
class Asking:
    """The job of asking one probe's questions.

    Where it is sent to another process, the probe is made again there from the configuration: it may hold functions of
    the user's own, which cannot be sent.
    """

    config: AuditConfig
    probe: Probe
    positive: str | None

    def __reduce__(self) -> tuple[Any, ...]:
        return _asked_again, (self.config, self.probe.name, self.probe.fingerprint(), self.positive)

    def start(self, adapter: Adapter) -> _Asker:
        """Make ready to ask this model."""
        return _Asker(self.probe, adapter, self.positive)


def _asked_again(config: AuditConfig, name: str, fingerprint: str, positive: str | None) -> Asking:
    probe = next(one for one in probes_of(config) if one.name == name)
    if probe.fingerprint() != fingerprint:
        raise ConfigError(
            f"the files of the probe {name!r} are others here than where the audit began", where="probes",
            hint="leave files alone while they are used, and give every machine the same; then start again",
        )  # fmt: skip
    return Asking(config, probe, positive)


@dataclass(frozen=True)
class _Asker:
    probe: Probe
    adapter: Adapter
    positive: str | None

    def prepare(self, part: Part) -> None:
        """Nothing: what is asked next may depend on what was answered."""

    def work(self, part: Part, ready: None, advance: Advance) -> Done:
        from audit.models.engine import give_back_memory

        rows: Sequence[ProbedRow] = part.payload
        model = Model(self.adapter, self.positive)
        mine = [row for row in rows if kind_of(row.example) in self.probe.reads]
        records = [_record(self.probe.name, outcome, rows) for outcome in self.probe.ask(mine, model)]
        table = pa.Table.from_pylist(records, schema=SCHEMA)
        give_back_memory()
        advance(part.size)
        return table, model.spent


def _record(probe: str, outcome: Outcome, rows: Sequence[ProbedRow]) -> dict[str, object]:
    version = outcome.variant.version
    edits = version.edits if version is not None else ()
    return {
        "probe": probe,
        "row_id": outcome.row_id,
        "transform": outcome.variant.transform,
        "severity": outcome.variant.severity,
        "status": outcome.status,
        "reason": outcome.variant.refused,
        "y_pred": next(row.y_pred for row in rows if row.row_id == outcome.row_id),
        "y_pred_after": outcome.y_pred_after,
        "f": outcome.f,
        "f_after": outcome.f_after,
        "hit": outcome.hit,
        "starts": [edit.start for edit in edits],
        "ends": [edit.end for edit in edits],
        "replacements": [edit.new for edit in edits],
        "change": version.change if version is not None else None,
    }
