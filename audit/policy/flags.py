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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from audit.fairness.bounds.outcomes import Rate, rate_of, rate_of_cells
from audit.fairness.compare.name_splits import split_by_names
from audit.result import ClearGaps, FlagRate, Flags, RuleVerdict
from audit.result.flagged import ERROR, FLIP, NAME, NOT_EXPLAINED, PROBE_HIT, RELIANCE
from audit.result.outcomes import UNEXPLAINED
from audit.store.columns import group_column

CODES = (FLIP, NAME, RELIANCE, ERROR, PROBE_HIT, NOT_EXPLAINED)
#: Changes of one decision that its flag names, the mildest first.
MOST_VARIANTS = 3
SEVERITIES = ("high", "medium", "low")


@dataclass(frozen=True)
class FailedGap:
    """A disparity that failed a rule, or was found clear of chance, between two groups.

    Attributes
    ----------
    why
        `failed` a rule, was `found`, or `asked` for.
    """

    attributes: tuple[str, ...]
    metric: str
    cls: str | None
    low_group: tuple[str, ...]
    high_group: tuple[str, ...]
    why: str


def failed_gaps(verdicts: Iterable[RuleVerdict], found: ClearGaps) -> list[FailedGap]:
    """Disparities that failed a rule, in the order of the rules, then those found clear of chance."""
    out = [
        FailedGap(
            tuple(rule.attributes), rule.metric, rule.cls, tuple(rule.low_group), tuple(rule.high_group), "failed"
        )
        for rule in verdicts
        if rule.status == "fail" and rule.kind == "gap" and rule.low_group and rule.high_group
    ]
    out += [
        FailedGap(tuple(item.attributes), item.metric, item.cls, tuple(item.low_group), tuple(item.high_group), "found")
        for item in found.items
    ]
    seen: dict[tuple[Any, ...], FailedGap] = {}
    for gap in out:
        seen.setdefault((gap.attributes, gap.metric, gap.cls, gap.low_group, gap.high_group), gap)
    return list(seen.values())


#: What is wrong with a decision: the class was missed, it was wrongly given, or either.
Kind = Literal["missed", "given", "wrong"]
#: Metric of a class -> the group that is worse off, and which of its errors show it.
_ERRORS: dict[str, tuple[tuple[str, Kind], ...]] = {
    "selection_rate": (("low", "missed"), ("high", "given")),
    "true_positive_rate": (("low", "missed"),),
    "false_negative_rate": (("high", "missed"),),
    "false_positive_rate": (("high", "given"),),
    "true_negative_rate": (("low", "given"),),
}
#: The same of metrics over all classes.
_OVERALL: dict[str, tuple[tuple[str, Kind], ...]] = {
    "accuracy": (("low", "wrong"),),
    "balanced_accuracy": (("low", "wrong"),),
}
#: More of them, where rows have several decisions and one class says that there is nothing: to miss is to find nothing
#: of what there is, to give wrongly is to find what is not there.
_ERRORS_OF_SEVERAL: dict[str, tuple[tuple[str, Kind], ...]] = {
    **_ERRORS,
    "precision": (("low", "given"),),
    "false_discovery_rate": (("high", "given"),),
    "f1_score": (("low", "wrong"),),
}
_OVERALL_OF_SEVERAL: dict[str, tuple[tuple[str, Kind], ...]] = {
    "micro_recall": (("low", "missed"),),
    "micro_precision": (("low", "given"),),
    "macro_recall": (("low", "missed"),),
    "macro_precision": (("low", "given"),),
    "micro_f1": (("low", "wrong"),),
    "macro_f1": (("low", "wrong"),),
    "hamming_loss": (("high", "wrong"),),
    "exact_match": (("low", "wrong"),),
    "visible_characters": (("high", "missed"),),
}


@dataclass(frozen=True)
class _Wrong:
    attributes: tuple[str, ...]
    group: tuple[str, ...]
    metric: str
    cls: str | None
    kind: Kind

    def among(self, frame: pd.DataFrame, nothing: str | None) -> npt.NDArray[np.bool_]:
        """Say which labelled decisions are wrong in this way."""
        true, found = (frame[name].to_numpy(object) for name in ("y_true", "y_pred"))
        here = np.asarray(true != found, bool)
        for name, value in zip(self.attributes, self.group, strict=True):
            here &= (frame[group_column(name)] == value).to_numpy(bool)
        sides = {"missed": [true], "given": [found], "wrong": [true, found]}[self.kind]
        if self.cls is not None:
            here &= np.any([side == self.cls for side in sides], axis=0)
        elif nothing is not None:
            here &= np.any([side != nothing for side in sides], axis=0)
        return here


def _wrong(gaps: Sequence[FailedGap], *, several: bool) -> list[_Wrong]:
    of_class = _ERRORS_OF_SEVERAL if several else _ERRORS
    overall = _OVERALL_OF_SEVERAL if several else _OVERALL
    return [
        _Wrong(gap.attributes, gap.low_group if end == "low" else gap.high_group, gap.metric, gap.cls, kind)
        for gap in gaps
        for end, kind in (overall if gap.cls is None else of_class).get(gap.metric, ())
    ]


def disparate_errors(
    batches: Iterable[pa.Table], gaps: Sequence[FailedGap], nothing: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find decisions that are wrong in the direction of a failed disparity.

    Parameters
    ----------
    nothing
        Where rows have several decisions, the class that says that there is nothing.

    Returns
    -------
    errors, looked_at
        `row_id` and `OF_ERROR` of each error; sums of all labelled decisions, as `rate_of_cells`
        takes them.
    """
    asked = _wrong(gaps, several=nothing is not None)
    found, seen = [], []
    for batch in batches:
        frame = batch.to_pandas()
        frame = frame[frame["y_true"].notna() & ~frame["status"].isin(["failed", "nothing"])]
        hit = np.zeros(len(frame), bool)
        for wrong in asked:
            here = wrong.among(frame, nothing)
            hit = hit | here
            said = dict(zip(OF_ERROR, (wrong.metric, wrong.cls, wrong.kind), strict=False))
            said |= {"attributes": " × ".join(wrong.attributes), "group": " × ".join(wrong.group)}
            found.append(pd.DataFrame({"row_id": frame["row_id"][here]}).assign(**said))
        weight = (frame["weight"] * frame["count"]).to_numpy(float)
        columns = {"hit": hit, "n": frame["count"], "w": weight, "w2": weight * frame["weight"]}
        seen.append(_summed(pd.DataFrame(columns | {"cluster": frame["cluster"].astype(object)})))
        if len(seen) == MOST_PARTS:
            seen = [_summed(pd.concat(seen))]
    errors = pd.concat(found) if found else pd.DataFrame(columns=["row_id", *OF_ERROR])
    return errors, _summed(pd.concat(seen)) if seen else pd.DataFrame(columns=["hit", "n", "w", "w2", "cluster"])


#: What is told of an error, beside its decision.
OF_ERROR = ("metric", "class", "error", "attributes", "group")
#: Parts that wait to be added up.
MOST_PARTS = 16


def _summed(cells: pd.DataFrame) -> pd.DataFrame:
    return cells.groupby(["cluster", "hit"], dropna=False, as_index=False, sort=True)[["n", "w", "w2"]].sum()


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
