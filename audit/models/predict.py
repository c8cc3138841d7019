"""Rows become decisions: the model is run over windows of rows, each window's decisions in the order of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from audit.data.examples import Plain, blank, examples_of
from audit.data.several import entities_of
from audit.entities.entity import Entity
from audit.errors import ModelError, some
from audit.models.adapter import Adapter, AdapterOfPrompts, AdapterOfSeveral, Encoded
from audit.models.tiers import TieredRunner
from audit.store.decisions import decision_table, several

Floats = npt.NDArray[np.float32]
#: Rows of a window whose free answers are looked at.
ASKED_FREELY = 16


class Predictor:
    """Run an adapter over windows of rows.

    Parameters
    ----------
    labels
        Label of the data -> class of the model.
    positive
        Class whose probability is the score, if there is one.
    """

    def __init__(
        self,
        adapter: Adapter,
        schema: pa.Schema,
        *,
        labels: dict[str, str],
        positive: str | None,
        budget: int,
    ) -> None:
        self._adapter, self._schema, self._labels = adapter, schema, labels
        self._positive = adapter.classes.index(positive) if positive is not None else None
        self._tiers = TieredRunner(adapter, budget)
        self._runner = self._tiers.runner
        self._prompted = cast("AdapterOfPrompts", adapter) if adapter.facts().prompt is not None else None
        # Those that say what there is where there is nothing have several decisions to make.
        self._several = cast("AdapterOfSeveral", adapter) if adapter.nothing is not None else None

    def encode(self, examples: Sequence[Plain]) -> list[list[Encoded]]:
        """Prepare examples: of each, the parts that the model is run over."""
        if self._several is not None:
            return self._several.windows(examples)
        return [[item] for item in self._adapter.encode(examples)]

    def decide(
        self, rows: pa.Table, encoded: list[list[Encoded]], advance: Callable[[int], object]
    ) -> tuple[pa.Table, dict[str, int]]:
        """Return the window's decisions, and the forward batches and padded tokens they took."""
        batches, tokens, tiers = self._runner.batches, self._runner.tokens, self._tiers.spent.copy()
        # What cannot be read is not shown to the model.
        parts = [part for parts in encoded for part in parts if part.failed is None]
        try:
            with torch.inference_mode():
                whole = len(parts) == len(encoded)
                told = advance if whole else lambda done: None
                ask = self._tiers.logits if self._several is None else self._tiers.outputs
                found = ask(parts, told)
                freely = self._ask_freely(parts)
        except (IndexError, RuntimeError) as error:
            ids = some([str(row) for row in rows["row_id"][:1].to_pylist()])
            raise ModelError(
                f"the model failed on a window of {rows.num_rows:,} rows that begins with {ids}: "
                f"{' '.join(str(error).split())[:400]}",
                hint="if the longest texts are at fault, set model.max_length",
            ) from error
        if not whole:
            advance(rows.num_rows)
        spent = {
            "forward_batches": self._runner.batches - batches,
            "forward_tokens": self._runner.tokens - tokens,
            "tokens_read": sum(int((~item.frame).sum()) for item in parts if item.weight is None),
            "tokens_unknown": sum(item.unknown for item in parts),
            "words_unread": sum(item.unread for item in parts),
            "first_of_several": sum(item.one_of_several for item in parts),
            "rows_in_windows": sum(len(windows) > 1 for windows in encoded),
            **freely,
            **(self._tiers.spent - tiers),
        }
        if self._several is not None:
            return self._decide_several(self._several, rows, encoded, found), spent
        return decision_table(self._columns(rows, [part for (part,) in encoded], found), self._schema), spent

    def _ask_freely(self, parts: list[Encoded]) -> dict[str, int]:
        """Let a model that writes its decision answer a few rows, over the whole window, as it would by itself."""
        if self._prompted is None:
            return {}
        chosen = np.unique(np.linspace(0, len(parts) - 1, min(ASKED_FREELY, len(parts))).astype(int))
        asked, adapter = [parts[i] for i in chosen], self._prompted
        alike = self._runner.run(
            asked, lambda item: item.cost, lambda part: adapter.answers_freely(adapter.collate(part)).tolist()
        )
        return {"answers_sampled": len(alike), "answers_unlike": len(alike) - sum(alike)}

    def _decide_several(
        self, adapter: AdapterOfSeveral, rows: pa.Table, encoded: list[list[Encoded]], found: list[Floats]
    ) -> pa.Table:
        at, decided, words = 0, [], "words" in rows.column_names
        for example, parts, gold in zip(examples_of(rows), encoded, rows["gold"].to_pylist(), strict=True):
            outputs = found[at : at + len(parts)]
            at += len(parts)
            decided.append(adapter.decide(example, parts, outputs, self._true(gold, words=words)))
        return several(rows, decided, self._schema)

    def _true(self, gold: list[Any] | None, *, words: bool) -> object:
        """Name what is true of a row as the model does."""
        if gold is None:
            return None
        if not words:
            return frozenset(self._labels[one] for one in gold)
        return [Entity(one.start, one.end, self._labels[one.type]) for one in entities_of(gold) or ()]

    def _columns(self, rows: pa.Table, encoded: list[Encoded], found: list[Floats]) -> dict[str, Any]:
        logits = np.full((len(encoded), len(self._adapter.classes)), np.nan, np.float32)
        if found:
            logits[[item.failed is None for item in encoded]] = np.stack(found)
        finite = np.asarray(np.isfinite(logits).all(1))
        classes = np.array(self._adapter.classes, dtype=object)
        predicted = np.where(finite, classes[np.nan_to_num(logits).argmax(1)], None)
        columns: dict[str, Any] = {name: rows[name] for name in self._schema.names if name in rows.column_names}
        labels = [None if label is None else self._labels[label] for label in rows["y_true"].to_pylist()]
        score = None
        if self._positive is not None and len(classes) == 2:
            usable = np.where(finite[:, None], logits, 0).astype(np.float64)
            shifted = np.exp(usable - usable.max(1, keepdims=True))
            probability = shifted[:, self._positive] / shifted.sum(1)
            score = pa.array(probability, mask=~finite)
        mass = None
        if self._prompted is not None:
            held = np.where(finite[:, None], logits, 0).astype(np.float64)
            mass = pa.array(np.minimum(np.exp(np.logaddexp.reduce(held, 1)), 1.0), mask=~finite)
        status = [
            "failed" if not ok else "empty" if blank(example) else "truncated" if item.truncated else "ok"
            for ok, example, item in zip(finite.tolist(), examples_of(rows), encoded, strict=True)
        ]
        reasons = [
            item.failed or (None if ok else self._adapter.not_finite) for ok, item in zip(finite, encoded, strict=True)
        ]
        return columns | {
            "y_true": pa.array(labels, pa.string()),
            "y_pred": pa.array(predicted, pa.string()),
            # A decision that failed has none: what is not finite is no number.
            "logits": pa.array(
                [row if ok else None for row, ok in zip(logits, finite.tolist(), strict=True)], pa.list_(pa.float32())
            ),
            "score": score,
            "option_mass": mass,
            "status": pa.array(status),
            "reason": pa.array(reasons, pa.string()),
            "length": pa.array([item.length for item in encoded], pa.int32()),
        }
