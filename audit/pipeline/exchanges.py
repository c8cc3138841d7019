"""What is exchanged in examples, by what the model reads, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from audit.config import AuditConfig
from audit.fairness.compare.flips import probe_summary
from audit.pipeline.case import Case, lexicons_of
from audit.pipeline.clock import Clock
from audit.result import Probe
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder
from audit.store.tables import count_rows, read_table
from audit.terms.loading import lexicons_sha256

if TYPE_CHECKING:
    from audit.models.adapter import Adapter
    from audit.probes.counterfactual import Variants


@dataclass
class Probed:
    """What the probe found: its summary, and the rows that were scored."""

    summary: Probe
    scored: pd.DataFrame


@dataclass(frozen=True)
class Exchanges:
    """What is exchanged.

    Attributes
    ----------
    variants
        Makes the variants of an example.
    beside
        Columns of its decision that this reads.
    axes
        What groups are exchanged on.
    languages, lexicon_sha256
        Of the lexicons, where terms are exchanged.
    """

    variants: Variants
    axes: Sequence[str]
    beside: Sequence[str] = ()
    languages: Sequence[str] = ()
    lexicon_sha256: str = ""


def exchanges_of(config: AuditConfig, adapter: Adapter) -> Exchanges | None:
    """Settle what is exchanged in what the model reads; None if nothing is."""
    if config.probe is None:
        return None
    if "terms" in adapter.probes:
        return _terms(config)
    return None


def probe(case: Case, folder: RunFolder, progress: Progress, clock: Clock) -> Probed | None:
    """Exchange groups, and let the model decide again."""
    settings = case.config.probe
    asked = exchanges_of(case.config, case.adapter) if case.adapter else None
    if case.adapter is None or settings is None or asked is None:
        return None
    from audit.probes.counterfactual import probe_rows

    computed, reused = probe_rows(
        case.config, asked.variants, asked.beside, case.adapter, case.positive, folder, progress
    )
    clock.computed += computed
    clock.reused += reused
    table = read_table(folder.counterfactuals).to_pandas()
    found = probe_summary(
        table,
        languages=list(asked.languages),
        axes=list(asked.axes),
        lexicon_sha256=asked.lexicon_sha256,
        settings=settings,
        positive=case.positive,
        decisions=count_rows(folder.decisions),
        level=case.config.level,
    )
    return Probed(found, table[table["status"] == "scored"].reset_index(drop=True))


def _terms(config: AuditConfig) -> Exchanges:
    """Exchange identity terms of texts."""
    from audit.probes.exchange import exchanges

    lexicons = lexicons_of(config)
    return Exchanges(
        lambda example, _: exchanges(lexicons, example),
        axes=list(dict.fromkeys(name for lexicon in lexicons for name in lexicon.axes)),
        languages=[lexicon.language for lexicon in lexicons],
        lexicon_sha256=lexicons_sha256(lexicons),
    )
