"""Gaps: which of them are looked into, and what each is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit, logsumexp

from audit.config import AuditConfig
from audit.pipeline.case import Case, lexicons_of
from audit.policy.disparate_errors import FailedGap, failed_gaps
from audit.policy.judge import judge_gaps
from audit.result import (
    Closing,
    ConceptPush,
    Disparity,
    GapDecomposition,
    GapPart,
    Measured,
    MetricValue,
    Note,
)
from audit.store.columns import group_column, group_columns
from audit.store.decisions import counted, read_decisions
from audit.store.runfolder import RunFolder

if TYPE_CHECKING:
    from audit.explain.explanations import Explainer
    from audit.explain.gaps.decomposition import Attributed
    from audit.explain.gaps.masking import Masker

#: Gaps that are taken apart at most, and explained decisions that each of the two groups must have.
MOST_GAPS, LEAST_EXPLAINED = 24, 20
#: Named parts of a gap that are masked, the strongest first.
MOST_MASKED = 8
#: Kinds of parts that stand somewhere in an example, so that they can be masked.
MASKABLE = frozenset({"identity", "lexicon", "word", "field", "region"})
#: Disparity -> true label it is conditioned on, and whether more of it is a higher rate of positive predictions.
CONDITIONS = {
    "selection_rate": ("all", True),
    "true_positive_rate": ("positive", True),
    "false_negative_rate": ("positive", False),
    "false_positive_rate": ("negative", True),
    "true_negative_rate": ("negative", False),
}


def gaps_to_look_into(measured: Measured, config: AuditConfig) -> list[FailedGap]:
    """Judge the disparities of decisions, before anything is explained; then those that were asked for."""
    out = failed_gaps(judge_gaps(measured, config.policy), measured.clear_gaps)
    known = {(gap.attributes, gap.metric) for gap in out}
    for gap in measured.disparities:
        pooled = gap.aggregate == "difference" and not gap.stratum and gap.cls == measured.positive_class
        asked_for = gap.metric in config.gaps.metrics and (tuple(gap.attributes), gap.metric) not in known
        if pooled and asked_for and gap.worst_group and gap.best_group:
            ends = _ordered(measured.metrics, gap, gap.worst_group, gap.best_group)
            out.append(FailedGap(tuple(gap.attributes), gap.metric, gap.cls, *ends, "asked"))
    return out


def _ordered(
    metrics: Sequence[MetricValue], gap: Disparity, a: list[str], b: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Put two groups in the order of their values."""
    first, second = (_value(metrics, gap, group) or 0.0 for group in (a, b))
    return (tuple(a), tuple(b)) if first <= second else (tuple(b), tuple(a))


def _value(metrics: Sequence[MetricValue], gap: Disparity, group: list[str]) -> float | None:
    asked = (gap.attributes, gap.metric, gap.cls, group)
    here = (value for value in metrics if (value.attributes, value.metric, value.cls, value.group) == asked)
    return next((value.value for value in here if not value.stratum), None)


@dataclass(frozen=True)
class TakenApart:
    """Gaps in parts, which way identity terms push, and what could not be done."""

    gaps: list[GapDecomposition]
    pushes: list[ConceptPush]
    notes: list[Note]

    @property
    def rows(self) -> list[str]:
        """Rows whose text a reader needs: where the named parts act."""
        return [row for gap in self.gaps for part in [p for p in gap.parts if p.named][:6] for row in part.rows]


