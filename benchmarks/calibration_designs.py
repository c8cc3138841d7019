"""What verdicts are worth where designs are awkward.

Weights that go with the prediction, clusters that carry all hits or cross the controls, rare classes, a reference that
the data choose. A data set is bounded by the functions that audits call, on the same tallies; `verdict` judges it by a
whole result instead, which takes several times as long; `tests/test_calibration.py` holds the two to each other.

Of one design: "false fail" at no gap has a limit of zero; at the limit, the true gap is the limit, so that a fail and a
pass are both false. Each may happen in at most 5 % of data sets. "Fails beyond" and "passes at no gap" are right: the
power of the rule. Data sets in which some group is in doubt are counted apart.

`BENCH_RUNS` sets the number of data sets per line (default 1000; a third of it for the gap beyond the limit, where
nothing is false), `BENCH_ONLY` words that a name has to contain, `BENCH_SEED` the seed of designs. Macro averages are
resampled 500 times instead of 2,000, which adds 3 % of noise to their spread.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from audit.config import PolicyConfig, RuleConfig
from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import GapBounds, difference_bounds
from audit.fairness.compare import frame as compared
from audit.fairness.compare.adverse_impact import adverse_impact
from audit.fairness.compare.disparities import compare
from audit.fairness.compare.frame import evaluate
from audit.fairness.compare.question import Question
from audit.fairness.compare.standardised import FineCells, standardise
from audit.fairness.compare.stratified import stratified_tests
from audit.fairness.compare.values import GroupedCells, Values
from audit.fairness.metrics.choosing import choose_metrics, described
from audit.fairness.metrics.definitions import Metric
from audit.fairness.tally import Slicing, Tally
from audit.policy.cases import SLACK
from audit.policy.judge import judge
from audit.result import AuditResult, Flags
from benchmarks.calibration import ALPHA, RUNS, Share, partial
from benchmarks.designs import DESIGNS, Design, Rows, nested
from benchmarks.several import SEVERAL


def summed(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sum rows up to cells, with words for numbers as in an audit."""
    codes = [frame[name].to_numpy() for name in keys]
    shape = [int(code.max()) + 1 for code in codes]
    flat = np.ravel_multi_index(codes, shape)
    sums = {name: np.bincount(flat, frame[name]) if name in frame else None for name in ("w", "w2")}
    n = np.bincount(flat)
    kept = np.flatnonzero(n)
    made: dict[str, np.ndarray] = {}
    for name, code, size in zip(keys, np.unravel_index(kept, shape), shape, strict=True):
        words = np.array([str(number) for number in range(size)], dtype=object)
        made[name] = code if name == "cluster" else words[code]
    made["n"] = n[kept]
    made |= {name: (n if total is None else total)[kept].astype(float) for name, total in sums.items()}
    return pd.DataFrame(made)


@lru_cache
def metric_of(name: str, outcome: str) -> list[Metric]:
    """Look the metric up once."""
    return choose_metrics((name,), outcome=outcome, labelled=True, scored=False)[0]  # type: ignore[arg-type]


def bounded(design: Design, frame: pd.DataFrame) -> tuple[GapBounds | None, bool]:
    """Bounds of the gap among the groups that carry a guarantee, and whether all groups do."""
    frame = frame.assign(w2=frame["w"] ** 2) if "w" in frame else frame
    keys = ["g", *(name for name in ("d", "output") if name in frame), "y_true", "y_pred"]
    groups = frame["g"].max() + 1
    classes = [str(code) for code in np.union1d(frame["y_true"].unique(), frame["y_pred"].unique())]
    asked = classes[-1:] if len(classes) <= 2 else classes
    (metric,) = metric_of(design.metric, design.outcome or ("binary" if len(classes) <= 2 else "class"))

    def grouped(cells: pd.DataFrame) -> GroupedCells:
        return GroupedCells(cells, cells["g"].astype(int).to_numpy(np.int64), int(groups))

    def values_of(cells: pd.DataFrame, fine: pd.DataFrame | None) -> Values:
        whole = grouped(cells)
        if fine is not None:
            whole = GroupedCells(whole.cells, whole.groups, whole.size, grouped(fine))
        (values,) = evaluate(whole, [metric], classes=classes, asked=asked, alpha=ALPHA)
        return values

    cells = summed(frame, keys)
    fine = summed(frame, [*keys[:-2], "cluster", *keys[-2:]]) if "cluster" in frame else None
    if design.adjusted:
        strata = sorted(cells["d"].unique())
        each = [
            [values_of(*(None if c is None else c[c["d"] == d].reset_index(drop=True) for c in (cells, fine)))]  # type: ignore[arg-type]
            for d in strata
        ]
        by_cluster = None
        if fine is not None:
            by_cluster = FineCells(
                fine, grouped(fine).groups, fine["d"].map(strata.index).to_numpy(np.int64), classes
            )  # fmt: skip
        values = standardise(each, np.ones(groups, bool), ALPHA, by_cluster)[0].values
    else:
        values = values_of(cells, fine)
    usable = values.sure & (np.nan_to_num(values.effective) >= EVIDENCE_FLOOR)
    kept = np.flatnonzero(usable)
    return difference_bounds(values.among(kept), ALPHA) if len(kept) > 1 else None, bool(usable.all())


