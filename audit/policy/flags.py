"""Flags: which single decisions are biased or unexplained, with the evidence, worst first.

| code | given to |
|---|---|
| `counterfactual_flip` | exchanging identity terms changes the decision, or moves the score by the threshold |
| `name_flip` | a person is found under all names of one group, and under none of another |
| `identity_reliance` | identity terms carry the decision, and masking or exchanging them confirms it |
| `disparate_error` | the decision is wrong, in the group and the direction of a disparity that failed |
| `probe_hit` | a change that should not matter, made by a probe, alters it |
| `unexplained:REASON` | its explanation could not be verified |

Severity is high where the decision itself changes with the group, low where only the explanation is missing, and medium
between. The list, the rates, the report, SARIF and the gate read the same table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from audit.fairness.bounds.outcomes import Rate, rate_of, rate_of_cells
from audit.fairness.compare.name_splits import split_by_names
from audit.policy.disparate_errors import OF_ERROR
from audit.result import FlagRate, Flags
from audit.result.flagged import ERROR, FLIP, NAME, NOT_EXPLAINED, PROBE_HIT, RELIANCE
from audit.result.outcomes import UNEXPLAINED
from audit.store.columns import group_column

CODES = (FLIP, NAME, RELIANCE, ERROR, PROBE_HIT, NOT_EXPLAINED)
#: Changes of one decision that its flag names, the mildest first.
MOST_VARIANTS = 3
SEVERITIES = ("high", "medium", "low")


@dataclass
class Evidence:
    """Everything flags are made from.

    Attributes
    ----------
    scored : DataFrame or None
        Counterfactuals that were scored.
    errors, labelled : DataFrame
        From `disparate_errors`.
    explained : DataFrame or None
        The explanation table.
    reliance : DataFrame or None
        Suspected decisions.
    names : DataFrame or None
        Outcomes of entities under names of several groups.
    variants : DataFrame or None
        Outcomes of probes that flag, with `weight`, `inclusion_probability` and `cluster` of their decisions.
    """

    scored: pd.DataFrame | None
    errors: pd.DataFrame
    labelled: pd.DataFrame
    explained: pd.DataFrame | None = None
    reliance: pd.DataFrame | None = None
    names: pd.DataFrame | None = None
    variants: pd.DataFrame | None = None


def flag(evidence: Evidence, threshold: float | None) -> pd.DataFrame:
    """Collect the codes of every flagged decision.

    Returns
    -------
    DataFrame
        Indexed by rank from 0: `row_id`, `severity`, `codes`, `moved` (largest change of the score by an exchange) and
        `evidence`, worst first.
    """
    records: dict[str, dict[str, Any]] = {}

    def record(row_id: str) -> dict[str, Any]:
        return records.setdefault(row_id, {"row_id": row_id, "codes": {}, "level": 2, "moved": 0.0, "evidence": {}})

    def give(row: dict[str, Any], code: str, level: int) -> None:
        row["codes"][code] = None
        row["level"] = min(row["level"], level)

    if evidence.scored is not None and threshold is not None:
        for found in moved_decisions(evidence.scored, threshold).to_dict("records"):
            row = record(found["row_id"])
            give(row, FLIP, 0 if found["flip"] else 1)
            row["moved"] = max(row["moved"], abs(found["f_exchanged"] - found["f"]))
            row["evidence"].setdefault("exchanges", []).append(_exchange_evidence(found))
    if evidence.names is not None:
        for row_id, groups in split_by_names(evidence.names).items():
            row = record(row_id)
            give(row, NAME, 0)
            row["evidence"]["names"] = groups
    for found in evidence.errors.to_dict("records"):
        row = record(found["row_id"])
        give(row, ERROR, 1)
        row["evidence"].setdefault("disparities", []).append({key: found[key] for key in OF_ERROR})
    if evidence.reliance is not None:
        for found in evidence.reliance[evidence.reliance["confirmed_by"].notna()].to_dict("records"):
            row = record(found["row_id"])
            give(row, RELIANCE, 0 if found["flips"] else 1)
            row["evidence"]["reliance"] = {
                key: _rounded(found[key]) for key in ("share", "masked", "flips", "confirmed_by")
            }
    if evidence.variants is not None:
        for found in _mildest(evidence.variants):
            row = record(found["row_id"])
            give(row, PROBE_HIT, 1)
            row["evidence"].setdefault("probes", []).append(_variant_evidence(found))
    if evidence.explained is not None:
        table = evidence.explained
        for row_id, reason in table.loc[table["outcome"] == UNEXPLAINED, ["row_id", "reason"]].itertuples(index=False):
            give(record(row_id), f"{NOT_EXPLAINED}:{reason}", 2)
    ordered = sorted(records.values(), key=lambda r: (r["level"], -len(r["codes"]), -r["moved"], r["row_id"]))
    return pd.DataFrame(
        {
            "row_id": [r["row_id"] for r in ordered],
            "severity": [SEVERITIES[r["level"]] for r in ordered],
            "codes": [list(r["codes"]) for r in ordered],
            "moved": [r["moved"] for r in ordered],
            "evidence": [r["evidence"] for r in ordered],
        }
    )


def moved_decisions(scored: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Exchanges that changed the decision or moved the score by the threshold, with `flip`."""
    flip = scored["y_pred"] != scored["y_pred_exchanged"]
    far = (scored["f_exchanged"] - scored["f"]).abs() >= threshold
    return scored.assign(flip=flip)[flip | far]


