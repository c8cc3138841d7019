"""What attacks on membership say of models that remember nothing, or as much as is known: coverage and false alarms.

A data set is members and held-out rows in three groups. Confidence in what is true is normal, that of members `shift`
higher, so that the truth is known: the AUC is Φ(shift/√2), and at a false positive rate r, Φ(shift − Φ⁻¹(1 − r)) of
members are named. *Tied* rounds the loss to a tenth, as a function that tells probabilities of two digits does;
*clusters* lets six rows share half of their variance, members and held-out rows together.

`BENCH_RUNS` sets the number of data sets per design (default 200).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from audit.fairness.membership.attacks import attack
from audit.fairness.membership.signals import CLASS, LOSS

RUNS = int(os.environ.get("BENCH_RUNS", "200"))
LEVEL = 0.95
GROUPS, CLASSES = ("a", "b", "c"), ("no", "yes")


@dataclass(frozen=True)
class Design:
    """Members, held-out rows, and how much the model remembers."""

    members: int
    held_out: int
    shift: float = 0.0
    tied: bool = False
    cluster: int = 1
    #: How much more of members of the first group.
    more: float = 0.0

    def __str__(self) -> str:
        """Name in a table."""
        kind = ", tied" if self.tied else ""
        kind += f", clusters of {self.cluster}" if self.cluster > 1 else ""
        kind += f", {self.more:g} more in one group" if self.more else ""
        return f"{self.members:,} + {self.held_out:,}, shift {self.shift:g}{kind}"

    @property
    def auc(self) -> float:
        """The true one, of everybody; of rows alike."""
        return float(norm.cdf(self.shift / 2**0.5))

    def named(self, rate: float) -> float:
        """The true share of members named at this false positive rate."""
        return float(norm.cdf(self.shift - norm.isf(rate)))

    def draw(self, rng: np.random.Generator) -> pd.DataFrame:
        """Draw one data set."""
        size = self.members + self.held_out
        member = np.arange(size) < self.members
        group, label = rng.choice(GROUPS, size), rng.choice(CLASSES, size)
        value = rng.normal(size=size)
        cluster = None
        if self.cluster > 1:
            code = rng.permutation(size) // self.cluster
            shared = rng.normal(size=size)[code]
            value = (value + shared) / 2**0.5
            cluster = [f"c{number}" for number in code]
        value += self.shift * member + self.more * (member & (group == GROUPS[0]))
        loss = np.logaddexp(0.0, -value)
        if self.tied:
            loss = np.round(loss, 1)
        rows = {"member": member, "loss": loss, "cluster": cluster, "label": label, "group:g": group}
        return pd.DataFrame(rows)


DESIGNS = (
    Design(300, 300),
    Design(2000, 2000),
    Design(200, 1000),
    Design(600, 600, cluster=6),
    Design(500, 500, tied=True),
    Design(1000, 1000, shift=0.5),
    Design(300, 300, shift=1.0),
    Design(1000, 1000, shift=2.0),
)
#: Designs in which one group is remembered more.
PLANTED = (Design(2000, 2000, more=0.5), Design(600, 600, more=0.5))


@dataclass(frozen=True)
class Outcome:
    """Of how many data sets something held.

    Attributes
    ----------
    auc, by_class, one_percent, one_per_mille
        The interval holds what is true: of the AUC by loss, and by loss within classes; of the share named at 1 %, and
        at 0.1 %.
    defined
        The share at 0.1 % has a value.
    above
        The lower bound of the AUC is above the true one.
    named
        Some pair of groups is called different, over all attacks.
    """

    runs: int
    auc: int
    by_class: int
    one_percent: int
    one_per_mille: int
    defined: int
    above: int
    named: int
    width: float


def outcome(design: Design, runs: int, seed: int = 0, by: Sequence[str] = ("g",)) -> Outcome:
    """Attack so many data sets of a design, and compare groups by these attributes."""
    counts, width = dict.fromkeys(("auc", "by_class", "one", "mille", "defined", "above", "named"), 0), 0.0
    for number in range(runs):
        found = attack(design.draw(np.random.default_rng([seed, number])), by, LEVEL, number)
        of = {value.attack: value for value in found.values if not value.attributes}
        by_loss, by_class = of[LOSS], of[CLASS]
        counts["auc"] += _holds(by_loss.lower, by_loss.upper, design.auc)
        counts["by_class"] += _holds(by_class.lower, by_class.upper, design.auc)
        counts["above"] += (by_loss.lower or 0.0) > design.auc
        one, mille = by_loss.rates
        counts["one"] += _holds(one.lower, one.upper, design.named(one.rate))
        counts["defined"] += mille.value is not None
        counts["mille"] += mille.value is not None and _holds(mille.lower, mille.upper, design.named(mille.rate))
        counts["named"] += any(pair.holm_p < 1 - LEVEL for pair in found.pairs)
        width += (one.upper or 0.0) - (one.lower or 0.0)
    return Outcome(
        runs, counts["auc"], counts["by_class"], counts["one"], counts["mille"], counts["defined"], counts["above"],
        counts["named"], width / runs,
    )  # fmt: skip


def _holds(lower: float | None, upper: float | None, true: float) -> bool:
    return lower is not None and upper is not None and lower <= true <= upper


def table(runs: int = RUNS) -> Iterator[str]:
    """Yield the rows of the tables."""
    yield "| members + held out | true AUC | held by its interval | by class | at 1 % | held | width | .1 % | pairs |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for design in DESIGNS:
        # Between groups that are alike nothing is to be found: looked at where nothing is remembered.
        found = outcome(design, runs, by=() if design.shift else ("g",))
        mille = f"{found.one_per_mille / found.defined:.3f}" if found.defined else "–"
        yield (
            f"| {design} | {design.auc:.3f} | {found.auc / runs:.3f} | {found.by_class / runs:.3f} | "
            f"{design.named(0.01):.3f} | {found.one_percent / runs:.3f} | {found.width:.3f} | {mille} | "
            f"{'' if design.shift else f'{found.named / runs:.3f}'} |"
        )
    for design in PLANTED:
        found = outcome(design, runs)
        yield f"| {design} | | | | | | | | {found.named / runs:.3f} |"


def main() -> None:
    """Print the table, and how many of 100 models that remember nothing are said to be at chance."""
    for line in table():
        print(line, flush=True)
    at_chance = outcome(Design(2000, 2000), 100, seed=1)
    print(f"at chance, of 100 seeds: {at_chance.auc} by the AUC, {at_chance.one_percent} by the share named at 1 %")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
