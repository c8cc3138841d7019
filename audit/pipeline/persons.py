"""Names of persons exchanged: which entities, which names, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.config import AuditConfig
from audit.data.about import examples_about
from audit.data.examples import Words, plain
from audit.errors import ConfigError, some
from audit.explain.sampling import draw, outcome_strata
from audit.fairness.compare.name_groups import Asked, name_exchanges, slicings_of
from audit.pipeline.clock import Clock
from audit.result import NameExchanges
from audit.store.columns import group_columns
from audit.store.decisions import read_decisions
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder
from audit.store.tables import read_table
from audit.terms.lexicon import Lexicon
from audit.terms.people import NameList, load_names

if TYPE_CHECKING:
    from audit.models.adapter import Adapter
    from audit.pipeline.case import Case

#: What types of entities that are persons are called, in any case of letters.
PERSONS = frozenset({"per", "pers", "person", "persons", "people", "person_name", "name", "人名"})


@dataclass(frozen=True)
class NamesAsked:
    """Which names are put in the place of which entities."""

    names: NameList
    types: tuple[str, ...]

    @property
    def slicings(self) -> list[list[str]]:
        """What groups of names are compared by."""
        return [list(slicing) for slicing in slicings_of(self.names.attributes)]

    @property
    def groups(self) -> set[str]:
        """Groups by each attribute."""
        return {value for group in self.names.groups for value in group.values}


@dataclass(frozen=True)
class Named:
    """What the exchange of names found: its summary, and the table of outcomes."""

    summary: NameExchanges
    table: pd.DataFrame


def names_asked(config: AuditConfig, adapter: Adapter | None) -> NamesAsked | None:
    """Settle which names are put in the place of what; None if none are.

    Raises
    ------
    ConfigError
        For a list that cannot be read or has too few names, and if no type of the model is a person's.
    """
    if adapter is None or config.exchange is None or "names" not in adapter.probes:
        return None
    settings = config.exchange.names
    names = names_of(config)
    names.drawn(settings.per_group, config.seed)
    known = [name for name in adapter.classes if name != adapter.nothing]
    if unknown := [name for name in settings.types if name not in known]:
        raise ConfigError(
            f"the model finds no entities of type {unknown[0]!r}; it finds {some(known, 20)}",
            where="exchange.names.types",
        )
    types = settings.types or tuple(name for name in known if is_person(name))
    if not types:
        raise ConfigError(
            f"none of the model's types of entities is called like a person: {some(known, 20)}",
            where="exchange",
            hint="say in exchange.names.types which are persons, or leave `exchange` out",
        )
    return NamesAsked(names, types)


def is_person(kind: str, types: Sequence[str] = ()) -> bool:
    """Whether a type of entities is that of persons: one of `types`, if any are named, else by what it is called."""
    return kind in types if types else kind.lower() in PERSONS


def names_of(config: AuditConfig) -> NameList:
    """Load the list of names that the configuration asks for; without an exchange, the English one."""
    if config.exchange is None:
        return load_names(("en",))
    return load_names(config.exchange.languages, config.exchange.names.file)


def exchange_names(case: Case, folder: RunFolder, progress: Progress, clock: Clock) -> Named | None:
    """Put names of every group in the place of persons, and let the model decide again."""
    if case.names is None or case.engine is None or case.config.exchange is None:
        return None
    from audit.pipeline.case import lexicons_of
    from audit.probes.name_exchange import PersonEntity, Renaming, rename_persons, sorted_out

    config, asked, settings, shown = case.config, case.names, case.config.exchange.names, case.config.exchange.shown
    persons = _persons(folder, asked.types, [attribute.label for attribute in config.attributes])
    attributes = group_columns(attribute.label for attribute in config.attributes)
    drawn = draw(outcome_strata(persons, attributes), settings.sample, config.seed) if len(persons) else None
    chosen = persons.iloc[drawn.positions if drawn else []].reset_index(drop=True)
    probability = drawn.inclusion_probability if drawn else np.zeros(0)
    about = pa.table({name: pa.array(chosen[name], pa.string()) for name in ("row_id", "example", "output")})
    about = about.append_column("position", pa.array(chosen["position"], pa.int32()))
    entities = []
    for row, chance, example in zip(
        chosen.to_dict("records"), probability.tolist(), examples_about(config, about), strict=True
    ):
        words = cast("Words", plain(example))
        first = int(row["position"])
        entities.append(
            PersonEntity(
                row["row_id"], row["example"], words, first, words.ends.index(int(row["end"]), first) + 1,
                row["y_true"], row["y_pred"], float(row["weight"] * row["count"]), chance, row["cluster"],
            )
        )  # fmt: skip
    kept, refused = sorted_out(entities, titles(lexicons_of(config)))
    shards, job = folder.shards("names"), Renaming(asked.names, settings.per_group, config.seed)
    computed, reused = rename_persons(case.engine, job, kept, shards, progress)
    clock.computed += computed
    clock.reused += reused
    shards.join(folder.names, job.schema)
    table = read_table(folder.names).to_pandas()
    summary = name_exchanges(
        table,
        Asked(
            asked.names.language, asked.names.sha256, asked.names.provenance, asked.names.attributes, asked.types,
            settings.per_group, len(persons), len(chosen), refused, len(kept), shown,
        ),
        config.level,
    )  # fmt: skip
    return Named(summary, table)


def titles(lexicons: Iterable[Lexicon]) -> Callable[[str], bool]:
    """Return what tells whether a word is a title that belongs to one group of a lexicon (Mrs.)."""
    known = {
        word.rstrip(".").lower()
        for lexicon in lexicons
        for word, senses in lexicon.capitals.items()
        if any(sense.kind == "title" for sense in senses)
    }
    return lambda word: word.rstrip(".").lower() in known


def _persons(folder: RunFolder, types: tuple[str, ...], attributes: list[str]) -> pd.DataFrame:
    """Read the decisions about true persons."""
    columns = [
        *("row_id", "example", "output", "position", "end", "y_true", "y_pred", "status", "weight", "count", "cluster"),
        *group_columns(attributes),
    ]
    parts = []
    for batch in read_decisions(folder.decisions, columns):
        mine = pc.and_(pc.is_in(batch["y_true"], pa.array(types)), pc.not_equal(batch["status"], "failed"))
        parts.append(batch.filter(mine))
    found: pd.DataFrame = pa.concat_tables(parts).to_pandas()
    for name in ("output", "y_pred", "cluster"):
        found[name] = found[name].astype(object).where(found[name].notna(), None)
    return found.reset_index(drop=True)
