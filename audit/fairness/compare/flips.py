"""Counterfactual outcomes per pair of groups: how often the decision flips, and how far the score moves."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from audit.config import ExchangeConfig
from audit.fairness.bounds.outcomes import mean_of, rate_of
from audit.fairness.metrics.names import COMPARED_AXES
from audit.result import ExchangeSummary, PairEffect, ShownPair, TextEdit


def pair_effects(scored: pd.DataFrame, positive: str | None, level: float) -> list[PairEffect]:
    """Sum up texts that were scored both ways; a pair of few texts is told like any other, with wide bounds.

    Parameters
    ----------
    scored
        `row_id`, `axis`, `source`, `target`, `both`, `y_pred`, `y_pred_exchanged`, `f`, `f_exchanged`, `weight`,
        `cluster`. A row that was exchanged twice for one pair (a name, and a place, for an ethnicity) is a cluster.
    positive
        Class that flips are told toward and away from, if there is one.
    level
        Confidence level of each interval.
    """
    alpha, out = 1 - level, []
    for (axis, source, target, both), part in scored.groupby(["axis", "source", "target", "both"], sort=True):
        flipped = (part["y_pred"] != part["y_pred_exchanged"]).to_numpy(bool)
        weight = part["weight"].to_numpy(np.float64)
        cluster = part["cluster"]
        if part["row_id"].duplicated().any():
            cluster = cluster.where(cluster.notna(), part["row_id"])
        rate = rate_of(flipped, weight, cluster, alpha)
        moved = (part["f_exchanged"] - part["f"]).to_numpy(np.float64)
        shift, gap = mean_of(moved, weight, cluster, alpha), mean_of(np.abs(moved), weight, cluster, alpha)
        to = part["y_pred_exchanged"].to_numpy(object)
        out.append(
            PairEffect(
                axis=str(axis),
                source=str(source),
                target=str(target),
                both=bool(both),
                n=len(part),
                effective_n=rate.effective_n or 0.0,
                clusters=rate.clusters,
                flips=int(flipped.sum()),
                to_positive=None if positive is None else int((flipped & (to == positive)).sum()),
                to_negative=None if positive is None else int((flipped & (to != positive)).sum()),
                flip_rate=rate.value or 0.0,
                lower=rate.lower or 0.0,
                upper=1.0 if rate.upper is None else rate.upper,
                shift=shift.value,
                shift_lower=finite(shift.lower),
                shift_upper=finite(shift.upper),
                token_gap=gap.value,
                token_gap_error=finite(gap.error),
            )
        )
    return out


def finite(number: float) -> float | None:
    """None for what one text, or one cluster, cannot tell."""
    return number if math.isfinite(number) else None


def exchange_summary(
    table: pd.DataFrame,
    *,
    kinds: Sequence[str],
    languages: list[str],
    axes: list[str],
    lexicon_sha256: str | None,
    settings: ExchangeConfig,
    positive: str | None,
    decisions: int,
    level: float,
) -> ExchangeSummary:
    """Sum up the table of counterfactuals."""
    scored = table[table["status"] == "scored"]
    refused = table.loc[table["status"] == "refused", "reason"].value_counts().sort_index()
    of_groups = scored[~scored["axis"].isin(COMPARED_AXES)]
    moved = (of_groups["f_exchanged"] - of_groups["f"]).abs()
    return ExchangeSummary(
        kinds=list(kinds),
        languages=languages,
        lexicon_sha256=lexicon_sha256,
        axes=axes,
        threshold=settings.threshold,
        score=positive or "",
        texts=int(table["row_id"].nunique()),
        decisions=decisions,
        exchanged=len(scored),
        refused={str(reason): int(n) for reason, n in refused.items()},
        ambiguous=int((scored["ambiguous"] > 0).sum()),
        open=int((scored["versions"] > 1).sum()),
        kept=int((scored["kept"] > 0).sum()),
        failed=int((table["status"] == "failed").sum()),
        pairs=pair_effects(scored, positive, level),
        token_gap=float(np.average(moved, weights=of_groups["weight"])) if len(of_groups) else None,
        shown=_to_show(scored, settings.shown),
    )


def _to_show(scored: pd.DataFrame, limit: int) -> list[ShownPair]:
    """Choose edits whose score moves most, one per row, from every pair of groups in turn."""
    moved = scored.assign(
        moved=(scored["f_exchanged"] - scored["f"]).abs(), flip=scored["y_pred"] != scored["y_pred_exchanged"]
    )
    ordered = moved.sort_values(["flip", "moved", "row_id"], ascending=[False, False, True], kind="stable")
    ordered = ordered.drop_duplicates("row_id")
    turn = ordered.groupby(["axis", "source", "target"], sort=True).cumcount()
    ordered = ordered.assign(turn=turn).sort_values(
        ["turn", "flip", "moved"], ascending=[True, False, False], kind="stable"
    )
    return [
        ShownPair(
            **{name: row[name] for name in ("row_id", "axis", "source", "target", "y_pred", "y_pred_exchanged")},
            both=bool(row["both"]),
            f=float(row["f"]),
            f_exchanged=float(row["f_exchanged"]),
            edits=[
                TextEdit(start=int(start), end=int(end), new=new)
                for start, end, new in zip(row["starts"], row["ends"], row["replacements"], strict=True)
            ],
            change=row["change"] if isinstance(row["change"], str) else None,
            original=None,
            exchanged=None,
        )
        for row in ordered.head(limit).to_dict("records")
    ]
