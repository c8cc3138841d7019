"""The second half of an audit: why groups differ, and which decisions are biased or unexplained.

Probe first; what fails or flips is explained with certainty, beside the sample; then gaps are taken apart, reliance is
looked into, and every flag is written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.special import expit, logsumexp

from audit.case import Case, lexicons_of
from audit.clock import Clock
from audit.config import AuditConfig, PolicyConfig
from audit.data.rows import RowReader
from audit.decisions import read_decisions
from audit.edits import apply_edits
from audit.fairness.flips import probe_summary
from audit.fairness.names import EXPLAINED_RATE
from audit.files import replacing, write_text
from audit.lexicon import lexicons_sha256
from audit.policy.flags import (
    CODES,
    Evidence,
    FailedGap,
    disparate_errors,
    failed_gaps,
    flag,
    flag_rates,
    lines,
    summary,
)
from audit.policy.judge import judge
from audit.policy.rules import is_outcome
from audit.progress import Progress
from audit.result import (
    AuditResult,
    ConceptPush,
    Flags,
    GapDecomposition,
    Note,
    Probe,
    Reliance,
    ShownPair,
    TextEdit,
    TokenAttributions,
)
from audit.runfolder import RunFolder

if TYPE_CHECKING:
    from audit.explain.decomposition import Explained as ExplainedNumbers
    from audit.explain.explanations import Explainer
    from audit.explain.stage import Explained

#: Flagged decisions of each code whose text the report shows.
SHOWN_PER_CODE = 40
#: Gaps that are taken apart at most, and explained decisions that each of the two groups must have.
MOST_GAPS, LEAST_EXPLAINED = 24, 20
#: Disparity -> true label it is conditioned on, and whether more of it is a higher rate of positive predictions.
CONDITIONS = {
    "selection_rate": ("all", True),
    "true_positive_rate": ("positive", True),
    "false_negative_rate": ("positive", False),
    "false_positive_rate": ("negative", True),
    "true_negative_rate": ("negative", False),
}


@dataclass
class Probed:
    """What the probe found: its summary, and the rows that were scored."""

    summary: Probe
    scored: pd.DataFrame


@dataclass
class Why:
    """Everything this half finds."""

    explained: Explained | None = None
    gaps: list[GapDecomposition] = field(default_factory=list)
    pushes: list[ConceptPush] = field(default_factory=list)
    probe: Probe | None = None
    reliance: Reliance | None = None
    flags: Flags = field(default_factory=lambda: Flags(decisions=0, by_severity={}, rates=[], explained=0, shown=[]))
    notes: list[Note] = field(default_factory=list)


def probe(case: Case, folder: RunFolder, progress: Progress, clock: Clock) -> Probed | None:
    """Exchange identity terms, and let the model decide again."""
    settings = case.config.probe
    if case.adapter is None or settings is None:
        return None
    from audit.probes.counterfactual import probe_rows

    lexicons = lexicons_of(case.config)
    computed, reused = probe_rows(case.config, lexicons, case.adapter, case.positive, folder, progress)
    clock.computed += computed
    clock.reused += reused
    table = pq.read_table(folder.counterfactuals).to_pandas()
    with pq.ParquetFile(folder.decisions) as file:
        decisions = file.metadata.num_rows
    found = probe_summary(
        table,
        languages=[lexicon.language for lexicon in lexicons],
        axes=list(dict.fromkeys(name for lexicon in lexicons for name in lexicon.axes)),
        lexicon_sha256=lexicons_sha256(lexicons),
        settings=settings,
        positive=case.positive,
        decisions=decisions,
        level=case.config.level,
    )
    return Probed(found, table[table["status"] == "scored"].reset_index(drop=True))


def gaps_to_look_into(result: AuditResult, config: AuditConfig) -> list[FailedGap]:
    """Judge the disparities of decisions, before anything is explained; then those that were asked for."""
    policy = config.policy
    rules = tuple(
        rule
        for rule in policy.rules
        if rule.limit is not None or rule.at_least is not None
        if rule.metric != EXPLAINED_RATE and not is_outcome(rule.metric)
    )
    if rules or policy.presets:
        asked = PolicyConfig(presets=policy.presets, rules=rules)
        result = result.model_copy(update={"judgement": judge(result, asked)})
    out = failed_gaps(result)
    known = {(gap.attributes, gap.metric) for gap in out}
    for gap in result.disparities:
        pooled = gap.aggregate == "difference" and not gap.stratum and gap.cls == result.positive_class
        asked_for = gap.metric in config.gaps.metrics and (tuple(gap.attributes), gap.metric) not in known
        if pooled and asked_for and gap.worst_group and gap.best_group:
            ends = _ordered(result, gap.attributes, gap.metric, gap.cls, gap.worst_group, gap.best_group)
            out.append(FailedGap(tuple(gap.attributes), gap.metric, gap.cls, *ends, "asked"))
    return out


def _ordered(
    result: AuditResult, attributes: Sequence[str], metric: str, cls: str | None, a: list[str], b: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Put two groups in the order of their values."""
    first, second = (_value(result, attributes, metric, cls, group) or 0.0 for group in (a, b))
    return (tuple(a), tuple(b)) if first <= second else (tuple(b), tuple(a))


