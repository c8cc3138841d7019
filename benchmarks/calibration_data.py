"""How often the tests of the data audit find something where nothing is, at 5 %: equal shares, shares of a reference,
and columns or words that tell the group.

`BENCH_RUNS` sets the number of data sets per design (default 1000).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.data_audit.proxies import proxies
from audit.data_audit.rates import Looks
from audit.data_audit.rows import Grouped, Rows
from audit.fairness.compare.association import equal_shares, right_shares
from benchmarks.calibration import ALPHA, RUNS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Design:
    """Rows, shares of groups, rate of what is looked for, spread of weights, and clusters."""

    rows: int
    shares: tuple[float, ...]
    rate: float = 0.2
    weights: float = 0.0
    clusters: int = 0
    nested: bool = False

    def __str__(self) -> str:
        """Name in a table."""
        kind = f", {self.clusters} clusters{' within groups' if self.nested else ''}" if self.clusters else ""
        weighted = ", weighted" if self.weights else ""
        return f"{self.rows} rows, {len(self.shares)} groups, rate {self.rate:g}{weighted}{kind}"

    def draw(self, rng: np.random.Generator) -> tuple[pd.DataFrame, Ints]:
        """Rows of which groups have all the same rate, with the group of each."""
        groups = rng.choice(len(self.shares), self.rows, p=self.shares)
        rate: Floats | float = self.rate
        cluster = np.full(self.rows, None, object)
        if self.clusters:
            own = rng.integers(self.clusters, size=self.rows)
            rate = rng.beta(2 * self.rate, 2 * (1 - self.rate), self.clusters)[own]
            of_cluster = rng.choice(len(self.shares), self.clusters, p=self.shares)[own]
            groups = np.where(self.nested | (rng.random(self.rows) < 0.5), of_cluster, groups)
            cluster = np.array([str(code) for code in own], object)
        weight = rng.lognormal(0, self.weights, self.rows) if self.weights else np.ones(self.rows)
        hit = rng.random(self.rows) < rate
        cells = pd.DataFrame({"hit": hit, "n": 1.0, "w": weight, "w2": weight**2, "cluster": cluster})
        return cells, np.asarray(groups, np.int64)


DESIGNS = (
    Design(10, (0.5, 0.5), 0.3),
    Design(30, (0.4, 0.3, 0.3), 0.1),
    Design(300, (0.6, 0.2, 0.1, 0.08, 0.02), 0.02),
    Design(1000, (0.6, 0.3, 0.1), 0.3),
    Design(300, (0.6, 0.3, 0.1), 0.1, weights=0.8),
    Design(1000, (0.5, 0.5), 0.01, weights=0.8),
    *(Design(300, (0.6, 0.4), 0.2, clusters=n, nested=True) for n in (8, 30, 100)),
    Design(300, (0.6, 0.3, 0.1), 0.2, clusters=100),
)


def equal(design: Design, rng: np.random.Generator) -> float | None:
    """P-value of equal shares, which are equal."""
    cells, groups = design.draw(rng)
    return equal_shares(cells, groups, len(design.shares), rng)


def right(design: Design, rng: np.random.Generator) -> float | None:
    """P-value of the shares that groups were drawn by."""
    cells, groups = design.draw(rng)
    return right_shares(cells, groups, design.shares, rng)


def alarms(test: Callable[[Design, np.random.Generator], float | None], design: Design, runs: int, seed: int) -> float:
    """Share of data sets in which the test finds something."""
    rng = np.random.default_rng(seed)
    found = [test(design, rng) for _ in range(runs)]
    return sum(p is not None and p <= ALPHA for p in found) / runs


def looks(rng: np.random.Generator, rows: int, *, telling: float = 0.0, clusters: int = 0) -> Looks:
    """Rows with two groups and columns that tell nothing; `telling` is what the first one does tell."""
    group = rng.integers(2, size=rows)
    cluster = None
    noise = rng.normal(size=rows)
    if clusters:  # each of one group, and all its rows alike
        cluster = rng.integers(clusters, size=rows)
        group = rng.integers(2, size=clusters)[cluster]
        noise = rng.normal(size=clusters)[cluster]
    columns = {
        "number": pd.Series(noise + telling * group),
        "category": pd.Series(rng.integers(8, size=rows).astype(str)).astype("category"),
    }
    grouped = Grouped(np.arange(rows), group, np.ones(rows), ["a", "b"], np.ones(2, bool))
    words = [f"word{n}" for n in range(40)]
    texts = [" ".join(rng.choice(words, 6)) for _ in range(rows)]
    nothing = np.zeros(rows, bool)
    found = Rows(
        ids=[str(at) for at in range(rows)], weight=np.ones(rows), count=np.ones(rows, np.int64), cluster=cluster,
        groups={"group": grouped}, truth=np.full(rows, None, object), holds={}, numbers=None,
        score=np.full(rows, np.nan), digest=None, empty=nothing, length=None, missing={}, columns=columns, said=[],
        personal={}, sample=np.arange(rows), texts=texts,
    )  # fmt: skip
    return Looks(found, ALPHA, int(rng.integers(1 << 30)))


def told(found: Looks) -> list[str | None]:
    """Columns that are said to tell the group; None stands for the words."""
    return [proxy.column for proxy in proxies(found)[0] if any(group.lower > 0.5 for group in proxy.groups)]


def main() -> None:
    """Print the tables."""
    print("Tests of the data audit that find something where nothing is, at 5 %\n")
    print("| design | equal shares | shares of the reference |\n|---|---|---|")
    for number, design in enumerate(DESIGNS):
        found = [alarms(test, design, RUNS, number) for test in (equal, right)]
        print(f"| {design} | {found[0]:.1%} | {found[1]:.1%} |", flush=True)
    print("\n| columns and words that tell nothing | some is said to tell the group |\n|---|---|")
    for rows, clusters in ((200, 0), (1000, 0), (1000, 100)):
        rng = np.random.default_rng(rows + clusters)
        runs = max(RUNS // 5, 1)
        false = sum(bool(told(looks(rng, rows, clusters=clusters))) for _ in range(runs)) / runs
        print(f"| {rows} rows{f', {clusters} clusters' if clusters else ''} | {false:.1%} |", flush=True)


if __name__ == "__main__":
    main()
