"""The job of deciding: rows go in, the model's decisions come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from audit.config import AuditConfig
from audit.data.examples import examples_of
from audit.engine.job import Advance, Done, Part
from audit.pipeline.entity_groups import EntityGroups

if TYPE_CHECKING:
    from audit.models.adapter import Adapter
    from audit.models.predict import Predictor


@dataclass(frozen=True)
class Deciding:
    """Decide rows.

    Attributes
    ----------
    schema
        Of the decision table.
    labels
        Label of the data -> class of the model.
    """

    config: AuditConfig
    schema: pa.Schema
    labels: dict[str, str]
    positive: str | None

    def start(self, adapter: Adapter) -> _Decider:
        """Make ready to decide with this model."""
        from audit.models.predict import Predictor

        budget = adapter.facts().batch_tokens
        predictor = Predictor(adapter, self.schema, labels=self.labels, positive=self.positive, budget=budget)
        return _Decider(predictor, EntityGroups(self.config))


@dataclass(frozen=True)
class _Decider:
    predictor: Predictor
    entities: EntityGroups

    def prepare(self, part: Part) -> Any:
        return self.predictor.encode(examples_of(part.payload))

    def work(self, part: Part, ready: Any, advance: Advance) -> Done:
        table, spent = self.predictor.decide(part.payload, ready, advance)
        return self.entities.put(part.payload, table), spent
