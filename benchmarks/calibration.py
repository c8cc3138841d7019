"""What verdicts are worth: how often rules fail and pass when they should not, and how often when they should.

Every cell of the grid judges many simulated data sets by the code that judges audits. The limit is .1 on a difference
and .8 on a ratio of proportions; for the other metrics it is the true gap itself. "At" puts the true gap exactly at the
limit: there a fail and a pass are both errors, and each may happen in at most 5 % of data sets. One group stands apart
from all others by the gap.

`BENCH_RUNS` sets the number of data sets per cell (default 1000; a tenth of it for the slower tables).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from audit.fairness.bounds.floor import EVIDENCE_FLOOR
from audit.fairness.bounds.inference import Estimates, difference_bounds, ratio_bounds
from audit.fairness.bounds.intervals import wilson
from audit.fairness.bounds.score_metrics import group_scores
from audit.fairness.compare.discovery import DiscoveryCounter, Search
from audit.fairness.compare.frame import evaluate
from audit.fairness.compare.values import GroupedCells, Values
from audit.fairness.metrics.choosing import choose_metrics
from audit.fairness.scores import tally_scores
from audit.fairness.tally import Slicing, tally_decisions
from audit.store.columns import group_column
from audit.store.decisions import decision_schema, decision_table

Floats = npt.NDArray[np.float64]
LIMIT, LEAST, ALPHA = 0.1, 0.8, 0.05
RUNS = int(os.environ.get("BENCH_RUNS", "1000"))
DESIGNS = [
    ([100] * 2, "2 × 100"),
    ([9_900, 100], "9,900 + 100 (1 %)"),
    ([99_000, 1_000], "99,000 + 1,000 (1 %)"),
    ([2_000, 20, 8], "2,000 + 20 + 8"),
    ([33] * 6, "6 × 33"),
    ([333] * 6, "6 × 333"),
    ([1_667] * 6, "6 × 1,667"),
    ([167] * 12, "12 × 167"),
    ([2_000] * 12, "12 × 2,000"),
    ([40] * 50, "50 × 40"),
    ([2_000] * 50, "50 × 2,000"),
]
RATES = (0.02, 0.1, 0.3, 0.5)


@dataclass
class Share:
    """How often something happened."""

    count: int = 0
    of: int = 0

    def add(self, happened: object) -> None:
        """Count one data set."""
        self.count += bool(happened)
        self.of += 1

    @property
    def value(self) -> float:
        """Share of data sets."""
        return self.count / self.of if self.of else 0.0

    def __str__(self) -> str:
        """Share with half the width of its 95 % interval, Wilson's so that a share of zero has one."""
        if not self.of:
            return "–"
        low, high = wilson(np.array([self.value]), np.array([float(self.of)]), ALPHA)
        return f"{self.value:.3f} ± {(high[0] - low[0]) / 2:.3f}"


def partial(label: str, fail: Share, passed: Share) -> None:
    """Tell, on standard error, counts so far after every 200 data sets."""
    if fail.of and fail.of % 200 == 0:
        print(f"  {label}: {fail.count} fail, {passed.count} pass of {fail.of}", file=sys.stderr, flush=True)


def newcombe(rate: Floats, n: Floats) -> tuple[float, float]:
    """Largest lower and upper bound of Newcombe's intervals at 1 − α over the number of pairs."""
    pairs = len(n) * (len(n) - 1) / 2
    low, high = wilson(rate, n, ALPHA / pairs)
    difference = rate[:, None] - rate[None, :]
    lower = difference - np.hypot((rate - low)[:, None], (high - rate)[None, :])
    upper = difference + np.hypot((high - rate)[:, None], (rate - low)[None, :])
    return float(lower.max()), float(upper.max())


@dataclass
class Cell:
    """One cell of the grid of proportions."""

    fail: Share
    passed: Share
    covered: Share
    newcombe_fail: Share
    newcombe_pass: Share
    naive: Share


def proportions(rng: np.random.Generator, sizes: list[int], true: Floats, runs: int, *, is_ratio: bool) -> Cell:
    """Judge simulated data sets by the difference or the ratio of a proportion."""
    n, cell = np.array(sizes), Cell(*(Share() for _ in range(6)))
    assessable = n >= EVIDENCE_FLOOR
    gap = true[assessable].max() - true[assessable].min()
    least = true[assessable].min() / true[assessable].max()
    for _ in range(runs):
        rate = rng.binomial(n, true) / n
        # A group below the floor cannot be assessed, and so keeps the rule from passing.
        seen = Estimates(rate[assessable], n[assessable].astype(float))
        whole = bool(assessable.all())
        if is_ratio:
            found = ratio_bounds(seen, ALPHA)
            cell.fail.add(found.upper < LEAST - 1e-12)
            cell.passed.add(whole and found.lower >= LEAST)
            cell.covered.add(found.upper >= least - 1e-12)
            cell.naive.add(rate.max() > 0 and rate.min() / rate.max() < LEAST)
            continue
        found = difference_bounds(seen, ALPHA)
        cell.fail.add(found.lower > LIMIT + 1e-12)
        cell.passed.add(whole and found.upper <= LIMIT)
        cell.covered.add(found.lower <= gap + 1e-12)
        lower, upper = newcombe(rate, n.astype(float))
        cell.newcombe_fail.add(lower > LIMIT)
        cell.newcombe_pass.add(upper <= LIMIT)
        cell.naive.add(rate.max() - rate.min() > LIMIT)
    return cell