def _exchange_evidence(found: dict[Any, Any]) -> dict[str, Any]:
    return {
        "axis": found["axis"],
        "source": found["source"],
        "target": found["target"],
        "both": bool(found["both"]),
        "decision": found["y_pred_exchanged"],
        "score": _rounded(found["f"]),
        "score_exchanged": _rounded(found["f_exchanged"]),
        "edits": _edits(found),
    }


def _mildest(variants: pd.DataFrame) -> list[dict[Any, Any]]:
    """Of each decision that a mildest change alters, the first few such changes.

    Stronger changes may alter any decision: rates by severity tell of them, and they flag nobody.
    """
    scored = variants[variants["status"] == "scored"]
    hits = scored[_is_mild_hit(scored)]
    first = hits.groupby("row_id", sort=False).cumcount() < MOST_VARIANTS
    return list(hits[first].to_dict("records"))


def _is_mild_hit(variants: pd.DataFrame) -> pd.Series:
    mildest = variants.groupby(["probe", "transform"], sort=False)["severity"].transform("min")
    return (variants["hit"] == True) & (variants["severity"] == mildest)  # noqa: E712 - undefined is no hit


def _variant_evidence(found: dict[Any, Any]) -> dict[str, Any]:
    return {
        "probe": found["probe"],
        "transform": found["transform"],
        "severity": int(found["severity"]),
        "decision": found["y_pred_after"],
        "score": _rounded(found["f"]),
        "score_after": _rounded(found["f_after"]),
        "edits": _edits(found),
        "change": found["change"] if isinstance(found["change"], str) else None,
    }


def _edits(found: dict[Any, Any]) -> list[dict[str, Any]]:
    return [
        {"start": int(start), "end": int(end), "new": new}
        for start, end, new in zip(found["starts"], found["ends"], found["replacements"], strict=True)
    ]


def _rounded(value: Any, digits: int = 6) -> Any:
    """Make a number that JSON can hold: null if it is none, as where a model gives no finite output."""
    if isinstance(value, float | np.floating):
        return round(float(value), digits) if np.isfinite(value) else None
    return bool(value) if isinstance(value, np.bool_) else value