def verdict(design: Design, frame: pd.DataFrame, limit: float) -> str:
    """Judge one data set by a whole result."""
    tally, question = tallied(design, frame)
    done = compare(tally, question)
    result = AuditResult.model_construct(
        level=1 - ALPHA,
        config={"controls": list(tally.slicing.controls)},
        slicings=[done.slicing],
        metric_definitions=described(question.metrics),
        metrics=done.metrics,
        adjusted=done.adjusted,
        correlations=done.correlations,
        comparison=None,
        exchange=None,
        flags=Flags(decisions=0, by_severity={}, rates=[], explained=0, shown=[]),
    )
    rule = RuleConfig(metric=design.metric, limit=limit, scope="adjusted" if design.adjusted else "pooled")
    (found,) = [rule for rule in judge(result, PolicyConfig(rules=(rule,))).rules if rule.counts]
    return found.status


def status_of(found: GapBounds | None, whole: bool, limit: float) -> str:
    """Verdict from bounds, as the judge draws it."""
    if found is None:
        return "undecided"
    if found.lower > limit + SLACK:
        return "fail"
    return "pass" if found.upper <= limit + SLACK and whole else "inconclusive"


def tallied(design: Design, frame: pd.DataFrame) -> tuple[Tally, Question]:
    """Sum rows up to cells, as a run does."""
    also = ("output",) if "output" in frame else ()
    slicing = Slicing(("g",), ("d",) if "d" in frame else (), "cluster" in frame, also)
    names = dict(zip(("g", "d"), (*slicing.group_columns, *slicing.control_columns), strict=False))
    frame = frame.assign(w2=frame["w"] ** 2) if "w" in frame else frame
    keys = [*names.values(), *also, *(["cluster"] if slicing.clustered else []), "y_true", "y_pred"]
    cells = summed(frame.rename(columns=names), keys)
    classes = sorted({*cells["y_true"], *cells["y_pred"]})
    outcome = design.outcome or ("binary" if len(classes) <= 2 else "class")
    metrics, criteria = choose_metrics((design.metric,), outcome=outcome, labelled=True, scored=False)
    positive = classes[-1] if outcome == "binary" else None
    nothing = None if design.outcome is None else classes[0]
    question = Question(metrics, criteria, classes, positive, 1 - ALPHA, nothing=nothing)
    return Tally(slicing, cells, float(cells["w"].sum())), replace(question, negatives=outcome != "entities")


@dataclass
class Measured:
    """Shares of data sets of one design and gap: by the limit, by a limit of zero, and with a group in doubt."""

    failed: Share = field(default_factory=Share)
    passed: Share = field(default_factory=Share)
    above_zero: Share = field(default_factory=Share)
    doubted: Share = field(default_factory=Share)


Bounding = Callable[[Design, pd.DataFrame], tuple[GapBounds | None, bool]]


def measure(design: Design, gap: str, runs: int, seed: int = 0, by: Bounding = bounded) -> Measured:
    """Judge many data sets of one gap."""
    rng, done = np.random.default_rng(seed), Measured()
    for _ in range(runs):
        found, whole = by(design, design.rows(rng, design.apart(gap)))
        status = status_of(found, whole, design.limit)
        done.failed.add(status == "fail")
        done.passed.add(status == "pass")
        done.above_zero.add(found is not None and found.lower > SLACK)
        done.doubted.add(not whole)
        partial(f"{design.name}, {gap}", done.above_zero if gap == "none" else done.failed, done.passed)
    return done


def reference_by_chance(runs: int, groups: int = 12, size: int = 500) -> Share:
    """How often an adverse-impact table of groups without a difference has any corrected p below .05."""
    rng, named = np.random.default_rng(8), Share()
    design = Design("", "selection_rate", nested((1,), 1, 0.3, 0.5))
    for _ in range(runs):
        hits = rng.random(groups * size) < 0.3
        g = np.repeat(np.arange(groups), size)
        done = compare(*tallied(design, pd.DataFrame({"g": g, "y_true": 1, "y_pred": hits.astype(int)})))
        named.add(any((row.holm_p or 1) < ALPHA for row in adverse_impact(done.slicing, done.selected[-1], ALPHA)))
    return named


def stratified_by_chance(runs: int) -> Share:
    """How often a Mantel–Haenszel test of clusters across the controls rejects where nothing differs."""
    rng, rejected = np.random.default_rng(9), Share()
    rows: Rows = nested((20, 20), 12, 0.4, 0.5, 3)
    design = Design("", "selection_rate", rows)
    for _ in range(runs):
        tally, question = tallied(design, rows(rng, 0.0))
        done = compare(tally, question)
        rejected.add(any((test.p_value or 1) < ALPHA for test in stratified_tests(tally, done.slicing, "1")))
    return rejected


def main() -> None:
    only, seed = os.environ.get("BENCH_ONLY", ""), int(os.environ.get("BENCH_SEED", "0"))
    compared.RESAMPLES = 500
    print(f"{RUNS} data sets a line, shares ± 1.96 standard errors; false fails and passes may be {ALPHA} each\n")
    print("| design | gap | data sets | fail, limit zero | fail | pass | in doubt |\n|---|---|---|---|---|---|---|")
    for design in (design for design in (*DESIGNS, *SEVERAL) if only in design.name):
        for gap in design.gaps:
            done = measure(design, gap, RUNS // 3 if gap == "beyond" else RUNS, seed)
            zero = str(done.above_zero) if gap == "none" else "–"
            told = f"{done.failed} | {done.passed} | {done.doubted}"
            print(f"| {design.name} | {gap} | {done.failed.of} | {zero} | {told} |", flush=True)
    for name, share in (
        ("adverse impact, 12 × 500 without a difference, any Holm p < .05", reference_by_chance),
        ("Mantel–Haenszel, 2 × 20 clusters of 12 across the controls, p < .05", stratified_by_chance),
    ):
        if only in name:
            print(f"\n{name}: {share(RUNS)}", flush=True)


if __name__ == "__main__":
    main()
