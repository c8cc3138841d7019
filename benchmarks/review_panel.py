"""Does a review give back what is true? Simulated panels whose error rates are known.

Rows of two groups have a true class, a recorded label that is wrong at a rate that differs by group, class and
decision, and a decision. Flags are given to errors of one group and to some other decisions. Decisions are drawn by the
code that draws them for people, and simulated reviewers answer: each errs at a known rate, and is unsure now and then.
The table counts how often intervals and bounds hold what is true of these rows.

`BENCH_RUNS` sets the number of panels per line (default 200).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.fairness.metrics.agreement import krippendorff_alpha
from audit.review.draw import draw
from audit.review.label_errors import label_errors
from audit.review.noise import METRICS, Metric, gap_bounds, noisy
from audit.review.panel import BIASED, LABEL, REASON, UNSURE, YES, Panel
from audit.review.precision import flag_precision
from audit.review.reviewer_error import reviewer_error

RUNS = int(os.environ.get("BENCH_RUNS", "200"))
COLUMN, GROUPS = "group:g", ("a", "b")
LEVEL = 0.95


@dataclass(frozen=True)
class Design:
    """One kind of panel.

    Attributes
    ----------
    error
        How often each reviewer errs.
    noise
        How often labels are wrong in either group; more often where the decision is wrong, too.
    biased
        How often a flagged, and any other, decision is called biased.
    """

    name: str
    rows: int = 3000
    reviewers: int = 3
    error: float | tuple[float, ...] = 0.06
    noise: tuple[float, float] = (0.04, 0.12)
    most: int = 150
    controls: int = 150
    biased: tuple[float, float] = (0.4, 0.1)


DESIGNS = (
    Design("3 reviewers who err in 6 %"),
    Design("1 reviewer who is always right", reviewers=1, error=0.0),
    Design("2 reviewers who err in 10 %", reviewers=2, error=0.1),
    Design("3 reviewers who err in 2, 8 and 15 %", error=(0.02, 0.08, 0.15)),
    Design("5 reviewers who err in 15 %", reviewers=5, error=0.15),
    Design("few rows: 1,000, of which 120", rows=1000, most=60, controls=60),
)


@dataclass
class Simulated:
    """A panel, and what is true."""

    panel: Panel
    rows: pd.DataFrame
    error: float
    said: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def label_error(self, group: str) -> float:
        """Share of wrong labels among the rows of a group."""
        here = self.rows[self.rows[COLUMN] == group]
        return float((here["y_true"] != here["truth"]).mean())

    def gap(self, metric: Metric) -> float:
        """Gap of a metric by true labels, the first group minus the second."""
        a, b = (self._value(metric, group) for group in GROUPS)
        return a - b

    def _value(self, metric: Metric, group: str) -> float:
        here = self.rows[self.rows[COLUMN] == group]
        if metric == "accuracy":
            return float((here["truth"] == here["y_pred"]).mean())
        asked = here[here["truth"] == ("yes" if metric == "true_positive_rate" else "no")]
        return float((asked["y_pred"] == "yes").mean())

    def alpha(self) -> float:
        """Expected agreement beyond chance of reviewers about these decisions."""
        p = float(self.said.mean())
        return 1 - self.differing / (2 * p * (1 - p))

    differing: float = 0.0


def simulate(design: Design, seed: int) -> Simulated:
    """Make rows, draw from them, and let reviewers answer."""
    rng = np.random.default_rng([seed, 15])
    n = design.rows
    second = rng.random(n) < 0.35
    truth = np.where(rng.random(n) < np.where(second, 0.35, 0.45), "yes", "no").astype(object)
    right = rng.random(n) < np.where(truth == "yes", np.where(second, 0.75, 0.88), np.where(second, 0.85, 0.9))
    found = np.where(right, truth, _other(truth))
    wrong = np.where(second, design.noise[1], design.noise[0]) * np.where(truth == "yes", 1.4, 0.8)
    label = np.where(rng.random(n) < wrong * np.where(right, 0.8, 1.6), _other(truth), truth)
    rows = pd.DataFrame({"row_id": [f"{i:05d}" for i in range(n)], "y_true": label, "y_pred": found, "truth": truth})
    rows = rows.assign(weight=1.0, cluster=None, **{COLUMN: np.where(second, "b", "a")})
    errors = rng.permutation(np.flatnonzero((label != found) & second))
    flagged = list(dict.fromkeys([*errors[: int(0.6 * len(errors))], *rng.choice(n, 40, replace=False)]))
    drawn = draw(
        rows, [rows["row_id"][at] for at in flagged], [COLUMN], most=design.most, controls=design.controls, seed=seed
    )
    reviewed = drawn.merge(rows, on="row_id")
    names = set(rows["row_id"].iloc[flagged])
    reviewed["codes"] = [["disparate_error"] if row in names else [] for row in reviewed["row_id"]]
    reviewed["same"] = True
    rates = np.broadcast_to(np.asarray(design.error, np.float64), (design.reviewers,))
    said = np.empty((len(reviewed), design.reviewers), object)
    biased = said.copy()
    true = reviewed["truth"].to_numpy(object)
    unfair = rng.random(len(reviewed)) < np.where(reviewed["arm"] == "flagged", *design.biased)
    for at, rate in enumerate(rates):
        said[:, at] = np.where(rng.random(len(true)) < rate, _other(true), true)
        said[rng.random(len(true)) < 0.03, at] = UNSURE
        biased[:, at] = np.where(unfair, YES, "no")
    answers = {LABEL: said, REASON: np.full(said.shape, None, object), BIASED: biased}
    pairs = [a * (1 - b) + b * (1 - a) for i, a in enumerate(rates) for b in rates[i + 1 :]]
    mean = float(rates.mean())
    expected = np.where(true == "yes", 1 - mean, mean)
    return Simulated(
        Panel(rows, reviewed, answers), rows, mean, expected, differing=float(np.mean(pairs)) if pairs else 0.0
    )


def _other(classes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    return np.where(classes == "yes", "no", "yes").astype(object)


def held(design: Design, runs: int, first: int = 0) -> dict[str, list[bool]]:
    """Say for each of several panels whether what is true lies within what is told."""
    out: dict[str, list[bool]] = {}

    def put(name: str, *, ok: bool) -> None:
        out.setdefault(name, []).append(ok)

    tail = (1 - LEVEL) / 2
    for seed in range(first, first + runs):
        made = simulate(design, seed)
        panel = made.panel
        for metric in METRICS:
            cls = None if metric == "accuracy" else "yes"
            low, high = gap_bounds(*(noisy(panel, metric, cls, COLUMN, group, tail) for group in GROUPS))
            put(metric, ok=low <= made.gap(metric) <= high)
        groups = [([COLUMN], [group], (panel.reviewed[COLUMN] == group).to_numpy(bool)) for group in GROUPS]
        for item in label_errors(panel, groups, LEVEL):
            true = made.label_error(item.group[0])
            assert item.lower is not None and item.upper is not None
            put("label errors", ok=item.lower - 1e-12 <= true <= item.upper + 1e-12)
        if design.reviewers > 1:
            found = krippendorff_alpha(panel.ratings(LABEL).tolist(), alpha=1 - LEVEL)
            assert found.lower is not None and found.upper is not None
            put("alpha", ok=found.lower <= made.alpha() <= found.upper)
            votes = panel.says(LABEL, "yes")
            put("reviewers", ok=reviewer_error(votes, votes.of > 0, 1 - LEVEL).upper >= made.error - 1e-12)
        for told in flag_precision(panel, LEVEL):
            if told.outcome == "biased" and told.lower is not None and told.upper is not None:
                put("precision", ok=told.lower <= design.biased[0] - design.biased[1] <= told.upper)
    return out


def lines(runs: int = RUNS) -> Iterator[str]:
    """Yield the table of docs/review.md."""
    names = ("alpha", "reviewers", "label errors", "precision", *METRICS)
    yield f"| {runs} panels each | {' | '.join(names)} |"
    yield "|---" * (len(names) + 1) + "|"
    for design in DESIGNS:
        found = held(design, runs)
        cells = [f"{np.mean(found[name]):.3f}" if name in found else "–" for name in names]
        yield f"| {design.name} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    for line in lines():
        print(line, flush=True)