def _value(
    result: AuditResult, attributes: Sequence[str], metric: str, cls: str | None, group: Sequence[str]
) -> float | None:
    return next(
        (
            value.value
            for value in result.metrics
            if (value.attributes, value.metric, value.cls, value.group) == (list(attributes), metric, cls, list(group))
            and not value.stratum
        ),
        None,
    )


def explain_why(
    case: Case, folder: RunFolder, progress: Progress, clock: Clock, probed: Probed | None, gaps: Sequence[FailedGap]
) -> Why:
    """Explain decisions, take gaps apart, look into reliance, and write the flags down."""
    config, out = case.config, Why(probe=probed.summary if probed else None)
    threshold = config.probe.threshold if config.probe else None
    judged = bool(config.policy.rules or config.policy.presets)
    failed = [gap for gap in gaps if gap.why == ("failed" if judged else "found")]
    columns = ["row_id", "y_true", "y_pred", "status", "weight", "count", "cluster"]
    names = [attribute.label for attribute in config.attributes]
    errors, labelled = disparate_errors(read_decisions(folder.decisions, [*columns, *names]), failed)
    evidence = Evidence(probed.scored if probed else None, errors, labelled)
    texts: list[str] = [pair.row_id for pair in probed.summary.shown] if probed else []
    explainable = case.adapter is not None and (
        config.explanations.which in {"all", "flagged"} or config.explanations.sample > 0
    )
    if case.adapter is None:
        out.notes.append(Note(code="no_model_no_explanations"))
    elif config.explanations.which == "none" or not explainable:
        out.notes.append(Note(code="explanations_off"))
    else:
        # Captum takes a second to import, which an audit without explanations need not wait for.
        from audit.explain.reliance import find_reliance
        from audit.explain.stage import explain_sample, make_explainer

        explainer = make_explainer(config, case.adapter)
        before = flag(evidence, threshold)["row_id"].tolist()
        most = None if config.explanations.which == "flagged" else config.explanations.most_flagged
        certain = before[:most]
        if len(before) > len(certain) and config.explanations.which == "sample":
            out.notes.append(Note(code="flagged_not_explained", params={"n": len(before) - len(certain)}))
        slicings = [slicing.attributes for slicing in case.slicings if slicing.attributes]
        out.explained = explain_sample(config, explainer, slicings, folder, progress, set(certain))
        clock.computed += out.explained.computed
        clock.reused += out.explained.reused
        evidence.explained = out.explained.table
        texts += out.explained.summary.shown
        if probed:
            out.probe = probed.summary.model_copy(
                update={"shown": _explain_pairs(case, explainer, probed.summary.shown)}
            )
        if config.probe and len(out.explained.table):
            moved = _moved(probed.scored if probed else None)
            out.reliance, evidence.reliance = find_reliance(
                explainer, out.explained.table, lexicons_of(config),
                share=config.probe.reliance, threshold=config.probe.threshold, moved_by_exchange=moved,
            )  # fmt: skip
        if case.positive is not None and config.gaps.sample:
            from audit.explain.contributions import attribute_sample

            table, computed, reused = attribute_sample(config, explainer, case.positive, folder, progress)
            clock.computed += computed
            clock.reused += reused
            texts += _take_apart(case, folder, out, table, gaps)
    flagged = flag(evidence, threshold)
    shown = _flags_to_show(flagged)
    explained_ids = set(out.explained.table["row_id"]) if out.explained else set()
    out.flags = summary(flagged, flag_rates(evidence, threshold, config.level), explained_ids, shown)
    _write_flags(folder, flagged, evidence.explained, names)
    if out.explained or probed:
        _write_inputs(config, folder, [*texts, *shown] if config.explanations.shown else [])
    return out


