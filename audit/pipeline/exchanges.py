"""Groups exchanged in examples: what is exchanged, in which examples, and what it summed up to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from audit.config import AuditConfig
from audit.data.about import ABOUT, with_examples
from audit.data.examples import Fields, plain
from audit.data.rows import RowReader
from audit.fairness.compare.flips import exchange_summary
from audit.fairness.metrics.names import COMPARED_AXES
from audit.pipeline.case import Case, lexicons_of
from audit.pipeline.clock import Clock
from audit.result import ExchangeSummary
from audit.store.columns import group_columns
from audit.store.decisions import read_decisions
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder
from audit.store.tables import count_rows, read_table
from audit.terms.loading import lexicons_sha256

if TYPE_CHECKING:
    from audit.probes.exchanger import Exchanger
    from audit.probes.value_exchange import ValueExchange


@dataclass
class Probed:
    """What exchanging groups found: a summary, the rows that were scored, and what makes an exchange again, by axis."""

    summary: ExchangeSummary
    scored: pd.DataFrame
    exchangers: dict[str, Exchanger]


def exchange_groups(case: Case, folder: RunFolder, progress: Progress, clock: Clock) -> Probed | None:
    """Exchange groups, and let the model decide again."""
    settings = case.config.exchange
    if case.engine is None or settings is None or not case.exchanges:
        return None
    from audit.probes.counterfactual import probe_rows

    exchangers = _exchangers(case, folder)
    computed, reused = probe_rows(case.config, case.engine, exchangers, case.positive, folder, progress)
    clock.computed += computed
    clock.reused += reused
    table = read_table(folder.counterfactuals).to_pandas()
    lexicons = lexicons_of(case.config) if "terms" in case.exchanges else []
    found = exchange_summary(
        table,
        kinds=case.exchanges,
        languages=[lexicon.language for lexicon in lexicons],
        axes=list(dict.fromkeys(axis for exchanger in exchangers for axis in exchanger.axes)),
        lexicon_sha256=lexicons_sha256(lexicons) if lexicons else None,
        settings=settings,
        positive=case.positive,
        decisions=count_rows(folder.decisions),
        level=case.config.level,
    )
    # Other light is no other group: it stands beside the exchanges to compare with, and flags nobody.
    flagging = (table["status"] == "scored") & ~table["axis"].isin(COMPARED_AXES)
    scored = table[flagging].reset_index(drop=True)
    # Where two kinds share an axis, the first made what its edits say, which the other makes again just the same.
    by_axis = {axis: exchanger for exchanger in reversed(exchangers) for axis in exchanger.axes}
    return Probed(found, scored, by_axis)


def _exchangers(case: Case, folder: RunFolder) -> list[Exchanger]:
    from audit.probes.exchanger import TermExchange

    found: list[Exchanger] = []
    if "terms" in case.exchanges:
        found.append(TermExchange(lexicons_of(case.config)))
    if "values" in case.exchanges:
        found += _value_exchanges(case.config, folder)
    if {"tone", "light"} & set(case.exchanges):
        found += _picture_exchanges(case.config, case.exchanges)
    return found


def _picture_exchanges(config: AuditConfig, kinds: Collection[str]) -> list[Exchanger]:
    """Look up the tone of the skin in every picture."""
    from audit.probes.picture_exchange import LightExchange, ToneExchange

    tone = config.exchange.tone if config.exchange else None
    found: list[Exchanger] = []
    if tone is not None and "tone" in kinds:
        tones: dict[str, int] = {}
        for rows in RowReader(config):
            given = zip(rows["row_id"].to_pylist(), rows["tone"].to_pylist(), strict=True)
            tones.update((row, value) for row, value in given if value is not None)
        found.append(ToneExchange(tones, tone.to, tone.attribute))
    if config.exchange and "light" in kinds:
        found.append(LightExchange(config.exchange.light, tone.attribute if tone else None))
    return found


def _value_exchanges(config: AuditConfig, folder: RunFolder) -> list[ValueExchange]:
    """Look through the data for the values that become each other."""
    from audit.probes.value_exchange import SeenValues, ValueExchange

    seen = [SeenValues(asked) for asked in config.exchange.values] if config.exchange else []
    groups = group_columns(attribute.label for attribute in config.attributes)
    for examples, decided in with_examples(config, read_decisions(folder.decisions, ["row_id", *ABOUT, *groups])):
        rows = decided.select(groups).to_pylist()
        for example, row in zip(examples, rows, strict=True):
            found = plain(example)
            if isinstance(found, Fields):
                for one in seen:
                    one.add(found, row)
    return [ValueExchange(one, config.seed) for one in seen]