def take_apart(
    case: Case, folder: RunFolder, explainer: Explainer, table: pd.DataFrame, gaps: Sequence[FailedGap]
) -> TakenApart:
    """Decompose gaps in the mean score, from the attributions of a sample, and mask what is named."""
    from audit.explain.gaps.concepts import sum_by_concept
    from audit.explain.gaps.decomposition import Attributed, pushes
    from audit.explain.gaps.masking import Masker

    finite = np.array([bool(np.isfinite(values).all()) for values in table["score_attributions"]], bool)
    usable = table[np.isfinite(table["score_input"]) & finite].reset_index(drop=True)
    out = TakenApart([], [], [])
    if len(usable) < len(table):
        out.notes.append(Note(code="attributions_failed", params={"n": len(table) - len(usable)}))
    table = usable
    if table.empty:
        return out
    categories = case.config.gaps.concepts
    concepts = sum_by_concept(table, lexicons_of(case.config), categories, explainer.adapter.facts().grid)
    numbers = Attributed.of(table, concepts)
    alpha = 1 - case.config.level
    out.pushes.extend(pushes(numbers, alpha=alpha))
    wanted: dict[tuple[Any, ...], list[FailedGap]] = {}
    for gap in gaps:
        if gap.metric in CONDITIONS and gap.cls == case.positive:
            if gap.high_group == gap.low_group:
                params = {"metric": gap.metric, "attributes": " × ".join(gap.attributes)}
                out.notes.append(Note(code="gap_is_zero", params=params))
                continue
            condition, upward = CONDITIONS[gap.metric]
            high, low = (gap.high_group, gap.low_group) if upward else (gap.low_group, gap.high_group)
            wanted.setdefault((gap.attributes, condition, high, low), []).append(gap)
    if len(wanted) > MOST_GAPS:
        out.notes.append(Note(code="gaps_not_decomposed", params={"n": len(wanted) - MOST_GAPS}))
    chosen = list(wanted.items())[:MOST_GAPS]
    means = _mean_scores(case, folder, [key for key, _ in chosen])
    masker = Masker(explainer, table, numbers, case.classes.index(case.positive)) if case.positive else None
    for key, asked in chosen:
        found = _one_gap(case, table, numbers, masker, key, asked, means, alpha / max(len(chosen), 1))
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
    return out


def _one_gap(
    case: Case,
    table: pd.DataFrame,
    numbers: Attributed,
    masker: Masker | None,
    key: tuple[Any, ...],
    asked: Sequence[FailedGap],
    means: dict[tuple[Any, ...], float],
    alpha: float,
) -> GapDecomposition | None:
    from audit.explain.gaps.decomposition import decompose
    from audit.explain.gaps.treatment import equal_treatment

    attributes, condition, high_group, low_group = key
    high, low = (_members(table, attributes, group, condition, case.positive) for group in (high_group, low_group))
    if min(high.sum(), low.sum()) < LEAST_EXPLAINED:
        return None
    gap = means[attributes, condition, high_group] - means[attributes, condition, low_group]
    config = case.config
    found = decompose(numbers, high, low, gap, alpha=alpha, resamples=config.gaps.resamples, seed=config.seed)
    parts, together = found.parts, None
    if masker is not None:
        parts, together = _masked(masker, numbers, found.parts, high, low, alpha, config)
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
        parts=parts,
        closes=together,
        explains=note is None,
        note=note,
        equal_treatment=equal_treatment(numbers, high, low, alpha=1 - config.level, seed=config.seed),
    )


def _masked(
    masker: Masker,
    numbers: Attributed,
    parts: Sequence[GapPart],
    high: np.ndarray,
    low: np.ndarray,
    alpha: float,
    config: AuditConfig,
) -> tuple[list[GapPart], Closing | None]:
    """Say of the strongest named parts by how much the gap closes once they are masked, alone and all together."""
    from audit.explain.gaps.decomposition import closings

    code = {(concept.kind, concept.name): i for i, concept in enumerate(numbers.contributions.names)}
    wordy = [i for i, part in enumerate(parts) if part.named and part.kind in MASKABLE]
    wordy = wordy[:MOST_MASKED]
    if not wordy:
        return list(parts), None
    concepts = [code[parts[i].kind, parts[i].name] for i in wordy]
    falls = masker.falls([*([concept] for concept in concepts), concepts], high | low)
    found = closings(numbers, high, low, falls, alpha=alpha, resamples=config.gaps.resamples, seed=config.seed)
    out = list(parts)
    for i, closing in zip(wordy, found, strict=False):
        out[i] = parts[i].model_copy(update={"closes": closing})
    return out, found[-1]


def _members(
    frame: pd.DataFrame, attributes: Sequence[str], group: Sequence[str], condition: str, positive: str | None
) -> np.ndarray:
    here = np.ones(len(frame), bool)
    for name, value in zip(attributes, group, strict=True):
        here = here & ((frame[group_column(name)] == value).to_numpy(bool))
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
    columns = ["y_true", "y_pred", "logits", "status", "weight", "count", *group_columns(names)]
    for batch in read_decisions(folder.decisions, columns) if wanted else ():
        frame = batch.filter(counted(batch["status"])).to_pandas()
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
