"""What verdicts are worth: how often rules fail and pass, beside Newcombe–Bonferroni and the naive threshold.

The limit is .1 on the difference and .8 on the ratio. "At" puts the true gap exactly at the limit: there, both a fail
and a pass are errors, and each may happen in at most 5 % of data sets. One group stands apart from all others by the
gap.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from audit.fairness.inference import Estimates, difference_bounds, ratio_bounds
from audit.fairness.intervals import wilson

LIMIT, LEAST, ALPHA = 0.1, 0.8, 0.05
RUNS = int(os.environ.get("BENCH_RUNS", "1000"))
DESIGNS = [
    ([100] * 2, "2 × 100"),
    ([9_900, 100], "9,900 + 100 (1 %)"),
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
class Tallies:
    """How often each procedure said what."""

    fail: int = 0
    passed: int = 0
    newcombe_fail: int = 0
    newcombe_pass: int = 0
    naive_fail: int = 0


def newcombe(rate: np.ndarray, n: np.ndarray) -> tuple[float, float]:
    """Largest lower and upper bound of Newcombe's intervals at 1 − α over the number of pairs."""
    pairs = len(n) * (len(n) - 1) / 2
    low, high = wilson(rate, n, ALPHA / pairs)
    difference = rate[:, None] - rate[None, :]
    lower = difference - np.hypot((rate - low)[:, None], (high - rate)[None, :])
    upper = difference + np.hypot((high - rate)[:, None], (rate - low)[None, :])
    return float(lower.max()), float(upper.max())


def simulate(rng: np.random.Generator, sizes: list[int], true: np.ndarray) -> tuple[Tallies, Tallies]:
    """Judge simulated data sets by difference and by ratio."""
    n = np.array(sizes)
    difference, ratio = Tallies(), Tallies()
    for _ in range(RUNS):
        rate = rng.binomial(n, true) / n
        rates = Estimates(rate, n.astype(float))
        found = difference_bounds(rates, ALPHA)
        difference.fail += found.lower > LIMIT
        difference.passed += found.upper <= LIMIT
        lower, upper = newcombe(rate, n.astype(float))
        difference.newcombe_fail += lower > LIMIT
        difference.newcombe_pass += upper <= LIMIT
        difference.naive_fail += rate.max() - rate.min() > LIMIT
        if len(sizes) <= 12:
            found = ratio_bounds(rates, ALPHA)
            ratio.fail += found.upper < LEAST
            ratio.passed += found.lower >= LEAST
            ratio.naive_fail += rate.max() > 0 and rate.min() / rate.max() < LEAST
    return difference, ratio


def main() -> None:
    rng = np.random.default_rng(0)
    print(f"{RUNS} data sets each; shares of fail / pass\n")
    print(
        "| rule | groups | rate | true gap | ours | Newcombe–Bonferroni | naive fail |\n|---|---|---|---|---|---|---|"
    )
    worst = {"difference fail": 0.0, "difference pass": 0.0, "ratio fail": 0.0, "ratio pass": 0.0}
    for sizes, name in DESIGNS:
        for rate in RATES:
            for label, gap in (("none", 0.0), ("half", LIMIT / 2), ("at", LIMIT), ("beyond", 0.25)):
                true = np.full(len(sizes), rate)
                true[-1] += gap
                found, _ = simulate(rng, sizes, true)
                print(
                    f"| difference | {name} | {rate} | {label} | {found.fail / RUNS:.3f} / {found.passed / RUNS:.3f} | "
                    f"{found.newcombe_fail / RUNS:.3f} / {found.newcombe_pass / RUNS:.3f} | "
                    f"{found.naive_fail / RUNS:.3f} |",
                    flush=True,
                )
                if label != "beyond":
                    worst["difference fail"] = max(worst["difference fail"], found.fail / RUNS)
                if label in {"at", "beyond"}:
                    worst["difference pass"] = max(worst["difference pass"], found.passed / RUNS)
            if len(sizes) > 12:
                continue
            for label, least in (("none", 1.0), ("at", LEAST), ("beyond", 0.5)):
                true = np.full(len(sizes), rate)
                true[-1] *= least
                _, found = simulate(rng, sizes, true)
                print(
                    f"| ratio | {name} | {rate} | {label} | {found.fail / RUNS:.3f} / {found.passed / RUNS:.3f} | – | "
                    f"{found.naive_fail / RUNS:.3f} |",
                    flush=True,
                )
                if label != "beyond":
                    worst["ratio fail"] = max(worst["ratio fail"], found.fail / RUNS)
                if label in {"at", "beyond"}:
                    worst["ratio pass"] = max(worst["ratio pass"], found.passed / RUNS)
    error = 1.96 * np.sqrt(ALPHA * (1 - ALPHA) / RUNS)
    shares = ", ".join(f"{kind} {share:.3f}" for kind, share in worst.items())
    print(f"\nworst shares of errors, each allowed {ALPHA} ± {error:.3f}: {shares}")


if __name__ == "__main__":
    main()