def table_of_proportions(rng: np.random.Generator, runs: int) -> dict[str, float]:
    """Print the grid; return the worst share of each error."""
    print("| rule | groups | rate | true gap | ours fail / pass | covered | Newcombe–Bonferroni | naive fail |")
    print("|---|---|---|---|---|---|---|---|")
    worst = dict.fromkeys(("difference fail", "difference pass", "ratio fail", "ratio pass", "not covered"), 0.0)
    behind: list[str] = []
    for sizes, name in DESIGNS:
        for rate in RATES:
            for kind, label, apart in (
                ("difference", "none", 0.0),
                ("difference", "half", LIMIT / 2),
                ("difference", "at", LIMIT),
                ("difference", "beyond", 0.25),
                ("ratio", "none", 1.0),
                ("ratio", "at", LEAST),
                ("ratio", "beyond", 0.5),
            ):
                if kind == "ratio" and len(sizes) > 12:
                    continue
                true = np.full(len(sizes), rate)
                # The group that stands apart is the last one that can be assessed at all.
                odd = max(i for i, n in enumerate(sizes) if n >= EVIDENCE_FLOOR)
                true[odd] = rate + apart if kind == "difference" else rate * apart
                cell = proportions(rng, sizes, true, runs, is_ratio=kind == "ratio")
                theirs = f"{cell.newcombe_fail} / {cell.newcombe_pass}" if kind == "difference" else "–"
                print(
                    f"| {kind} | {name} | {rate} | {label} | {cell.fail} / {cell.passed} | {cell.covered} | {theirs} | "
                    f"{cell.naive} |",
                    flush=True,
                )
                if label != "beyond":
                    worst[f"{kind} fail"] = max(worst[f"{kind} fail"], cell.fail.value)
                if label in {"at", "beyond"}:
                    worst[f"{kind} pass"] = max(worst[f"{kind} pass"], cell.passed.value)
                worst["not covered"] = max(worst["not covered"], 1 - cell.covered.value)
                if kind == "difference" and label == "beyond" and cell.fail.value < cell.newcombe_fail.value - 0.02:
                    behind.append(f"{name} at {rate}: {cell.fail} against {cell.newcombe_fail}")
    print("\nless power to fail than Newcombe–Bonferroni: " + ("; ".join(behind) or "nowhere"))
    return worst


