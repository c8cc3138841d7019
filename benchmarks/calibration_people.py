"""Do intervals of numbers of people cover the truth?

Rows are drawn from populations whose groups, base rates and error rates are known, so the true numbers per year are
known as well. For each design: how often each group's number per year lies in its interval; how often *all* excesses
over the group that came out best do, as rates and in a year; how often what equal rates would change does; and the
smallest groups' share of errors. The best group is chosen by each sample anew.

`BENCH_RUNS` sets the number of samples per design (default 1000).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.fairness.compare.disparities import compare
from audit.fairness.compare.question import Question
from audit.fairness.tally import SUMS, Slicing, Tally
from audit.impact.concentration import concentration
from audit.impact.grouped import Sliced
from audit.impact.harms import AGAINST, MISSED, HarmRates
from audit.impact.people import Volume, affected
from audit.store.columns import group_column

Floats = npt.NDArray[np.float64]

RUNS = int(os.environ.get("BENCH_RUNS", "1000"))
YEAR, LEVEL = 100_000.0, 0.95
NAMES = ("no", "yes")


@dataclass(frozen=True)
class People:
    """A population.

    Attributes
    ----------
    shares, base, missed, given : groups
        Share of each group, of positives among it, and how often these and the others are decided wrongly.
    rows
        Rows of a sample.
    cluster
        Rows of a cluster, which is within one group; those of one are alike with correlation `alike`.
    oversampled
        How many times more often a positive decision is drawn; weights make up for it.
    """

    name: str
    shares: tuple[float, ...]
    base: tuple[float, ...]
    missed: tuple[float, ...]
    given: tuple[float, ...]
    rows: int
    cluster: int = 1
    alike: float = 0.3
    oversampled: float = 1.0

    def table(self) -> Floats:
        """Joint shares of group, label and prediction, of shape (groups, 2, 2)."""
        share, base, missed, given = map(np.array, (self.shares, self.base, self.missed, self.given))
        out = np.empty((len(share), 2, 2))
        out[:, 1, 0], out[:, 1, 1] = share * base * missed, share * base * (1 - missed)
        out[:, 0, 1], out[:, 0, 0] = share * (1 - base) * given, share * (1 - base) * (1 - given)
        return out


DESIGNS = [
    People("three groups, no gap", (0.6, 0.3, 0.1), (0.4,) * 3, (0.2,) * 3, (0.1,) * 3, 2000),
    People("three groups, gaps", (0.6, 0.3, 0.1), (0.4, 0.3, 0.5), (0.15, 0.2, 0.3), (0.1, 0.15, 0.2), 2000),
    People("two groups, 300 rows", (0.8, 0.2), (0.3, 0.3), (0.1, 0.2), (0.05, 0.05), 300),
    People("ten groups, no gap, rare errors", (0.1,) * 10, (0.3,) * 10, (0.05,) * 10, (0.02,) * 10, 4000),
    People(
        "eight groups, one of 1 %", (0.25, 0.25, 0.2, 0.1, 0.1, 0.05, 0.04, 0.01), (0.3,) * 8, (0.2,) * 8, (0.1,) * 8,
        3000,
    ),
    People("clusters of ten", (0.5, 0.3, 0.2), (0.4,) * 3, (0.2, 0.2, 0.3), (0.1,) * 3, 3000, cluster=10),
    People(
        "positive decisions drawn five times as often", (0.6, 0.3, 0.1), (0.2,) * 3, (0.3,) * 3, (0.1,) * 3, 2000,
        oversampled=5.0,
    ),
]  # fmt: skip


def sample(people: People, rng: np.random.Generator) -> Sliced:
    """Draw rows, and tally them."""
    table, groups = people.table(), len(people.shares)
    if people.cluster > 1:
        count = people.rows // people.cluster
        owner = rng.choice(groups, count, p=np.array(people.shares))
        within = table[owner].reshape(count, 4) / table[owner].sum((1, 2))[:, None]
        # Dirichlet-multinomial: rows of a cluster are alike with this correlation.
        mixed = np.array([rng.dirichlet(row * (1 / people.alike - 1) + 1e-9) for row in within])
        drawn = np.array([rng.multinomial(people.cluster, row / row.sum()) for row in mixed])
        frame = pd.DataFrame({"owner": np.repeat(owner, 4), "cell": np.tile(range(4), count), "n": drawn.ravel()})
        frame["cluster"] = np.repeat([str(i) for i in range(count)], 4)
        frame["weight"] = 1.0
    else:
        odds = table * np.where(np.arange(2) == 1, people.oversampled, 1.0)
        drawn = rng.multinomial(people.rows, (odds / odds.sum()).ravel())
        frame = pd.DataFrame({"owner": np.repeat(range(groups), 4), "cell": np.tile(range(4), groups), "n": drawn})
        frame["weight"] = np.where(frame["cell"] % 2 == 1, 1 / people.oversampled, 1.0)
    frame = frame[frame["n"] > 0]
    cells = pd.DataFrame(
        {
            group_column("group"): [f"g{owner:02d}" for owner in frame["owner"]],
            "y_true": [NAMES[cell // 2] for cell in frame["cell"]],
            "y_pred": [NAMES[cell % 2] for cell in frame["cell"]],
            "n": frame["n"].to_numpy(),
            "w": (frame["n"] * frame["weight"]).to_numpy(np.float64),
            "w2": (frame["n"] * frame["weight"] ** 2).to_numpy(np.float64),
        }
    )
    clustered = people.cluster > 1
    if clustered:
        cells["cluster"] = frame["cluster"].to_numpy(object)
    keys = [*(["cluster"] if clustered else []), "y_true", "y_pred"]
    weight = float(cells["w"].sum())
    tally = Tally(Slicing(("group",), (), clustered), cells, weight)
    everybody = Tally(Slicing((), (), clustered), cells.groupby(keys, as_index=False)[SUMS].sum(), weight)
    question = Question([], [], list(NAMES), "yes", LEVEL)
    return Sliced(compare(tally, question).slicing, tally, everybody, question)


@dataclass
class Hits:
    """How often intervals held, of how many."""

    count: int = 0
    of: int = 0

    def add(self, *held: bool) -> None:
        """Count some more."""
        self.count += sum(held)
        self.of += len(held)

    def __str__(self) -> str:
        return f"{self.count / max(self.of, 1):.3f}"


def simulate(people: People, runs: int, seed: int = 0) -> dict[str, Hits]:
    """Draw samples, and count how often each kind of interval holds."""
    rng = np.random.default_rng([seed, people.rows])
    table = people.table()
    found = {name: Hits() for name in ("per year", "excess", "excess per year", "gain per year", "concentration")}
    errors = table[:, 0, 1] + table[:, 1, 0]
    for _ in range(runs):
        one = sample(people, rng)
        for harm in (MISSED, AGAINST["benefit"]):
            _people(found, one, harm, table)
        crowded = concentration(one)
        if crowded is not None and crowded.lower is not None and crowded.upper is not None:
            small = [int(group[0][1:]) for group in crowded.groups]
            share = float(errors[small].sum() / errors.sum())
            found["concentration"].add(crowded.lower <= share <= crowded.upper)
    return found


def _people(found: dict[str, Hits], one: Sliced, harm: HarmRates, table: Floats) -> None:
    lines, gain = affected(one, Volume(YEAR, None), harm, "yes")
    missed = harm is MISSED
    harmed = table[:, 1, 0] if missed else table[:, :, 0].sum(1)
    base = table[:, 1].sum(1) if missed else table.sum((1, 2))
    within, rates, total, held, yearly = [], harmed / base, 0.0, [], []
    for line in lines:
        at = int(line.group[0][1:])
        within.append((line.per_year_lower or 0.0) <= YEAR * harmed[at] <= (line.per_year_upper or np.inf))
        excess = line.excess
        if excess is None or excess.difference_lower is None or excess.difference_upper is None:
            continue
        apart = rates[at] - rates[int(excess.reference[0][1:])]
        total += max(YEAR * base[at] * apart, 0.0)
        held.append(excess.difference_lower <= apart <= excess.difference_upper)
        low, high = excess.per_year_lower, excess.per_year_upper
        yearly.append(low is not None and high is not None and low <= YEAR * base[at] * apart <= high)
    found["per year"].add(*within)
    found["excess"].add(all(held))
    found["excess per year"].add(all(yearly))
    if gain is not None and gain.per_year_lower is not None and gain.per_year_upper is not None:
        found["gain per year"].add(gain.per_year_lower - 1e-9 <= total <= gain.per_year_upper + 1e-9)


def main() -> None:
    """Print one line per design."""
    print(f"{RUNS} samples per design; nominal {LEVEL}")
    print("design | per year | all excesses | all excesses per year | gain per year | smallest groups' share")
    for people in DESIGNS:
        print(people.name, *map(str, simulate(people, RUNS).values()), sep=" | ", flush=True)


if __name__ == "__main__":
    main()
