"""What verdicts are worth where designs are awkward.

Weights that go with the prediction, clusters that carry all hits or cross the controls, rare classes, a reference that
the data choose. Every data set is judged by the code that judges audits. "none": the groups do not differ and the limit
is zero, so every fail is false. "at": they differ by exactly the limit, so a fail and a pass are both false; each may
happen in at most 5 % of data sets. "beyond": a fail is right. Verdicts that name a doubt are counted apart.

`BENCH_RUNS` sets the number of data sets per line (default 1000).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.config import PolicyConfig, RuleConfig
from audit.fairness.compare.adverse_impact import adverse_impact
from audit.fairness.compare.disparities import Question, compare
from audit.fairness.compare.stratified import stratified_tests
from audit.fairness.metrics.definitions import choose_metrics
from audit.fairness.tally import Slicing, Tally
from audit.pipeline.run import definitions
from audit.policy.judge import judge
from audit.result import AuditResult, Flags

RUNS = int(os.environ.get("BENCH_RUNS", "1000"))
Rows = Callable[[np.random.Generator, float], pd.DataFrame]


@dataclass(frozen=True)
class Design:
    """One way in which rows come about.

    Attributes
    ----------
    rows
        Draws a data set in which the last group differs by a gap: columns g, y_true, y_pred, and what else there is.
    limit, beyond
        The limit where the gap lies at it, and the gap where it lies beyond.
    """

    name: str
    metric: str
    rows: Rows
    limit: float = 0.1
    beyond: float = 0.3
    adjusted: bool = False
    gaps: tuple[str, ...] = ("none", "at", "beyond")


def verdict(design: Design, frame: pd.DataFrame, limit: float) -> tuple[str, bool]:
    """Judge one data set: the status, and whether something was in doubt."""
    tally, question = tallied(design, frame)
    done = compare(tally, question)
    result = AuditResult.model_construct(
        level=0.95,
        config={"controls": list(tally.slicing.controls)},
        slicings=[done.slicing],
        metric_definitions=definitions(question.metrics),
        metrics=done.metrics,
        adjusted=done.adjusted,
        correlations=done.correlations,
        comparison=None,
        probe=None,
        flags=Flags(decisions=0, by_severity={}, rates=[], explained=0, shown=[]),
    )
    scope = "adjusted" if design.adjusted else "pooled"
    rule = RuleConfig(metric=design.metric, limit=limit, scope=scope)
    (found,) = [rule for rule in judge(result, PolicyConfig(rules=(rule,))).rules if rule.counts]
    return found.status, bool(found.doubts)


def tallied(design: Design, frame: pd.DataFrame) -> tuple[Tally, Question]:
    """Sum rows up to cells, as a run does."""
    controls = ("d",) if "d" in frame else ()
    slicing = Slicing(("g",), controls, "cluster" in frame)
    names = dict(zip(("g", "d"), (*slicing.group_columns, *slicing.control_columns), strict=False))
    w = frame.get("w", 1.0)
    keys = [*names.values(), *(["cluster"] if slicing.clustered else []), "y_true", "y_pred"]
    rows = frame.rename(columns=names).assign(n=1, w=w, w2=w**2)
    cells = rows.groupby(keys, as_index=False, sort=True)[["n", "w", "w2"]].sum()
    classes = sorted({*frame["y_true"], *frame["y_pred"]})
    outcome = "binary" if len(classes) <= 2 else "class"
    metrics, criteria = choose_metrics((design.metric,), outcome=outcome, labelled=True, scored=False)  # type: ignore[arg-type]
    return Tally(slicing, cells), Question(metrics, criteria, classes, classes[-1] if len(classes) == 2 else None, 0.95)


def measure(design: Design, runs: int, seed: int = 0) -> list[tuple[str, dict[str, float]]]:
    """Share of data sets by verdict, for every gap."""
    out = []
    for kind in design.gaps:
        rng = np.random.default_rng(seed)
        gap, limit = {"none": (0.0, 0.0), "at": (design.limit, design.limit), "beyond": (design.beyond, design.limit)}[
            kind
        ]
        counts = dict.fromkeys(("fail", "pass", "doubt"), 0.0)
        for _ in range(runs):
            status, doubted = verdict(design, design.rows(rng, gap), limit)
            if status in counts:
                counts[status] += 1 / runs
            counts["doubt"] += doubted / runs
        out.append((kind, counts))
    return out


def weighted(n: tuple[int, ...], rate: float) -> Rows:
    """True positive rates where only a tenth of the unflagged are labelled, and weigh ten."""

    def rows(rng: np.random.Generator, gap: float) -> pd.DataFrame:
        parts = []
        for number, size in enumerate(n):
            flagged = rng.random(size) < rate - gap * (number == len(n) - 1)
            kept = flagged[flagged | (rng.random(size) < 0.1)]
            parts.append(pd.DataFrame({"g": str(number), "y_pred": kept.astype(int), "w": np.where(kept, 1.0, 10.0)}))
        frame = pd.concat(parts, ignore_index=True)
        frame["y_pred"] = frame["y_pred"].astype(str)
        # One negative of each prediction, so that there are two classes.
        extra = pd.DataFrame({"g": "0", "y_pred": ["0", "1"], "w": 1.0, "y_true": "0"})
        return pd.concat([frame.assign(y_true="1"), extra], ignore_index=True)

    return rows


def nested(clusters: tuple[int, ...], size: int, rate: float, correlation: float, controls: int = 0) -> Rows:
    """Clusters of some size in each group; with controls, every cluster lies in all of their strata."""

    def rows(rng: np.random.Generator, gap: float) -> pd.DataFrame:
        parts, sample = [], 1 / correlation - 1
        for number, count in enumerate(clusters):
            mean = rate + gap * (number == len(clusters) - 1)
            owner = np.repeat(np.arange(count), size)
            chance = rng.beta(mean * sample, (1 - mean) * sample, count)[owner]
            names = np.char.add(f"{number}c", owner.astype(str))
            selected = np.where(rng.random(len(owner)) < chance, "1", "0")
            part = pd.DataFrame({"g": str(number), "cluster": names, "y_true": "1", "y_pred": selected})
            if controls:
                part["d"] = (np.arange(len(owner)) % controls).astype(str)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    return rows


def rare_classes(sizes: tuple[int, ...], share: float) -> Rows:
    """Ten classes of which five are rare, predicted right in seven cases of ten."""
    weights = np.array([share] * 5 + [(1 - 5 * share) / 5] * 5)

    def rows(rng: np.random.Generator, gap: float) -> pd.DataFrame:
        parts = []
        for number, n in enumerate(sizes):
            truth = rng.choice(10, n, p=weights)
            right = rng.random(n) < 0.7 - gap * (number == len(sizes) - 1)
            predicted = np.where(right, truth, rng.choice(10, n, p=weights))
            parts.append(pd.DataFrame({"g": str(number), "y_true": truth.astype(str), "y_pred": predicted.astype(str)}))
        return pd.concat(parts, ignore_index=True)

    return rows


DESIGNS = (
    Design("weights go with the prediction, 2 × 1,000, rate .9", "true_positive_rate", weighted((1000, 1000), 0.9)),
    Design("weights go with the prediction, 1,000 + 200, rate .9", "true_positive_rate", weighted((1000, 200), 0.9)),
    Design("3 × 15 clusters of 24 across the controls, ICC .5", "selection_rate", nested((15,) * 3, 24, 0.4, 0.5, 3),
           beyond=0.55, adjusted=True),
    Design("2 × 60 clusters of 24 across the controls, ICC .2", "selection_rate", nested((60,) * 2, 24, 0.4, 0.2, 3),
           adjusted=True),
    Design("200 + 15 clusters of 10, ICC .5, rate .05", "selection_rate", nested((200, 15), 10, 0.05, 0.5), beyond=0.6),
    Design("3 × 40 clusters of 10, ICC .2, rate .2", "selection_rate", nested((40,) * 3, 10, 0.2, 0.2)),
    Design("macro F1, ten classes, five of 2 %, 2,000 + 150 + 60", "macro_f1", rare_classes((2000, 150, 60), 0.02),
           gaps=("none",)),
    Design("macro F1, ten classes, five of 5 %, 2,000 + 600 + 400", "macro_f1", rare_classes((2000, 600, 400), 0.05),
           gaps=("none",)),
)  # fmt: skip


def reference_by_chance(runs: int, groups: int = 12, size: int = 500) -> float:
    """How often an adverse-impact table of groups without a difference has any corrected p below .05."""
    rng, named = np.random.default_rng(8), 0
    design = Design("", "selection_rate", nested((1,), 1, 0.3, 0.5))
    for _ in range(runs):
        hits = rng.random((groups, size)) < 0.3
        frame = pd.DataFrame(
            {
                "g": np.repeat(np.arange(groups).astype(str), size),
                "y_true": "1",
                "y_pred": np.where(hits.ravel(), "1", "0"),
            }
        )
        done = compare(*tallied(design, frame))
        if done.slicing is not None:
            named += any((row.holm_p or 1) < 0.05 for row in adverse_impact(done.slicing, done.selected[-1], 0.05))
    return named / runs


def stratified_by_chance(runs: int) -> float:
    """How often a Mantel–Haenszel test of clusters across the controls rejects where nothing differs."""
    rng, rejected = np.random.default_rng(9), 0
    rows: Rows = nested((20, 20), 12, 0.4, 0.5, 3)
    design = Design("", "selection_rate", rows)
    for _ in range(runs):
        tally, question = tallied(design, rows(rng, 0.0))
        done = compare(tally, question)
        if done.slicing is not None:
            rejected += any((test.p_value or 1) < 0.05 for test in stratified_tests(tally, done.slicing, "1"))
    return rejected / runs


def main() -> None:
    error: npt.NDArray[np.float64] = 1.96 * np.sqrt(0.05 * 0.95 / np.array(RUNS))
    print(f"{RUNS} data sets a line; false fails and passes may be .05 ± {error:.3f} each\n")
    print("| design | gap | fail | pass | in doubt |\n|---|---|---|---|---|")
    for design in DESIGNS:
        for kind, share in measure(design, RUNS):
            print(
                f"| {design.name} | {kind} | {share['fail']:.3f} | {share['pass']:.3f} | {share['doubt']:.3f} |",
                flush=True,
            )
    print(f"\nadverse impact, 12 × 500 without a difference, any Holm p < .05: {reference_by_chance(RUNS):.3f}")
    print(f"Mantel–Haenszel, 2 × 20 clusters of 12 across the controls, p < .05: {stratified_by_chance(RUNS):.3f}")


if __name__ == "__main__":
    main()