@dataclass(frozen=True)
class Population:
    """Rows of one group: label, prediction, score, cluster."""

    base: float = 0.4
    tpr: float = 0.8
    fpr: float = 0.2
    shift: float = 1.5
    cluster_size: int = 1
    spread: float = 0.0

    def draw(self, rng: np.random.Generator, n: int, name: str) -> pd.DataFrame:
        """Draw about n rows; within a cluster all share a random effect on the chance of a positive prediction."""
        clusters = max(1, n // self.cluster_size)
        owner = np.repeat(np.arange(clusters), self.cluster_size)[:n]
        n = len(owner)
        y = rng.random(n) < self.base
        centre = np.where(y, self.tpr, self.fpr)
        if self.spread:
            # A beta-distributed rate per cluster: the mean stays, rows of a cluster go together.
            size = 1 / self.spread - 1
            negative = rng.beta(self.fpr * size, (1 - self.fpr) * size, clusters)
            positive = rng.beta(self.tpr * size, (1 - self.tpr) * size, clusters)
            centre = np.where(y, positive[owner], negative[owner])
        p = rng.random(n) < centre
        latent = rng.normal(np.where(y, self.shift, 0.0), 1.0)
        score = 1 / (1 + np.exp(-(latent - self.shift / 2) * self.shift - np.log(self.base / (1 - self.base))))
        rows = {"g": name, "y_true": np.where(y, "1", "0"), "y_pred": np.where(p, "1", "0"), "score": score}
        cluster = [f"{name}{c}" for c in owner] if self.cluster_size > 1 else [None] * n
        return pd.DataFrame(rows).assign(cluster=cluster)


def decisions(frame: pd.DataFrame, attributes: list[str]) -> pa.Table:
    """Make a decision table of simulated rows."""
    size = len(frame)
    given = {"row_id": [str(i) for i in range(size)], "weight": [1.0] * size, "count": [1] * size}
    given |= {"status": ["ok"] * size} | {name: frame[name].tolist() for name in frame.columns}
    called = {name: group_column(name) for name in attributes}
    columns = {called.get(name, name): pa.array(values, from_pandas=True) for name, values in given.items()}
    return decision_table(columns, decision_schema(attributes))


def evaluated(frame: pd.DataFrame, metric: str, *, clustered: bool = False, seed: int = 0) -> Values:
    """One metric of every group, by the code that audits use."""
    metrics, _ = choose_metrics((metric,), outcome="binary", labelled=True, scored=True)
    table, slicing = decisions(frame, ["g"]), Slicing(("g",), (), clustered)
    code = {group: number for number, group in enumerate(sorted(frame["g"].unique()))}

    def grouped(cells: pd.DataFrame) -> GroupedCells:
        return GroupedCells(cells, cells[group_column("g")].map(code).to_numpy(np.int64), len(code))

    (tally,) = tally_decisions([table], [slicing])
    made = grouped(tally.pooled_over_clusters())
    if clustered:
        made = replace(made, by_cluster=grouped(tally.cells))
    if metrics[0].scope in {"score", "ranking"}:
        (scores,) = tally_scores([table], [slicing], "1")
        codes = (frame[group_column("g")].map(code).to_numpy(np.int64) for frame in (scores.sums, scores.counts))
        made = replace(made, scores=group_scores(scores, *codes, len(code)))
    (values,) = evaluate(made, metrics, classes=["0", "1"], asked=["1"], alpha=ALPHA, seed=seed)
    return values


def bounds_of(
    frame: pd.DataFrame, metric: str, *, clustered: bool = False, seed: int = 0
) -> tuple[float, float] | None:
    """Bounds of the gap of one metric between groups; None where it is undefined."""
    values = evaluated(frame, metric, clustered=clustered, seed=seed)
    if not values.known.all() or (values.effective < EVIDENCE_FLOOR).any():
        return None
    found = difference_bounds(values.among(np.arange(len(values.value))), ALPHA)
    return found.lower, found.upper


def true_gap(groups: list[Population], metric: str, rows: int = 400_000) -> float:
    """Gap of a metric between populations, from many rows of each kind."""
    rng = np.random.default_rng(99)
    kinds = [kind.draw(rng, rows, str(i)) for i, kind in enumerate(dict.fromkeys(groups))]
    values = evaluated(pd.concat(kinds).assign(cluster=None), metric).value
    return float(values.max() - values.min())


#: Metric -> how the group that stands apart differs.
APART: dict[str, Population] = {
    "f1_score": Population(tpr=0.6),
    "balanced_accuracy": Population(tpr=0.6),
    "macro_f1": Population(tpr=0.6),
    "mean_prediction": Population(base=0.25),
    "mean_absolute_error": Population(shift=1.0),
    "mean_squared_error": Population(shift=1.0),
    "log_loss": Population(shift=1.0),
    "auc": Population(shift=1.0),
}
FAMILY_DESIGNS = [([60] * 2, "2 × 60"), ([2_000, 60], "2,000 + 60"), ([400] * 6, "6 × 400")]


def families(runs: int, metrics: dict[str, Population] = APART) -> Iterator[tuple[str, str, str, Share, Share]]:
    """Yield, per metric and design, how often a rule at the true gap fails and passes."""
    for metric, odd in metrics.items():
        for sizes, name in FAMILY_DESIGNS:
            for label, last in (("none", Population()), ("at", odd)):
                groups = [Population()] * (len(sizes) - 1) + [last]
                limit = true_gap(groups, metric) if label == "at" else 0.0
                yield metric, name, label, *_simulate(groups, sizes, metric, limit, runs)


def _simulate(
    groups: list[Population], sizes: list[int], metric: str, limit: float, runs: int, *, clustered: bool = False
) -> tuple[Share, Share]:
    rng = np.random.default_rng(7)
    fail, passed = Share(), Share()
    for run in range(runs):
        frame = pd.concat([g.draw(rng, n, str(i)) for i, (g, n) in enumerate(zip(groups, sizes, strict=True))])
        found = bounds_of(frame, metric, clustered=clustered, seed=run)
        if found is not None:
            fail.add(found[0] > limit + 1e-12)
            passed.add(found[1] <= limit)
            partial(metric, fail, passed)
    return fail, passed


def clusters(runs: int) -> Iterator[tuple[str, Share, Share, Share]]:
    """Yield how often a rule at the true gap fails and passes on clustered rows, and fails with clusters ignored."""
    for metric in ("true_positive_rate", "f1_score", "selection_rate"):
        for size, count in ((10, 40), (10, 15), (25, 60)):
            kind = Population(cluster_size=size, spread=0.2)
            groups, sizes = [kind] * 3, [size * count] * 3
            fail, passed = _simulate(groups, sizes, metric, 0.0, runs, clustered=True)
            ignored, _ = _simulate(groups, sizes, metric, 0.0, runs, clustered=False)
            yield f"{metric}, 3 × {count} clusters of {size}", fail, passed, ignored


def same_model(runs: int) -> Share:
    """A/A: one model on two disjoint halves, by the paired-less regression rule with a margin of zero."""
    from audit.fairness.compare.change import Changes, group_changes

    rng, share = np.random.default_rng(3), Share()
    for _ in range(runs):
        n = np.array([400, 400, 60, 2000])
        first, second = (rng.binomial(n, 0.3) / n for _ in range(2))
        changes = Changes(Estimates(first, n.astype(float)), Estimates(second, n.astype(float)), np.zeros(4))
        share.add(group_changes(changes, (1.0,), ALPHA, ALPHA).lower > 0)
    return share


def discovery_on_noise(runs: int, *, clustered: bool = False) -> Share:
    """How often slice discovery reports anything where nothing differs."""
    rng, share = np.random.default_rng(4), Share()
    search = Search(("a", "b", "c"), 2, ["0", "1"], "1", labelled=True, alpha=ALPHA, clustered=clustered)
    kind = Population(cluster_size=10, spread=0.2) if clustered else Population()
    for run in range(runs):
        frame = kind.draw(rng, 2_000, "x").drop(columns="g")
        for column, groups in (("a", 2), ("b", 6), ("c", 15)):
            # Columns go with clusters, as attributes of a person go with all of that person's rows.
            owner = pd.factorize(frame["cluster"])[0] if clustered else np.arange(len(frame))
            frame[column] = rng.integers(0, groups, len(frame))[owner].astype(str)
        counter = DiscoveryCounter(search, run)
        counter.add(decisions(frame, ["a", "b", "c"]), 0)
        share.add(counter.done().items)
    return share


def discovery_finds(runs: int) -> Share:
    """How often a group of 200 among 20,000 whose positives are all missed is found."""
    rng, share = np.random.default_rng(5), Share()
    search = Search(("a", "b"), 2, ["0", "1"], "1", labelled=True, alpha=ALPHA, clustered=False)
    for run in range(runs):
        rest, lost = Population().draw(rng, 19_800, "x"), Population(tpr=0.0).draw(rng, 200, "x")
        frame = pd.concat([rest.assign(a="many"), lost.assign(a="few")]).drop(columns="g")
        frame["b"] = rng.integers(0, 8, len(frame)).astype(str)
        counter = DiscoveryCounter(search, run)
        counter.add(decisions(frame, ["a", "b"]), 0)
        items = counter.done().items
        share.add(any(i.slice == {"a": "few"} and i.metric == "false_negative_rate" for i in items))
    return share


def report(label: str, measure: Callable[[], Share]) -> None:
    share = measure()
    print(f"{label}: {share} of {share.of}", flush=True)


def main() -> None:
    rng = np.random.default_rng(0)
    few = max(RUNS // 4, 20)
    error = 1.96 * np.sqrt(ALPHA * (1 - ALPHA) / RUNS)
    print(f"{RUNS} data sets per cell; shares of fail / pass, ± 1.96 standard errors\n")
    worst = table_of_proportions(rng, RUNS)
    print(f"worst shares, each allowed {ALPHA} ± {error:.3f}: {', '.join(f'{k} {v:.3f}' for k, v in worst.items())}")

    print(f"\n{few} data sets per cell; a rule whose limit is the true gap\n")
    print("| metric | groups | true gap | fail | pass |\n|---|---|---|---|---|")
    for metric, name, label, fail, passed in families(few):
        print(f"| {metric} | {name} | {label} | {fail} | {passed} |", flush=True)

    print("\n| clustered, no true gap | fail | pass | fail if clusters are ignored |\n|---|---|---|---|")
    for name, fail, passed, ignored in clusters(few):
        print(f"| {name} | {fail} | {passed} | {ignored} |", flush=True)

    print()
    report("A/A, a model against itself on other rows, fails", lambda: same_model(RUNS))
    report("discovery on noise reports anything", lambda: discovery_on_noise(few))
    report("discovery on clustered noise reports anything", lambda: discovery_on_noise(few, clustered=True))
    report("a group of 200 among 20,000 that is always missed is found", lambda: discovery_finds(max(few // 5, 10)))


if __name__ == "__main__":
    sys.exit(main())
