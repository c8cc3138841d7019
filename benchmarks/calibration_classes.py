"""How many decisions of a class bounds of a mean over classes need.

A small group beside a large one with the same mix of classes has exactly so many labelled decisions of a class, be it
of every class or of one. Verdicts are simulated as in `calibration_designs`, but without the doubt that a rare class
casts, so that what it has to keep out is seen. At the limit, the small group is worse than the other or better in all
classes, or worse in the rare one alone.

`BENCH_RUNS` sets the number of data sets per design and gap (default 1000), `BENCH_CLASSES`, `BENCH_LEAST` and
`BENCH_METRICS` what is simulated, with commas.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.fairness.bounds import class_means
from audit.fairness.compare import frame as compared
from audit.fairness.metrics import forms
from benchmarks.calibration import ALPHA, RUNS
from benchmarks.calibration_designs import measure
from benchmarks.designs import Design

Floats = npt.NDArray[np.float64]

#: Labelled decisions of the large group; of each class but the rare one in the small group; of a cluster, and how much
#: those of a cluster agree.
LARGE, COMMON, CLUSTER, AGREE = 2_000, 50, 5, 0.3
FORMS = {
    "macro_f1": forms.macro_f1,
    "macro_precision": forms.macro_precision,
    "balanced_accuracy": forms.balanced_accuracy,
}


@dataclass(frozen=True)
class FewOfAClass:
    """Rows of two groups.

    Attributes
    ----------
    least
        Decisions of the rare class in the small group.
    every
        Whether every class is as rare.
    right
        How often the decisions of the large group are right; others are predicted by chance.
    lone
        Whether the small group stands apart in the rare class alone.
    cluster
        Decisions of a cluster, which are hard or easy together.
    sorted
        Whether the decisions of a cluster have one label.
    """

    classes: int
    least: int
    every: bool = True
    right: float = 0.7
    lone: bool = False
    cluster: int = 1
    sorted: bool = False

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Decisions of each class in the small group."""
        return np.array([self.least] + [self.least if self.every else COMMON] * (self.classes - 1))

    def chances(self, gap: float) -> Floats:
        """How often each class is right in the small group."""
        return np.where(np.arange(self.classes) < (1 if self.lone else self.classes), self.right - gap, self.right)

    def value(self, metric: str, gap: float) -> float:
        """Value of a metric, from the chances themselves."""
        p, right = self.counts / self.counts.sum(), self.chances(gap)
        table = np.diag(p * right) + np.outer(p * (1 - right), np.full(self.classes, 1 / self.classes))
        return float(FORMS[metric](table[None])[0])

    def __call__(self, rng: np.random.Generator, gap: float) -> pd.DataFrame:
        """Draw a data set."""
        counts = self.counts
        small = np.repeat(np.arange(self.classes), counts)
        large = rng.choice(self.classes, LARGE, p=counts / counts.sum())
        parts, first = [], 0
        for number, (truth, apart) in enumerate(((large, 0.0), (small, gap))):
            truth = np.sort(truth) if self.sorted else rng.permutation(truth)
            owner = np.arange(len(truth)) // self.cluster
            ease = rng.random(len(truth))
            if self.cluster > 1:
                # A share of the decisions goes by their cluster: uniform ease, so that every chance is kept.
                ease = np.where(rng.random(len(truth)) < np.sqrt(AGREE), rng.random(owner.max() + 1)[owner], ease)
            hit = ease < self.chances(apart)[truth]
            predicted = np.where(hit, truth, rng.integers(0, self.classes, len(truth)))
            part = pd.DataFrame({"g": number, "y_true": truth, "y_pred": predicted})
            parts.append(part.assign(cluster=first + owner) if self.cluster > 1 else part)
            first += int(owner.max()) + 1
        return pd.concat(parts, ignore_index=True)


def designs(classes: int, least: int, metric: str, *, clustered: bool) -> Iterator[Design]:
    """Designs of which one has so many decisions of the rare class."""
    plain = FewOfAClass(classes, least, cluster=CLUSTER if clustered else 1)
    one = replace(plain, every=False)
    wide = 0.4 if classes < 10 else 0.2
    for rows, gap, gaps in (
        (plain, 0.1, ("none", "at")),
        (one, 0.1, ("none", "at")),
        (one, -0.1, ("at",)),
        (replace(one, right=0.95), 0.1, ("none", "at")),
        # Rules as lax as these can be passed by few decisions.
        (replace(one, right=0.95), wide, ("at",)),
        (replace(plain, right=0.95), wide, ("at",)),
        (replace(one, right=0.95, lone=True), 0.5, ("at",)),
    ):
        limit = abs(rows.value(metric, 0.0) - rows.value(metric, gap))
        where = "every class" if rows.every else "one class, apart alone" if rows.lone else "one class"
        outcome = "binary" if classes == 2 else "class"
        yield Design(f"{where}, {rows.right} {-gap:+}", metric, rows, limit, gap, outcome=outcome, gaps=gaps)  # type: ignore[arg-type]


def numbers(name: str, default: str) -> list[int]:
    """Read a list of numbers."""
    return [int(part) for part in os.environ.get(name, default).split(",")]


def main() -> None:
    compared.RESAMPLES, class_means.LEAST_OF_A_CLASS, class_means.LEAST_OF_MANY = 500, 0, 0
    print(f"{RUNS} data sets a design, the worst of seven designs; each share may be {ALPHA}\n")
    print("| classes | of a class | metric | clusters | fails at zero | fails at the limit | passes at the limit |")
    print("|---|---|---|---|---|---|---|")
    for classes in numbers("BENCH_CLASSES", "2,3,5,10"):
        for least in numbers("BENCH_LEAST", "5,7,10"):
            for metric in os.environ.get("BENCH_METRICS", ",".join(FORMS)).split(","):
                for clustered in (False, True):
                    worst = [(0.0, "")] * 3
                    for design in designs(classes, least, metric, clustered=clustered):
                        for gap in design.gaps:
                            done = measure(design, gap, RUNS)
                            if gap == "none":
                                worst[0] = max(worst[0], (done.above_zero.value, design.name))
                            else:
                                worst[1] = max(worst[1], (done.failed.value, design.name))
                                worst[2] = max(worst[2], (done.passed.value, design.name))
                    told = " | ".join(f"{share:.3f} ({name})" for share, name in worst)
                    print(f"| {classes} | {least} | {metric} | {'of 5' if clustered else '–'} | {told} |", flush=True)


if __name__ == "__main__":
    main()
