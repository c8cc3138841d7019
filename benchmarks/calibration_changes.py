"""What verdicts on changes since a baseline are worth, by the code that judges audits.

Both versions decide the same rows. A version loses a decision with one chance and gains one with another; at the margin
the true change is the margin itself, and a fail and a pass are both errors. Beside it stands Newcombe's method 10, of
which a group without a changed decision has a bound of no width.

`BENCH_RUNS` sets the number of data sets per cell (default 1000).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.fairness.bounds.inference import Estimates
from audit.fairness.compare.change import Changes, group_changes, pair_changes
from audit.fairness.compare.movement import movement
from audit.fairness.compare.paired import PairedTally
from audit.fairness.metrics.definitions import known_metrics
from audit.fairness.tally import Slicing
from benchmarks.calibration import ALPHA, RUNS, Share, partial

Floats = npt.NDArray[np.float64]
MARGIN = 0.03


@dataclass(frozen=True)
class Pair:
    """Rows of one group: how many, how often the earlier version is right, and what the later one loses and gains."""

    n: int
    base: float
    loses: float
    gains: float
    cluster_size: int = 1
    weighty: float = 1.0

    def draw(self, rng: np.random.Generator, group: int) -> pd.DataFrame:
        """Draw joint rows; rows of a cluster change together, and rows that changed may weigh more."""
        clusters = max(1, self.n // self.cluster_size)
        owner = np.repeat(np.arange(clusters), self.cluster_size)
        before = (rng.random(clusters) < self.base)[owner]
        chance = rng.random(clusters)[owner]
        after = np.where(before, chance >= self.loses / self.base, chance < self.gains / (1 - self.base))
        # Weights that make changed rows heavy: a share of them is drawn less often and weighs so much more.
        w = np.ones(len(owner))
        if self.weighty > 1:
            kept = (before == after) | (rng.random(len(owner)) < 1 / self.weighty)
            w = np.where(before != after, self.weighty, 1.0)
            before, after, owner, w = before[kept], after[kept], owner[kept], w[kept]
        frame = pd.DataFrame({"g": group, "y_true": "1", "y_pred": after, "y_before": before, "w": w, "w2": w**2})
        frame[["y_pred", "y_before"]] = frame[["y_pred", "y_before"]].astype(int).astype(str)
        return frame.assign(n=1, cluster=[f"{group}/{c}" for c in owner])


def changes_of(groups: Sequence[Pair], rng: np.random.Generator) -> tuple[Changes, Changes]:
    """Simulate one data set; by the code of audits, and as Newcombe's method 10 has it."""
    clustered = any(group.cluster_size > 1 for group in groups)
    frame = pd.concat([pair.draw(rng, code) for code, pair in enumerate(groups)], ignore_index=True)
    keys = ["g", *(["cluster"] if clustered else []), "y_true", "y_pred", "y_before"]
    cells = frame.groupby(keys, as_index=False)[["n", "w", "w2"]].sum()
    tally = PairedTally(Slicing(("g",), (), clustered), cells, pd.DataFrame())
    codes = cells["g"].to_numpy(np.int64)
    moved = movement(tally, codes, len(groups), known_metrics()["true_positive_rate"], {"1": 1})
    weight = np.bincount(codes, cells["w"])
    size = weight**2 / np.bincount(codes, cells["w2"])
    after, before = (
        Estimates(np.bincount(codes, cells["w"] * (cells[name] == "1")) / weight, size)
        for name in ("y_pred", "y_before")
    )
    ours = Changes(after, before, moved.correlation, moved.sketches, np.ones(len(groups), bool))
    return ours, replace(ours, sketches=None, paired=None)


def newcombe(changes: Changes, tail: float) -> tuple[Floats, Floats]:
    """Method 10 without its correction."""
    from audit.fairness.bounds.inference import one_sided

    c, b, r = changes.candidate, changes.baseline, changes.correlation
    (c_low, c_high), (b_low, b_high) = one_sided(c, tail), one_sided(b, tail)

    def apart(x: Floats, y: Floats) -> Floats:
        return np.asarray(np.sqrt(np.maximum(x**2 + y**2 - 2 * r * x * y, 0.0)))

    d = c.value - b.value
    return d - apart(c.value - c_low, b_high - b.value), d + apart(c_high - c.value, b.value - b_low)


