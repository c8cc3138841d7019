"""Names of people exchanged in texts whose words are tagged: is a person found as well under another name?

After Mishra et al. (2020): names of several groups are put in the place of true person entities, everything else in the
row stays, and the model decides again. Every entity gets the same names, equally many of each group, so that groups
are compared over the same contexts. Outcomes are written in the shape of a decision table: the entity is found, with
its type and its boundaries, or not; how many of its characters stay visible; its row is the cluster.

References
----------
Mishra, He and Belli 2020, Assessing Demographic Bias in Named Entity Recognition, arXiv:2008.03415.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa
import torch

from audit.data.examples import Words
from audit.engine.job import Advance, Done, Engine, Part
from audit.entities.entity import Entity
from audit.models.adapter import Adapter, AdapterOfSeveral
from audit.models.tiers import TieredRunner
from audit.probes.renaming import Renamed, refused, renamed
from audit.store.columns import group_column
from audit.store.decisions import Decided, decision_schema, decision_table
from audit.store.progress import Progress
from audit.store.shards import Shards
from audit.terms.people import NameList, PersonName

#: Entities per part of a resumable run.
PART_ENTITIES = 32


@dataclass(frozen=True)
class PersonEntity:
    """A true person in a text.

    Attributes
    ----------
    row_id, example
        Ids of the decision about it, and of its row.
    first, end
        Its first word, and the one after its last.
    type
        Its type, as the model calls it.
    y_pred
        What the model decided of it, under its own name.
    weight
        Of the decision, without the probability of having been drawn.
    """

    row_id: str
    example: str
    words: Words
    first: int
    end: int
    type: str
    y_pred: str | None
    weight: float
    inclusion_probability: float
    cluster: str | None

    @property
    def start_character(self) -> int:
        """First character of its text."""
        return self.words.starts[self.first]

    @property
    def end_character(self) -> int:
        """Character after its last."""
        return self.words.ends[self.end - 1]


def names_schema(attributes: Sequence[str]) -> pa.Schema:
    """Columns of the table of outcomes: those of decisions, with the name's groups for attributes, and the name."""
    return pa.schema(
        [
            *decision_schema(attributes),
            # What stands in the place of the characters `start` to `end` of the input.
            pa.field("written", pa.string(), nullable=False),
            # The name, as the list has it.
            pa.field("given", pa.string(), nullable=False),
            ("family", pa.string()),
            # Elements that the model reads of the name alone, and how many of them it does not know.
            ("tokens", pa.int32()),
            ("unknown", pa.int32()),
            # What the model decided of the entity under its own name.
            ("y_own", pa.string()),
        ]
    )


def sorted_out(
    entities: Sequence[PersonEntity], is_title: Callable[[str], bool]
) -> tuple[list[PersonEntity], dict[str, int]]:
    """Return the entities that names are put in the place of, and why others are left, counted.

    Parameters
    ----------
    is_title
        Whether a word is a title that tells the gender.
    """
    kept, why = [], dict[str, int]()
    for entity in entities:
        reason = refused(entity.words, entity.first, entity.end, is_title)
        if reason is None:
            kept.append(entity)
        else:
            why[reason] = why.get(reason, 0) + 1
    return kept, dict(sorted(why.items()))


def rename_persons(
    engine: Engine, job: Renaming, entities: Sequence[PersonEntity], shards: Shards, progress: Progress
) -> tuple[int, int]:
    """Decide all entities under all names, in parts; return how many parts were computed, and how many reused."""

    def parts() -> Iterator[Part]:
        for number, at in enumerate(range(0, max(len(entities), 1), PART_ENTITIES)):
            part = entities[at : at + PART_ENTITIES]
            yield Part(number, len(part), part)

    with progress.stage("names", len(entities), "entities") as bar:
        return engine.map(job, parts(), shards, bar)


@dataclass(frozen=True)
class Renaming:
    """The job of deciding persons under other names.

    Attributes
    ----------
    drawn
        How many names stand for each group.
    """

    names: NameList
    drawn: int
    seed: int

    @property
    def schema(self) -> pa.Schema:
        """Columns of what is written."""
        return names_schema(self.names.attributes)

    def start(self, adapter: Adapter) -> NameExchange:
        """Make ready to decide with this model."""
        return NameExchange(cast("AdapterOfSeveral", adapter), self)