def _explain_pairs(case: Case, explainer: Explainer, shown: Sequence[ShownPair]) -> list[ShownPair]:
    """Explain both texts of each shown pair, for the class whose score is compared."""
    if case.adapter is None or not shown:
        return list(shown)
    texts = _texts(case.config, [pair.row_id for pair in shown])
    pairs = [(texts[pair.row_id], edited(texts[pair.row_id], pair.edits)) for pair in shown]
    both = [text for pair in pairs for text in pair]
    classes = case.adapter.classes
    targets = [classes.index(case.positive or pair.y_pred) for pair in shown for _ in range(2)]
    encoded = case.adapter.encode(both)
    found, _ = explainer.integrator(explainer.baseline).attribute(encoded, targets)
    tokens = [
        TokenAttributions(
            f_input=item.f_input,
            f_baseline=item.f_baseline,
            starts=of.spans[:, 0].tolist(),
            ends=of.spans[:, 1].tolist(),
            special=of.special.tolist(),
            attributions=[round(float(value), 6) for value in item.values],
        )
        for of, item in zip(encoded, found, strict=True)
    ]
    return [
        pair.model_copy(update={"original": tokens[2 * i], "exchanged": tokens[2 * i + 1]})
        for i, pair in enumerate(shown)
    ]


def _moved(scored: pd.DataFrame | None) -> dict[str, float]:
    """Row -> largest change of its score by an exchange; infinite where the decision flipped."""
    if scored is None or scored.empty:
        return {}
    change = (scored["f_exchanged"] - scored["f"]).abs()
    change = change.where(scored["y_pred"] == scored["y_pred_exchanged"], np.inf)
    return {str(row): float(value) for row, value in change.groupby(scored["row_id"]).max().items()}