#: Name, groups, whether the gap is judged. At the margin: the first group loses .03, or the gap widens by .03.
AT: list[tuple[str, list[Pair], bool]] = [
    ("50, loses .03, gains none", [Pair(50, 0.5, 0.03, 0.0)], False),
    ("50, loses .05, gains .02", [Pair(50, 0.5, 0.05, 0.02)], False),
    ("200, loses .05, gains .02", [Pair(200, 0.5, 0.05, 0.02)], False),
    ("1,000, loses .05, gains .02", [Pair(1000, 0.5, 0.05, 0.02)], False),
    ("200, base .95, loses .04, gains .01", [Pair(200, 0.95, 0.04, 0.01)], False),
    ("50 + 4,000", [Pair(50, 0.5, 0.03, 0.0), Pair(4000, 0.6, 0.01, 0.01)], False),
    ("gap, 1,000 + 50", [Pair(50, 0.5, 0.03, 0.0), Pair(1000, 0.6, 0.0, 0.0)], True),
    ("gap, 1,000 + 400", [Pair(400, 0.5, 0.05, 0.02), Pair(1000, 0.5, 0.02, 0.02)], True),
    ("clusters of 10, 1,000 rows", [Pair(1000, 0.5, 0.05, 0.02, cluster_size=10)], False),
    ("changed rows weigh 5, 2,000 rows", [Pair(2000, 0.5, 0.05, 0.02, weighty=5.0)], False),
]
#: Far from the margin: a rule should pass, or fail.
BEYOND: list[tuple[str, list[Pair], bool]] = [
    ("400, nothing changes", [Pair(400, 0.5, 0.0, 0.0)], False),
    ("400, loses .005, gains .005", [Pair(400, 0.5, 0.005, 0.005)], False),
    ("1,000, loses .02, gains .02", [Pair(1000, 0.5, 0.02, 0.02)], False),
    ("400, loses .08, gains .01", [Pair(400, 0.5, 0.08, 0.01)], False),
    ("1,000, loses .09, gains .03", [Pair(1000, 0.5, 0.09, 0.03)], False),
    ("gap, 1,000 + 400, widens by .09", [Pair(400, 0.5, 0.1, 0.01), Pair(1000, 0.5, 0.02, 0.02)], True),
]


def verdicts(groups: list[Pair], of_gap: bool, runs: int) -> tuple[Share, Share, Share, Share]:
    """Shares of fails and passes, ours, then (for one group) by Newcombe's method 10."""
    rng, out = np.random.default_rng(11), tuple(Share() for _ in range(4))
    for _ in range(runs):
        ours, theirs = changes_of(groups, rng)
        find = (
            (lambda c: pair_changes(c, MARGIN, ALPHA, ALPHA)) if of_gap
            else (lambda c: group_changes(c, (-1.0,), ALPHA, ALPHA))
        )  # fmt: skip
        found = find(ours)
        out[0].add(found.lower > MARGIN + 1e-12)
        out[1].add(found.upper <= MARGIN)
        if len(groups) == 1:
            low, high = newcombe(theirs, ALPHA)
            out[2].add(-high[0] > MARGIN + 1e-12)
            out[3].add(-low[0] <= MARGIN)
        partial(f"{len(groups)} groups of {groups[0].n}", out[0], out[1])
    return out[0], out[1], out[2], out[3]


def tables(runs: int) -> Iterator[str]:
    """Rows of the table."""
    for label, designs in (("at", AT), ("beyond", BEYOND)):
        for name, groups, of_gap in designs:
            fail, passed, their_fail, their_pass = verdicts(groups, of_gap, runs)
            theirs = f"{their_fail} / {their_pass}" if their_fail.of else "–"
            yield f"| {name} | {label} | {fail} / {passed} | {theirs} |"


def main() -> None:
    print(f"{RUNS} data sets per cell; margin {MARGIN}; shares of fail / pass, ± 1.96 standard errors\n")
    print("| design | margin | ours | Newcombe's method 10 |\n|---|---|---|---|")
    for row in tables(RUNS):
        print(row, flush=True)


if __name__ == "__main__":
    sys.exit(main())