class NameExchange:
    """Put names in the place of persons, and let the model decide."""

    def __init__(self, adapter: AdapterOfSeveral, job: Renaming) -> None:
        self._adapter, self._names, self._schema = adapter, job.names, job.schema
        self._drawn = job.names.drawn(job.drawn, job.seed)
        self._tiers = TieredRunner(adapter, adapter.facts().batch_tokens)
        self._lengths: dict[tuple[str, ...], tuple[int, int]] = {}

    def prepare(self, part: Part) -> None:
        """Nothing: texts are read once, whichever entities of them are renamed."""

    def work(self, part: Part, ready: None, advance: Advance) -> Done:
        """Decide the entities of a part under all names."""
        done = self._part(part.payload)
        advance(part.size)
        return done

    def _part(self, entities: Sequence[PersonEntity]) -> tuple[pa.Table, dict[str, int]]:
        runner, tiers = self._tiers.runner, self._tiers.spent.copy()
        batches, tokens = runner.batches, runner.tokens
        asked = [
            (entity, group.values, name, renamed(entity.words, entity.first, entity.end, name, self._names))
            for entity in entities
            for group, names in self._drawn.items()
            for name in names
        ]
        decided = self._decide([(entity.type, text) for entity, _, _, text in asked])
        records = [self._record(*one, found) for one, found in zip(asked, decided, strict=True)]
        spent = {
            "probe_batches": runner.batches - batches,
            "probe_tokens": runner.tokens - tokens,
            **(self._tiers.spent - tiers),
        }
        columns = {name: pa.array([record.get(name) for record in records]) for name in self._schema.names}
        if not records:
            return self._schema.empty_table(), spent
        return decision_table(columns, self._schema), spent

    def _decide(self, asked: Sequence[tuple[str, Renamed]]) -> list[Decided | None]:
        """Decide the one entity of each text; None where the model made no decision about it."""
        # Names of several entities in one text, or of one that has this name already, may give the same text.
        unique = list(dict.fromkeys(text.words for _, text in asked))
        windows = dict(zip(unique, self._adapter.windows(unique), strict=True))
        parts = [part for text in unique for part in windows[text]]
        with torch.inference_mode():
            computed = self._tiers.outputs(parts)
        outputs, at = {}, 0
        for text in unique:
            outputs[text] = computed[at : at + len(windows[text])]
            at += len(windows[text])
        out = []
        for kind, one in asked:
            gold = [Entity(one.first, one.end, kind)]
            decisions = self._adapter.decide(one.words, windows[one.words], outputs[one.words], gold)
            mine = (found for found in decisions if (found.y_true, found.position) == (kind, one.first))
            out.append(next(mine, None))
        return out

    def _record(
        self,
        entity: PersonEntity,
        group: tuple[str, ...],
        name: PersonName,
        text: Renamed,
        found: Decided | None,
    ) -> dict[str, Any]:
        failed = found is None or found.y_pred is None or found.status == "failed"
        tokens, unknown = self._length(text)
        return {
            "row_id": entity.row_id,
            "example": entity.example,
            "position": entity.first,
            "start": entity.start_character,
            "end": entity.end_character,
            "visible": None if found is None or failed else found.visible,
            "characters": sum(len(word) for word in text.words.words[text.first : text.end]),
            "y_true": entity.type,
            "y_pred": None if found is None or failed else found.y_pred,
            "status": "failed" if found is None or failed else found.status,
            "weight": entity.weight / entity.inclusion_probability,
            "count": 1,
            "inclusion_probability": entity.inclusion_probability,
            "cluster": entity.cluster or entity.example,
            **{group_column(name): value for name, value in zip(self._names.attributes, group, strict=True)},
            "written": text.written,
            "given": name.given,
            "family": name.family or None,
            "tokens": tokens,
            "unknown": unknown,
            "y_own": entity.y_pred,
        }

    def _length(self, text: Renamed) -> tuple[int, int]:
        """Count what the model reads of a name, and what of it it does not know."""
        words = tuple(text.words.words[text.first : text.end])
        if words not in self._lengths:
            (alone,) = self._adapter.encode([Words.of(words)])
            self._lengths[words] = (int((~alone.frame).sum()), alone.unknown)
        return self._lengths[words]