def flag_rates(evidence: Evidence, threshold: float | None, level: float) -> list[FlagRate]:
    """How often each code is given among the decisions that were looked at for it, with bounds."""
    alpha, out = 1 - level, []

    def add(code: str, hit: pd.Series, weight: pd.Series, cluster: pd.Series) -> None:
        put(code, rate_of(hit.to_numpy(bool), weight.to_numpy(np.float64), cluster.reset_index(drop=True), alpha))

    def put(code: str, rate: Rate) -> None:
        out.append(
            FlagRate(
                code=code, n=rate.n, flagged=rate.hits, rate=rate.value, effective_n=rate.effective_n,
                clusters=rate.clusters, lower=rate.lower, upper=rate.upper,
            )
        )  # fmt: skip

    if evidence.scored is not None and threshold is not None:
        moved = set(moved_decisions(evidence.scored, threshold)["row_id"])
        rows = evidence.scored.drop_duplicates("row_id")
        add(FLIP, rows["row_id"].isin(moved), rows["weight"], rows["cluster"])
    if evidence.names is not None:
        rows = evidence.names[evidence.names["status"] != "failed"].drop_duplicates("row_id")
        add(NAME, rows["row_id"].isin(split_by_names(evidence.names)), rows["weight"], rows["cluster"])
    if len(evidence.labelled):
        put(ERROR, rate_of_cells(evidence.labelled, alpha))
    if evidence.variants is not None:
        scored = evidence.variants[evidence.variants["status"] == "scored"]
        mild = set(scored.loc[_is_mild_hit(scored), "row_id"])
        rows = scored.drop_duplicates("row_id")
        weight = rows["weight"] / rows["inclusion_probability"]
        add(PROBE_HIT, rows["row_id"].isin(mild), weight, rows["cluster"])
    if evidence.explained is not None and len(evidence.explained):
        table = evidence.explained
        weight = table["weight"] / table["inclusion_probability"]
        if evidence.reliance is not None:
            sure = set(evidence.reliance.loc[evidence.reliance["confirmed_by"].notna(), "row_id"])
            add(RELIANCE, table["row_id"].isin(sure), weight, table["cluster"])
        add(NOT_EXPLAINED, table["outcome"] == UNEXPLAINED, weight, table["cluster"])
    return out


def summary(flagged: pd.DataFrame, rates: list[FlagRate], explained: set[str], shown: list[str]) -> Flags:
    """Sum flags up for the result."""
    counts = flagged["severity"].value_counts()
    return Flags(
        decisions=len(flagged),
        by_severity={name: int(counts.get(name, 0)) for name in SEVERITIES},
        rates=rates,
        explained=sum(row in explained for row in flagged["row_id"]),
        shown=shown,
    )


def lines(
    flagged: pd.DataFrame,
    decisions: dict[str, dict[str, Any]],
    explanations: dict[str, dict[Any, Any]],
    names: list[str],
) -> Iterable[str]:
    """`flagged.jsonl`, line by line."""
    for rank, row in enumerate(flagged.to_dict("records"), start=1):
        decision = decisions[row["row_id"]]
        explanation = explanations.get(row["row_id"])
        yield json.dumps(
            {
                "rank": rank,
                "row_id": row["row_id"],
                "example": decision["example"] or row["row_id"],
                **{key: decision[key] for key in ("output", "position", "start", "end")},
                "severity": row["severity"],
                "codes": row["codes"],
                "groups": {name: decision[group_column(name)] for name in names},
                "y_true": decision["y_true"],
                "y_pred": decision["y_pred"],
                "score": _rounded(decision["score"]),
                "evidence": row["evidence"],
                "explanation": _explanation(explanation) if explanation else None,
            },
            ensure_ascii=False,
            allow_nan=False,
        )


def _explanation(found: dict[Any, Any]) -> dict[str, Any]:
    return {
        "outcome": found["outcome"],
        "reason": found["reason"] if isinstance(found["reason"], str) else None,
        "f_input": _rounded(found["f_input"]),
        "f_baseline": _rounded(found["f_baseline"]),
        "scale": found["scale"],
        "starts": [int(value) for value in found["starts"]],
        "ends": [int(value) for value in found["ends"]],
        "attributions": [_rounded(value, 5) for value in found["attributions"]],
        "frame": _rounded(found["frame"], 5),
    }
