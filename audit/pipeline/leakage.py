"""Whether a decoder gives back what it was trained on: which texts and canaries it is asked about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from audit.config import AuditConfig
from audit.config.data import Columns
from audit.config.privacy import LeakageConfig, RowsConfig
from audit.data.others import groups_asked, reading_others
from audit.data.sides import Side, draw_side
from audit.errors import ConfigError, DataError
from audit.fairness.compare.adverse_impact import holm
from audit.fairness.membership.extraction import HELD_OUT, MEMBERS, extracted
from audit.pipeline.case import Case
from audit.pipeline.clock import Clock
from audit.result import CanaryExposure, Leakage, Note, TextFacts
from audit.store.columns import group_columns
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder

if TYPE_CHECKING:
    from audit.models.adapter import AdapterOfPrompts
    from audit.probes.canaries import Canaries

WHERE = "probes.leakage"


@dataclass(frozen=True)
class LeakageAsked:
    """What a decoder is asked about."""

    settings: LeakageConfig
    canaries: Canaries | None
    canaries_sha256: str | None
    sides: Mapping[str, Side]
    groups: tuple[str, ...]

    def fingerprint(self) -> str:
        """Hash the files that decide the outcome."""
        parts = [self.canaries_sha256 or "", *(side.sha256 for side in self.sides.values())]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def leakage_asked(case: Case) -> LeakageAsked | None:
    """Look through canaries and texts before anything is decided; None if nobody asks, or the model writes nothing.

    Raises
    ------
    AuditError
        If a file cannot be read, or the model takes fewer tokens than are asked for.
    """
    settings = case.config.probes.leakage if case.config.probes else None
    if settings is None or case.adapter is None:
        return None
    facts = case.adapter.facts()
    if facts.prompt is None:
        case.notes.append(Note(code="nothing_written", params={"task": facts.task}))
        return None
    from audit.probes.canaries import load_canaries

    model = cast("AdapterOfPrompts", case.adapter).language_model()
    needed, room = settings.prefix + settings.continuation, model.room()
    if settings.members is not None and room is not None and needed > room:
        raise ConfigError(
            f"the model takes {room:,} tokens, and prefix and continuation have {needed:,} together",
            where=WHERE,
            hint=f"lower {WHERE}.prefix",
        )
    canaries, digest = load_canaries(settings.canaries) if settings.canaries else (None, None)
    attributes = groups_asked(case.config, settings.by, f"{WHERE}.by")
    rng, known = np.random.default_rng(case.config.seed), frozenset[bytes]()
    sides: dict[str, Side] = {}
    for key, table in settings.tables.items():
        read = reading_others(case.config, _of_texts(table, settings.column), attributes)
        sides[key], said = draw_side(read, known, settings.sample, [], rng)
        known = known or said
        if not sides[key].drawn:
            raise DataError("holds no text that the model could be asked about", where=str(table.path))
    return LeakageAsked(settings, canaries, digest, sides, tuple(attribute.label for attribute in attributes))


def _of_texts(table: RowsConfig, column: str) -> RowsConfig:
    """Read texts, whatever the audited model is given."""
    plain: dict[str, Any] = {
        "input": column, "input_pair": None, "image": None, "fields": {}, "features": {}, "label": None, "labels": {}
    }  # fmt: skip
    own = {key: getattr(table.columns, key) for key in table.columns.model_fields_set}
    return table.model_copy(update={"columns": Columns(**(plain | own))})


def leakage(
    case: Case, asked: LeakageAsked | None, folder: RunFolder, progress: Progress, clock: Clock
) -> Leakage | None:
    """Ask the decoder."""
    if asked is None:
        return None
    from audit.probes.leakage import continuations, exposures

    model = cast("AdapterOfPrompts", case.adapter).language_model()
    settings, config = asked.settings, case.config
    told: list[CanaryExposure] = []
    if asked.canaries is not None:
        found, computed, reused = exposures(
            asked.canaries, model, settings.candidates, config.seed, config.level, folder.shards("canaries"), progress
        )
        clock.computed += computed
        clock.reused += reused
        adjusted = holm(np.array([one.p_value for one in found]), len(found))
        told = [
            CanaryExposure(
                name=name, planted=canary.planted, bits=one.most, compared=one.compared, whole=one.whole,
                ahead=one.ahead, exposure=one.value, lower=one.lower, upper=one.upper, p_value=one.p_value,
                holm_p=float(p),
            )
            for name, canary, one, p in zip(asked.canaries.names, asked.canaries.canaries, found, adjusted, strict=True)
        ]  # fmt: skip
    if not asked.sides:
        return _result(asked, config, told)
    rows, computed, reused = continuations(
        asked.sides, group_columns(asked.groups), model, settings.prefix, settings.continuation,
        folder.shards("continuations"), progress,
    )  # fmt: skip
    clock.computed += computed
    clock.reused += reused
    long = rows[rows["long"].to_numpy(bool)].reset_index(drop=True)
    rates, pairs = extracted(long, asked.groups, config.level)
    facts = {
        name: TextFacts(
            sha256=side.sha256, rows=side.rows, repeated=side.repeated, known=side.known, drawn=len(side.drawn),
            short=int((~rows["long"].to_numpy(bool) & (rows["side"] == name).to_numpy(bool)).sum()),
        )
        for name, side in asked.sides.items()
    }  # fmt: skip
    return _result(asked, config, told).model_copy(
        update={"members": facts.get(MEMBERS), "held_out": facts.get(HELD_OUT), "rates": rates, "pairs": pairs}
    )


def _result(asked: LeakageAsked, config: AuditConfig, canaries: list[CanaryExposure]) -> Leakage:
    return Leakage(
        level=config.level,
        canaries_sha256=asked.canaries_sha256,
        canaries=canaries,
        prefix=asked.settings.prefix,
        continuation=asked.settings.continuation,
        members=None,
        held_out=None,
        groups=list(asked.groups),
        rates=[],
        pairs=[],
    )
