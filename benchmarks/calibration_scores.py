"""What verdicts on means of scores, losses and errors are worth where they are skewed, beside Student's bounds.

Rows are independent and weigh the same. The limit is the true gap: zero where all groups are multiplied by the same,
which only a fail gets wrong, else a fail and a pass are both errors. A data set with a doubted group can fail on the
others, and cannot pass.

`BENCH_RUNS` sets the number of data sets per cell (default 1000).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from audit.fairness.bounds.inference import Estimates, difference_bounds
from audit.fairness.bounds.means import sketch_means, skewness_index
from benchmarks.calibration import ALPHA, RUNS, Share, partial

Floats = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]

#: Name -> how values are drawn, and the ends between which they lie.
KINDS: dict[str, tuple[Draw, tuple[float, float] | None]] = {
    "scores without tails": (lambda r, n: r.beta(2, 3, n), (0.0, 1.0)),
    "3 % high scores": (lambda r, n: np.where(r.random(n) < 0.03, 0.95, r.beta(2, 18, n)), (0.0, 1.0)),
    "2 % confidently wrong": (lambda r, n: np.where(r.random(n) < 0.02, 6.9, -np.log(r.beta(8, 2, n))), None),
    "normal errors, absolute": (lambda r, n: np.abs(r.normal(0, 3, n)), None),
    "normal errors, squared": (lambda r, n: r.normal(0, 3, n) ** 2, None),
    "t3 errors, absolute": (lambda r, n: np.abs(r.standard_t(3, n)), None),
    "t3 errors, squared": (lambda r, n: r.standard_t(3, n) ** 2, None),
    "log-normal errors": (lambda r, n: r.lognormal(0, 1, n), None),
}
#: Sizes, and what the values of each group are multiplied by.
DESIGNS: list[tuple[list[int], list[float]]] = [
    ([2000, 60], [1.0, 1.0]),
    ([2000, 60, 200], [1.0, 1.0, 1.0]),
    ([2000, 60], [0.6, 1.0]),
    ([2000, 60], [1.0, 0.6]),
    ([2000, 400], [0.6, 1.0]),
]


def estimates(samples: list[Floats], ends: tuple[float, float] | None) -> tuple[Estimates, npt.NDArray[np.bool_]]:
    """What bounds are made of, and which groups carry a guarantee."""
    n = np.array([float(len(x)) for x in samples])
    value, spread = np.array([x.mean() for x in samples]), np.array([x.var() for x in samples])
    blocks = np.random.default_rng(0).integers(0, 64, int(n.max()))
    z = np.stack([np.bincount(blocks[: len(x)], x - x.mean(), 64) for x in samples])
    pooled = float(skewness_index(z.sum(0, keepdims=True))[0] * np.sqrt(n.sum()))
    freedom = None if ends is not None else n - 1
    made = sketch_means(value, spread, n, freedom, skewness_index(z), pooled, ends)
    seen = Estimates(value, n, None, np.sqrt(spread / (n - 1)), None, made.sketches)
    return seen, np.array([code is None for code in made.doubt])


def judged(
    draw: Draw, ends: tuple[float, float] | None, sizes: list[int], scale: list[float], runs: int
) -> list[Share]:
    """Shares of fails, passes and doubts, then of Student's fails and passes."""
    mean = float(draw(np.random.default_rng(99), 2_000_000).mean())
    limit = mean * (max(scale) - min(scale))
    rng, out = np.random.default_rng(3), [Share() for _ in range(5)]
    for _ in range(runs):
        seen, sure = estimates([draw(rng, n) * by for n, by in zip(sizes, scale, strict=True)], ends)
        student = difference_bounds(replace(seen, sketches=None), ALPHA)
        kept = np.flatnonzero(sure)
        lower = upper = None
        if len(kept) > 1 and seen.sketches is not None and seen.error is not None:
            sketches = seen.sketches.among(kept)
            found = difference_bounds(
                Estimates(seen.value[kept], seen.effective[kept], None, seen.error[kept], None, sketches), ALPHA
            )
            lower, upper = found.lower, found.upper
        out[0].add(lower is not None and lower > limit + 1e-12)
        out[1].add(upper is not None and sure.all() and upper <= limit)
        out[2].add(not sure.all())
        out[3].add(student.lower > limit + 1e-12)
        out[4].add(student.upper <= limit)
        partial(" + ".join(map(str, sizes)), out[0], out[1])
    return out


def main() -> None:
    print(f"{RUNS} data sets per cell; shares of fail / pass, ± 1.96 standard errors\n")
    print("| values | groups | times | ours | doubted | Student |\n|---|---|---|---|---|---|")
    for name, (draw, ends) in KINDS.items():
        for sizes, scale in DESIGNS:
            fail, passed, doubted, their_fail, their_pass = judged(draw, ends, sizes, scale, RUNS)
            print(
                f"| {name} | {' + '.join(map(str, sizes))} | {', '.join(map(str, scale))} | {fail} / {passed} | "
                f"{doubted} | {their_fail} / {their_pass} |",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(main())