def _take_apart(case: Case, folder: RunFolder, out: Why, table: pd.DataFrame, gaps: Sequence[FailedGap]) -> list[str]:
    """Decompose gaps in the mean score; return the rows whose text a reader needs."""
    from audit.explain.concepts import sum_by_concept
    from audit.explain.decomposition import Explained as Numbers
    from audit.explain.decomposition import pushes

    finite = np.array([bool(np.isfinite(values).all()) for values in table["score_attributions"]], bool)
    table = table[np.isfinite(table["score_input"]) & finite].reset_index(drop=True)
    if table.empty:
        return []
    categories = case.config.gaps.concepts
    numbers = Numbers.of(table, sum_by_concept(table, lexicons_of(case.config), categories))
    alpha = 1 - case.config.level
    out.pushes = pushes(numbers, alpha=alpha)
    wanted: dict[tuple[Any, ...], list[FailedGap]] = {}
    for gap in gaps:
        if gap.metric in CONDITIONS and gap.cls == case.positive:
            condition, upward = CONDITIONS[gap.metric]
            high, low = (gap.high_group, gap.low_group) if upward else (gap.low_group, gap.high_group)
            wanted.setdefault((gap.attributes, condition, high, low), []).append(gap)
    if len(wanted) > MOST_GAPS:
        out.notes.append(Note(code="gaps_not_decomposed", params={"n": len(wanted) - MOST_GAPS}))
    chosen = list(wanted.items())[:MOST_GAPS]
    means = _mean_scores(case, folder, [key for key, _ in chosen])
    for key, asked in chosen:
        found = _one_gap(case, table, numbers, key, asked, means, alpha / max(len(chosen), 1))
        if found is None:
            attributes, _, high, low = key
            out.notes.append(
                Note(
                    code="gap_too_few_explained",
                    params={"attributes": " × ".join(attributes), "groups": [" × ".join(high), " × ".join(low)]},
                )
            )
        else:
            out.gaps.append(found)
    return [row for gap in out.gaps for part in [p for p in gap.parts if p.named][:6] for row in part.rows]


def _one_gap(
    case: Case,
    table: pd.DataFrame,
    numbers: ExplainedNumbers,
    key: tuple[Any, ...],
    asked: Sequence[FailedGap],
    means: dict[tuple[Any, ...], float],
    alpha: float,
) -> GapDecomposition | None:
    from audit.explain.decomposition import decompose, equal_treatment

    attributes, condition, high_group, low_group = key
    high, low = (_members(table, attributes, group, condition, case.positive) for group in (high_group, low_group))
    if min(high.sum(), low.sum()) < LEAST_EXPLAINED:
        return None
    gap = means[attributes, condition, high_group] - means[attributes, condition, low_group]
    config = case.config
    found = decompose(numbers, high, low, gap, alpha=alpha, resamples=config.gaps.resamples, seed=config.seed)
    rate_gap = means[attributes, condition, high_group, "rate"] - means[attributes, condition, low_group, "rate"]
    note = None
    if found.lower <= 0 <= found.upper:
        note = "score_gap_not_clear"
    elif np.sign(found.gap) != np.sign(rate_gap) or np.sign(gap) != np.sign(rate_gap):
        note = "score_gap_other_sign"
    return GapDecomposition(
        attributes=list(attributes),
        high_group=list(high_group),
        low_group=list(low_group),
        metrics=list(dict.fromkeys(item.metric for item in asked)),
        condition=condition,
        why=asked[0].why,
        rate_gap=rate_gap,
        score_gap=gap,
        sampled_gap=found.gap,
        lower=found.lower,
        upper=found.upper,
        high_n=int(high.sum()),
        low_n=int(low.sum()),
        concepts=found.concepts,
        parts=found.parts,
        explains=note is None,
        note=note,
        equal_treatment=equal_treatment(numbers, high, low, alpha=1 - config.level, seed=config.seed),
    )


def _members(
    frame: pd.DataFrame, attributes: Sequence[str], group: Sequence[str], condition: str, positive: str | None
) -> np.ndarray:
    here = np.ones(len(frame), bool)
    for name, value in zip(attributes, group, strict=True):
        here = here & ((frame[name] == value).to_numpy(bool))
    if condition != "all":
        same = (frame["y_true"] == positive).to_numpy(bool)
        here = here & (frame["y_true"].notna().to_numpy(bool) & (same if condition == "positive" else ~same))
    return here


