"""Do bounds on the half that judges cover what thresholds chosen on the other half truly do?

Scores take a few values whose shares by group and label are known, so the rates of any rules are known exactly. Rows
are drawn, thresholds are chosen on one half and judged on the other, and every judged rate and gap is held against the
truth of those very rules. Beside it: the same rules judged on the half that chose them, which is what to expect without
a second half.

`BENCH_RUNS` sets the number of samples per design (default 1000).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.fairness.compare.question import Question
from audit.remedies.halves import halve
from audit.remedies.judged import Bench, differences, gap
from audit.remedies.thresholds import Lot
from audit.remedies.what_if import Wanted, what_if
from audit.result import JudgedGap, JudgedRate, Remedy
from benchmarks.calibration_people import Hits

Floats = npt.NDArray[np.float64]

RUNS = int(os.environ.get("BENCH_RUNS", "1000"))
SCORES = np.linspace(0.025, 0.975, 20)
CLASSES = ("no", "yes")


@dataclass(frozen=True)
class Scored:
    """A population: share and base rate of each group, how far the scores of its labels lie apart, and rows drawn.

    Attributes
    ----------
    cluster
        Rows of a cluster, all of one group, label and score: as good as one row.
    """

    name: str
    shares: tuple[float, ...]
    base: tuple[float, ...]
    apart: tuple[float, ...]
    rows: int
    cluster: int = 1

    def table(self) -> Floats:
        """Joint shares of group, label and score."""
        logit = np.log(SCORES / (1 - SCORES))
        out = np.empty((len(self.shares), 2, len(SCORES)))
        for at, (share, base, apart) in enumerate(zip(self.shares, self.base, self.apart, strict=True)):
            for label, weight in ((0, 1 - base), (1, base)):
                density = np.exp(-0.5 * (logit - apart * (2 * label - 1)) ** 2)
                out[at, label] = share * weight * density / density.sum()
        return out

    def draw(self, rng: np.random.Generator) -> pd.DataFrame:
        """Draw rows."""
        table = self.table()
        at = rng.choice(table.size, self.rows // self.cluster, p=table.ravel())
        group, label, score = np.unravel_index(np.repeat(at, self.cluster), table.shape)
        return pd.DataFrame(
            {
                "group": np.array([f"g{number}" for number in range(len(self.shares))], object)[group],
                "label": label,
                "predicted": (SCORES[score] > 0.5).astype(int),
                "score": SCORES[score],
                "weight": 1.0,
                "cluster": [str(i // self.cluster) for i in range(len(group))] if self.cluster > 1 else None,
                "count": 1,
            }
        )

    def truth(self, rules: dict[str, Lot]) -> dict[tuple[str, str], float]:
        """True rates of every group under rules."""
        table, out = self.table(), {}
        for at in range(len(self.shares)):
            name = f"g{at}"
            chance, of = rules[name].positive(SCORES), table[at]
            out[name, "selection_rate"] = float((of * chance).sum() / of.sum())
            out[name, "true_positive_rate"] = float((of[1] * chance).sum() / of[1].sum())
            out[name, "false_positive_rate"] = float((of[0] * chance).sum() / of[0].sum())
        return out


DESIGNS = [
    Scored("two groups", (0.7, 0.3), (0.5, 0.3), (1.0, 0.6), 1200),
    Scored("four groups, one of 6 %", (0.5, 0.3, 0.14, 0.06), (0.5, 0.3, 0.4, 0.5), (1.0, 0.8, 0.6, 0.4), 3000),
    Scored("two groups, 400 rows", (0.5, 0.5), (0.5, 0.5), (0.8, 0.8), 400),
    Scored("two groups, clusters of four equal rows", (0.6, 0.4), (0.5, 0.3), (1.0, 0.6), 4000, cluster=4),
]


@dataclass
class Found:
    """How often bounds held."""

    rates: Hits = field(default_factory=Hits)
    lower: Hits = field(default_factory=Hits)
    upper: Hits = field(default_factory=Hits)
    naive: Hits = field(default_factory=Hits)


def simulate(design: Scored, runs: int, seed: int = 0) -> Found:
    """Draw samples, and hold what is judged against the truth of the rules that were chosen."""
    rng, found = np.random.default_rng([seed, design.rows]), Found()
    wanted = Wanted(("demographic_parity", "equal_opportunity", "equalized_odds"), "accuracy", 200, 2000, 0)
    for run in range(runs):
        rows = design.draw(rng)
        question = Question([], [], list(CLASSES), "yes", 0.95, seed=run)
        done = what_if(rows, "group", CLASSES, {}, question, wanted)
        fitted, _ = halve(rows, run)
        for remedy in done.remedies[1:]:
            rules = rules_of(remedy)
            if len(rules) < len(design.shares):
                continue
            true = design.truth(rules)
            for group in remedy.groups:
                found.rates.add(*(_covers(one, true[group.group[0], one.metric]) for one in group.rates))
            _gaps(found.lower, found.upper, remedy.gaps, true)
            bench = Bench(fitted, "group", CLASSES, (), question, "accuracy", design.cluster > 1)
            again = differences(bench.judge(bench.chances(rules))[0])
            _gaps(Hits(), found.naive, [gap(one) for one in again.values()], true)
    return found


def rules_of(remedy: Remedy) -> dict[str, Lot]:
    """Rules of every group as they are told in a result."""
    ends = {"nobody": np.inf, "everybody": -np.inf}
    return {
        group.group[0]: Lot(
            tuple(rule.share for rule in group.rules),
            tuple(ends[rule.rule] if rule.above is None else rule.above for rule in group.rules),
        )
        for group in remedy.groups
    }


def _covers(one: JudgedRate, true: float) -> bool:
    return (one.lower or 0.0) - 1e-9 <= true <= (1.0 if one.upper is None else one.upper) + 1e-9


def _gaps(lower: Hits, upper: Hits, gaps: list[JudgedGap], true: dict[tuple[str, str], float]) -> None:
    for one in gaps:
        apart = float(np.ptp([value for (_, metric), value in true.items() if metric == one.metric]))
        lower.add((one.lower or 0.0) <= apart + 1e-9)
        upper.add((1.0 if one.upper is None else one.upper) >= apart - 1e-9)


def main() -> None:
    """Print one line per design."""
    print(f"{RUNS} samples per design; nominal 0.95")
    print("design | rates | lower bounds of gaps | upper bounds of gaps | upper bounds on the half that chose")
    for design in DESIGNS:
        found = simulate(design, RUNS)
        print(design.name, found.rates, found.lower, found.upper, found.naive, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
