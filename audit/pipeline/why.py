"""The second half of an audit: why groups differ, and which decisions are biased or unexplained.

Probe first; what fails or flips is explained with certainty, beside the sample; then gaps are taken apart, reliance is
looked into. Once other probes were asked too, every flag is written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.data.about import ABOUT, examples_of_decisions
from audit.data.decided import NOTHING
from audit.data.examples import Example
from audit.engine.job import Engine
from audit.pipeline.case import Case, explains, lexicons_of
from audit.pipeline.clock import Clock
from audit.pipeline.exchanges import Probed
from audit.pipeline.gaps import take_apart
from audit.pipeline.inputs import keep_inputs, seeing_of
from audit.pipeline.persons import Named
from audit.pipeline.probes import Asked
from audit.policy.disparate_errors import FailedGap, disparate_errors
from audit.policy.flags import CODES, Evidence, flag, flag_rates, lines, summary
from audit.result import (
    ConceptPush,
    ExchangeSummary,
    GapDecomposition,
    Note,
    Reliance,
    ShownPair,
    UnitAttributions,
    Why,
)
from audit.store.columns import group_columns
from audit.store.decisions import read_decisions
from audit.store.files import write_text
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder

if TYPE_CHECKING:
    from audit.explain.explanations import Explainer
    from audit.explain.gaps.reliance import Moved
    from audit.explain.stage import ExplainedSample

#: Flagged decisions of each code whose text the report shows.
SHOWN_PER_CODE = 40


@dataclass(frozen=True)
class Explained:
    """What explaining came to: the explained decisions with their outcomes, and what flags and the result are made of.

    Attributes
    ----------
    table
        None where nothing was explained.
    """

    table: pd.DataFrame | None
    notes: list[Note]
    evidence: Evidence
    found: _Found


@dataclass
class _Found:
    """What has been found so far."""

    exchange: ExchangeSummary | None
    sample: ExplainedSample | None = None
    gaps: list[GapDecomposition] = field(default_factory=list)
    pushes: list[ConceptPush] = field(default_factory=list)
    reliance: Reliance | None = None
    notes: list[Note] = field(default_factory=list)
    #: Rows whose text the report may show, beside those of exchanges and flags.
    texts: list[str] = field(default_factory=list)


def explain_why(
    case: Case,
    folder: RunFolder,
    progress: Progress,
    clock: Clock,
    probed: Probed | None,
    named: Named | None,
    gaps: Sequence[FailedGap],
    changed: Sequence[str] = (),
) -> Explained:
    """Explain decisions, take gaps apart, and look into reliance.

    Parameters
    ----------
    changed
        Rows whose decision is another than in the baseline, in the order in which they are explained with certainty.
    """
    config, out = case.config, _Found(probed.summary if probed else None)
    judged = bool(config.policy.rules or config.policy.presets)
    failed = [gap for gap in gaps if gap.why == ("failed" if judged else "found")]
    columns = ["row_id", "y_true", "y_pred", "status", "weight", "count", "cluster"]
    names = [attribute.label for attribute in config.attributes]
    errors, labelled = disparate_errors(
        read_decisions(folder.decisions, [*columns, *group_columns(names)]),
        failed,
        NOTHING.get(config.data.outcome),
    )
    evidence = Evidence(probed.scored if probed else None, errors, labelled, names=named.table if named else None)
    if (explainer := _explainer(case, out)) and case.engine:
        _explain(case, case.engine, explainer, folder, progress, clock, probed, evidence, changed, out)
        _take_apart(case, case.engine, explainer, folder, progress, clock, gaps, out)
    return Explained(out.sample.table if out.sample else None, out.notes, evidence, out)


def flag_decisions(
    case: Case, folder: RunFolder, probed: Probed | None, named: Named | None, explained: Explained, asked: Asked
) -> Why:
    """Write the flags down, and keep the texts that a report may show.

    Parameters
    ----------
    asked
        What probes found.
    """
    config, out = case.config, explained.found
    evidence = replace(explained.evidence, variants=asked.table)
    threshold = config.exchange.threshold if config.exchange else None
    names = [attribute.label for attribute in config.attributes]
    flagged = flag(evidence, threshold)
    shown = _flags_to_show(flagged)
    explained_ids = set(out.sample.table["row_id"]) if out.sample else set()
    flags = summary(flagged, flag_rates(evidence, threshold, config.level), explained_ids, shown)
    _write_flags(folder, flagged, evidence.explained, names)
    # Of stored predictions, the texts of what is flagged, where the data hold them.
    if (
        out.sample
        or probed
        or named
        or asked.results
        or (shown and config.data.columns.read and config.explanations.shown)
    ):
        pairs = [pair.row_id for pair in probed.summary.shown] if probed else []
        pairs += [shown.row_id for shown in named.summary.shown] if named else []
        pairs += [shown.row_id for result in asked.results for shown in result.shown]
        keep_inputs(
            config,
            folder,
            [*pairs, *out.texts, *shown] if config.explanations.shown else [],
            seeing=seeing_of(case.adapter),
            exchanged=_exchanged_pictures(case, folder, probed),
        )
    return Why(
        explanations=out.sample.summary if out.sample else None,
        gaps=out.gaps,
        pushes=out.pushes,
        exchange=out.exchange,
        names=named.summary if named else None,
        reliance=out.reliance,
        flags=flags,
    )


def _explainer(case: Case, out: _Found) -> Explainer | None:
    """Return what explains; None, and a note that says why, if nothing is to be explained."""
    if case.adapter is None:
        out.notes.append(Note(code="no_model_no_explanations"))
        return None
    if not explains(case.config):
        out.notes.append(Note(code="explanations_off"))
        return None
    # Captum takes a second to import, which an audit without explanations need not wait for.
    from audit.explain.stage import make_explainer

    if case.config.explanations.sanity and not case.adapter.differentiable:
        out.notes.append(Note(code="no_sanity_without_weights"))
    return make_explainer(case.config, case.adapter)


def _explain(
    case: Case,
    engine: Engine,
    explainer: Explainer,
    folder: RunFolder,
    progress: Progress,
    clock: Clock,
    probed: Probed | None,
    evidence: Evidence,
    changed: Sequence[str],
    out: _Found,
) -> None:
    """Explain a sample, what is flagged and what changed, both sides of shown exchanges, and look into reliance."""
    from audit.explain.gaps.reliance import find_reliance
    from audit.explain.stage import explain_sample

    config, settings, asked = case.config, case.config.explanations, case.config.exchange
    before = flag(evidence, asked.threshold if asked else None)["row_id"].tolist()
    certain = before[: None if settings.which == "flagged" else settings.most_flagged]
    if len(before) > len(certain) and settings.which == "sample":
        out.notes.append(Note(code="flagged_not_explained", params={"n": len(before) - len(certain)}))
    if len(changed) > settings.most_flagged and settings.which != "all":
        out.notes.append(Note(code="changed_not_explained", params={"n": len(changed) - settings.most_flagged}))
    slicings = [slicing.attributes for slicing in case.slicings if slicing.attributes]
    out.sample = explain_sample(
        config, engine, explainer, slicings, folder, progress, {*certain, *changed[: settings.most_flagged]}
    )
    clock.computed += out.sample.computed
    clock.reused += out.sample.reused
    evidence.explained = out.sample.table
    out.texts += out.sample.summary.shown
    if probed:
        shown = _explain_pairs(case, explainer, folder, probed)
        out.exchange = probed.summary.model_copy(update={"shown": shown})
    # No term is named in a picture.
    if asked and len(out.sample.table) and config.data.columns.image is None:
        moved = _moved(probed.scored if probed else None)
        out.reliance, evidence.reliance = find_reliance(
            explainer, out.sample.table, lexicons_of(config),
            share=asked.reliance, threshold=asked.threshold, moved_by_exchange=moved,
        )  # fmt: skip


def _take_apart(
    case: Case,
    engine: Engine,
    explainer: Explainer,
    folder: RunFolder,
    progress: Progress,
    clock: Clock,
    gaps: Sequence[FailedGap],
    out: _Found,
) -> None:
    """Say what gaps are made of."""
    if case.positive is None or not case.config.gaps.sample:
        return
    from audit.explain.gaps.contributions import attribute_sample

    table, computed, reused = attribute_sample(
        case.config, engine, explainer, case.positive, folder, progress, out.sample.table if out.sample else None
    )
    clock.computed += computed
    clock.reused += reused
    apart = take_apart(case, folder, explainer, table, gaps)
    out.gaps, out.pushes = apart.gaps, apart.pushes
    out.notes += apart.notes
    out.texts += apart.rows


def _explain_pairs(case: Case, explainer: Explainer, folder: RunFolder, probed: Probed) -> list[ShownPair]:
    """Explain both texts of each shown pair, for the class whose score is compared."""
    shown = probed.summary.shown
    if case.adapter is None or not shown:
        return list(shown)
    texts = examples_of_decisions(case.config, folder, [pair.row_id for pair in shown])
    pairs = [
        (text, probed.exchangers[pair.axis].again(text, pair.source, pair.target, pair.edits, pair.change))
        for pair in shown
        for text in [texts[pair.row_id]]
    ]
    both = [text for pair in pairs for text in pair]
    classes = case.adapter.classes
    targets = [classes.index(pair.y_pred if case.positive is None else case.positive) for pair in shown for _ in (0, 1)]
    encoded = case.adapter.encode(both)
    found, _ = explainer.integrator(explainer.baseline).attribute(encoded, targets)
    sides = [
        UnitAttributions(
            f_input=item.f_input,
            f_baseline=item.f_baseline,
            starts=of.places[:, 0].tolist(),
            ends=of.places[:, 1].tolist(),
            attributions=[round(float(value), 6) for value in item.values],
            frame=round(item.frame, 6),
        )
        for of, item in zip(encoded, found, strict=True)
    ]
    return [
        pair.model_copy(update={"original": sides[2 * i], "exchanged": sides[2 * i + 1]})
        for i, pair in enumerate(shown)
    ]


def _exchanged_pictures(case: Case, folder: RunFolder, probed: Probed | None) -> dict[str, Example]:
    """Make the other picture of each shown exchange again."""
    if probed is None or case.config.data.columns.image is None:
        return {}
    shown = probed.summary.shown
    pictures = examples_of_decisions(case.config, folder, [pair.row_id for pair in shown])
    return {
        pair.row_id: probed.exchangers[pair.axis].again(
            pictures[pair.row_id], pair.source, pair.target, pair.edits, pair.change
        )
        for pair in shown
    }


def _moved(scored: pd.DataFrame | None) -> dict[str, list[Moved]]:
    """Row -> what its exchanges did."""
    from audit.explain.gaps.reliance import Moved

    out: dict[str, list[Moved]] = {}
    if scored is None or scored.empty:
        return out
    change = (scored["f_exchanged"] - scored["f"]).abs()
    change = change.where(scored["y_pred"] == scored["y_pred_exchanged"], np.inf)
    for row, starts, ends, moved in zip(scored["row_id"], scored["starts"], scored["ends"], change, strict=True):
        places = [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
        out.setdefault(str(row), []).append(Moved(places, float(moved)))
    return out


def _flags_to_show(flagged: pd.DataFrame) -> list[str]:
    """The worst of every code."""
    shown: dict[str, None] = {}
    for code in CODES:
        mine = [
            row
            for row, codes in zip(flagged["row_id"], flagged["codes"], strict=True)
            if any(given.split(":")[0] == code for given in codes)
        ]
        shown |= dict.fromkeys(mine[:SHOWN_PER_CODE])
    return [row for row in flagged["row_id"] if row in shown]


def _write_flags(folder: RunFolder, flagged: pd.DataFrame, explained: pd.DataFrame | None, names: list[str]) -> None:
    wanted = pa.array(flagged["row_id"].tolist(), pa.string())
    decisions: dict[str, dict[str, Any]] = {}
    columns = ["row_id", *ABOUT, "start", "end", "y_true", "y_pred", "score"]
    for batch in read_decisions(folder.decisions, [*columns, *group_columns(names)]):
        mine = batch.filter(pc.is_in(batch["row_id"], value_set=wanted))
        decisions |= {row["row_id"]: row for row in mine.to_pylist()}
    explanations: dict[str, dict[Any, Any]] = {}
    if explained is not None:
        mine = explained[explained["row_id"].isin(flagged["row_id"])]
        explanations = {str(row["row_id"]): dict(row) for row in mine.to_dict("records")}
    write_text(folder.flagged, "".join(f"{line}\n" for line in lines(flagged, decisions, explanations, names)))