def _mean_scores(case: Case, folder: RunFolder, keys: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], float]:
    """Mean score, and rate of positive predictions, of each group under each condition, over all decisions."""
    positive = case.classes.index(case.positive) if case.positive else 0
    wanted = {(attributes, condition, group) for attributes, condition, high, low in keys for group in (high, low)}
    sums: dict[tuple[Any, ...], np.ndarray] = {key: np.zeros(3) for key in wanted}
    names = sorted({name for attributes, _, _ in wanted for name in attributes})
    columns = ["y_true", "y_pred", "logits", "status", "weight", "count", *names]
    for batch in read_decisions(folder.decisions, columns) if wanted else ():
        frame = batch.filter(pc.not_equal(batch["status"], "failed")).to_pandas()
        if frame.empty:
            continue
        score = _score(np.stack(list(frame["logits"])).astype(np.float64), positive, case.config.explanations.target)
        weight = (frame["weight"] * frame["count"]).to_numpy(np.float64)
        chosen = (frame["y_pred"] == case.positive).to_numpy(np.float64)
        for attributes, condition, group in wanted:
            here = _members(frame, attributes, group, condition, case.positive) * weight
            sums[attributes, condition, group] += [here.sum(), (here * score).sum(), (here * chosen).sum()]
    out: dict[tuple[Any, ...], float] = {}
    for key, (total, score_sum, hits) in sums.items():
        out[key], out[*key, "rate"] = (score_sum / total, hits / total) if total else (np.nan, np.nan)
    return out


def _score(logits: np.ndarray, positive: int, target: str) -> np.ndarray:
    others = np.delete(logits, positive, axis=1)
    log_odds = logits[:, positive] - logsumexp(others, axis=1)
    return np.asarray(log_odds if target == "log_odds" else expit(log_odds))


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
    for batch in read_decisions(folder.decisions, ["row_id", "y_true", "y_pred", "score", *names]):
        mine = batch.filter(pc.is_in(batch["row_id"], value_set=wanted))
        decisions |= {row["row_id"]: row for row in mine.to_pylist()}
    explanations: dict[str, dict[Any, Any]] = {}
    if explained is not None:
        mine = explained[explained["row_id"].isin(flagged["row_id"])]
        explanations = {str(row["row_id"]): dict(row) for row in mine.to_dict("records")}
    write_text(folder.flagged, "".join(f"{line}\n" for line in lines(flagged, decisions, explanations, names)))


def _write_inputs(config: AuditConfig, folder: RunFolder, ids: Sequence[str]) -> None:
    """Keep the text of rows that the report may show, and of no other."""
    texts = {row: "\n".join(text) if isinstance(text, tuple) else text for row, text in _texts(config, ids).items()}
    table = pa.table(
        {"row_id": list(texts), "input": list(texts.values())},
        schema=pa.schema([("row_id", pa.string()), ("input", pa.string())]),
    )
    with replacing(folder.inputs) as partial:
        pq.write_table(table, partial)


def _texts(config: AuditConfig, ids: Sequence[str]) -> dict[str, str | tuple[str, str]]:
    """Read the texts of some rows."""
    wanted = pa.array(sorted(set(ids)), pa.string())
    found: dict[str, str | tuple[str, str]] = {}
    for batch in RowReader(config) if len(wanted) else ():
        mine = batch.filter(pc.is_in(batch["row_id"], value_set=wanted))
        if mine.num_rows:
            first = [text or "" for text in mine["input"].to_pylist()]
            if config.data.columns.input_pair is None:
                found |= dict(zip(mine["row_id"].to_pylist(), first, strict=True))
            else:
                both = zip(first, [text or "" for text in mine["input_pair"].to_pylist()], strict=True)
                found |= dict(zip(mine["row_id"].to_pylist(), both, strict=True))
    return found


def edited(text: str | tuple[str, str], edits: Sequence[TextEdit]) -> str | tuple[str, str]:
    """Make the edits in a text, or in a pair of texts whose spans are those of the two joined by a line break."""
    if isinstance(text, str):
        return apply_edits(text, edits)
    cut = len(text[0])
    second = [edit.model_copy(update={"start": edit.start - cut - 1, "end": edit.end - cut - 1}) for edit in edits]
    return (
        apply_edits(text[0], [edit for edit in edits if edit.end <= cut]),
        apply_edits(text[1], [edit for edit in second if edit.start >= 0]),
    )
