"""Do the bounds of rates and gaps with differentially private noise cover, and how wide are they?"""

from __future__ import annotations

import numpy as np

from audit.disclosure.outcomes import Outcomes, Share, share_of
from audit.disclosure.private.rates import PrivateRate, gap, rate
from audit.disclosure.private.tables import Domain, Noisy

ROUNDS, TABLES = 400, 4
OUTCOMES = Outcomes(("no", "yes"), "class", None, unlabelled=False)
Simulated = tuple[float, float, float, float]


def laplace(rng: np.random.Generator, scale: float, n: int) -> list[int]:
    """Draw discrete Laplace noise with a seed, which a release never does."""
    p = 1 - np.exp(-1 / scale)
    return [int(k) for k in rng.geometric(p, n) - rng.geometric(p, n)]


def simulate(epsilon: float, sizes: tuple[int, ...], rates: tuple[float, ...], seed: int) -> Simulated:
    """Return coverage of rates and of gaps, and the mean width of rates with noise and without."""
    rng, scale = np.random.default_rng(seed), TABLES / epsilon
    share = share_of(OUTCOMES, "selection_rate", "yes")
    assert isinstance(share, Share)
    groups = tuple((str(number),) for number in range(len(sizes)))
    domain, truth = Domain(("g",), groups, OUTCOMES), max(rates) - min(rates)
    hits = hits_of_gaps = 0
    widths, plain = [], []
    for _ in range(ROUNDS):
        counts = [list(rng.multinomial(n, [(1 - r) / 2, r / 2] * 2)) for n, r in zip(sizes, rates, strict=True)]
        true = [int(n) for row in counts for n in row]
        noisy = Noisy.of(domain, true, laplace(rng, scale, domain.cells), scale)
        exact = Noisy.of(domain, true, [0] * domain.cells, 1e-9)
        found = [rate(noisy, group, share, 0.05) for group in groups]
        hits += sum(one.lower <= r <= one.upper for one, r in zip(found, rates, strict=True))
        widths += [one.upper - one.lower for one in found]
        plain += [one.upper - one.lower for one in (rate(exact, group, share, 0.05) for group in groups)]
        together: dict[tuple[str, ...], PrivateRate] = {
            group: rate(noisy, group, share, 0.05 / len(groups)) for group in groups
        }
        told = gap(together, "difference")
        hits_of_gaps += told is None or told.lower <= truth <= told.upper
    n = ROUNDS * len(sizes)
    return hits / n, hits_of_gaps / ROUNDS, float(np.mean(widths)), float(np.mean(plain))


def main() -> None:
    """Print one row for each design."""
    print(f"{ROUNDS} rounds, 4 tables share ε, level 95 %, two true rates .3 and .4 (or both .35)")
    print("| ε | sizes | rates | rates covered | gaps covered | mean width | without noise |")
    print("|---:|---|---|---:|---:|---:|---:|")
    for epsilon in (0.25, 1.0, 4.0):
        for sizes in ((50, 50), (1_000, 200), (10_000, 10_000)):
            for rates in ((0.3, 0.4), (0.35, 0.35)):
                covered, gaps, width, plain = simulate(epsilon, sizes, rates, seed=int(epsilon * 100) + sizes[1])
                told = " / ".join(f"{n:,}" for n in sizes), " / ".join(f"{r:g}" for r in rates)
                print(
                    f"| {epsilon:g} | {told[0]} | {told[1]} | {covered:.3f} | {gaps:.3f} | {width:.3f} | {plain:.3f} |"
                )


if __name__ == "__main__":
    main()
