"""Designs in which verdicts are awkward to get right: how their rows come about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.fairness.metrics.definitions import Outcome

Rows = Callable[[np.random.Generator, float], pd.DataFrame]


@dataclass(frozen=True)
class Design:
    """One way in which rows come about.

    Attributes
    ----------
    rows
        Draws a data set in which the last group stands apart by a gap: columns g, y_true, y_pred as whole numbers, and
        w, cluster, and the control d where there are any.
    limit
        Of the rule. The metric's true gap is the limit where `rows` is given `at`.
    at, beyond
        What `rows` is given where the gap lies at the limit, and beyond it.
    outcome
        What decisions are; one of two or of several classes if left out. Of labels, `rows` draws the column output too.
    """

    name: str
    metric: str
    rows: Rows
    limit: float = 0.1
    at: float = 0.1
    beyond: float = 0.3
    adjusted: bool = False
    outcome: Outcome | None = None
    gaps: tuple[str, ...] = ("none", "at", "beyond")

    def apart(self, gap: str) -> float:
        """What `rows` is given for a gap of that name."""
        return {"none": 0.0, "at": self.at, "beyond": self.beyond}[gap]


def weighted(n: tuple[int, ...], rate: float) -> Rows:
    """True positive rates where only a tenth of the unflagged are labelled, and weigh ten."""

    def rows(rng: np.random.Generator, gap: float) -> pd.DataFrame:
        parts = []
        for number, size in enumerate(n):
            flagged = rng.random(size) < rate - gap * (number == len(n) - 1)
            kept = flagged[flagged | (rng.random(size) < 0.1)]
            w = np.where(kept, 1.0, 10.0)
            parts.append(pd.DataFrame({"g": number, "y_true": 1, "y_pred": kept.astype(int), "w": w}))
        # One negative of each prediction, so that there are two classes.
        parts.append(pd.DataFrame({"g": 0, "y_true": 0, "y_pred": [0, 1], "w": 1.0}))
        return pd.concat(parts, ignore_index=True)

    return rows


def unrelated_weights(n: tuple[int, ...], rate: float) -> Rows:
    """Log-normal weights that do not go with anything."""

    def rows(rng: np.random.Generator, gap: float) -> pd.DataFrame:
        g = np.repeat(np.arange(len(n)), n)
        hit = rng.random(len(g)) < rate + gap * (g == len(n) - 1)
        return pd.DataFrame({"g": g, "y_true": 1, "y_pred": hit.astype(int), "w": rng.lognormal(0, 0.7, len(g))})

    return rows


def nested(clusters: tuple[int, ...], size: int, rate: float, correlation: float, controls: int = 0) -> Rows:
    """Clusters of some size in each group; with controls, every cluster lies in all of their strata."""

    def rows(rng: np.random.Generator, gap: float) -> pd.DataFrame:
        sample = 1 / correlation - 1
        means = [rate + gap * (number == len(clusters) - 1) for number in range(len(clusters))]
        each = [rng.beta(m * sample, (1 - m) * sample, count) for m, count in zip(means, clusters, strict=True)]
        chance = np.repeat(np.concatenate(each), size)
        made = {
            "g": np.repeat(np.repeat(np.arange(len(clusters)), clusters), size),
            "cluster": np.repeat(np.arange(sum(clusters)), size),
            "y_true": 1,
            "y_pred": (rng.random(len(chance)) < chance).astype(int),
        }
        return pd.DataFrame(made | ({"d": np.arange(len(chance)) % controls} if controls else {}))

    return rows


def stratified(n: tuple[int, ...], rate: float) -> Rows:
    """Three strata with rates of their own, and groups that are spread differently over them."""

    def rows(rng: np.random.Generator, gap: float) -> pd.DataFrame:
        g = np.repeat(np.arange(len(n)), n)
        d = np.where(rng.random(len(g)) < 0.3 + 0.2 * (g % 2), 0, rng.integers(1, 3, len(g)))
        hit = rng.random(len(g)) < rate + 0.1 * (d - 1) + gap * (g == len(n) - 1)
        return pd.DataFrame({"g": g, "d": d, "y_true": 1, "y_pred": hit.astype(int)})

    return rows


#: How often the ten classes below are predicted right.
RIGHT = 0.7


def shares(rare: float) -> npt.NDArray[np.float64]:
    """Shares of ten classes, five of which are rare."""
    return np.array([rare] * 5 + [(1 - 5 * rare) / 5] * 5)


def rare_classes(sizes: tuple[int, ...], rare: float, cluster: int = 1, correlation: float = 0.3) -> Rows:
    """Ten classes of which five are rare; the rows of a cluster are hard or easy together."""
    weights, sample = shares(rare), 1 / correlation - 1

    def rows(rng: np.random.Generator, gap: float) -> pd.DataFrame:
        parts, first = [], 0
        for number, n in enumerate(sizes):
            owner = np.arange(n) // cluster
            mean = RIGHT - gap * (number == len(sizes) - 1)
            chance = np.full(n, mean)
            if cluster > 1:
                chance = rng.beta(mean * sample, (1 - mean) * sample, owner.max() + 1)[owner]
            truth = rng.choice(10, n, p=weights)
            predicted = np.where(rng.random(n) < chance, truth, rng.choice(10, n, p=weights))
            part = pd.DataFrame({"g": number, "y_true": truth, "y_pred": predicted})
            parts.append(part.assign(cluster=first + owner) if cluster > 1 else part)
            first += int(owner.max()) + 1
        return pd.concat(parts, ignore_index=True)

    return rows


def macro_f1(right: float, rare: float) -> float:
    """Macro F1 of what `rare_classes` draws, from the chances themselves."""
    p = shares(rare)
    hit = p * (right + (1 - right) * p)
    # As many of a class are predicted as there are, so precision, recall and F1 are the same.
    return float((hit / p).mean())


#: The accuracies differ by .1; this is by how much the macro F1 does.
F1_GAP = {rare: macro_f1(RIGHT, rare) - macro_f1(RIGHT - 0.1, rare) for rare in (0.05, 0.1)}

DESIGNS = (
    Design("weights go with the prediction, 2 × 1,000, rate .9", "true_positive_rate", weighted((1000, 1000), 0.9)),
    Design("weights go with the prediction, 1,000 + 200, rate .9", "true_positive_rate", weighted((1000, 200), 0.9)),
    Design("weights unrelated, 2 × 1,000, rate .3", "selection_rate", unrelated_weights((1000, 1000), 0.3), beyond=0.2),
    Design("200 + 15 clusters of 10, ICC .5, rate .05", "selection_rate", nested((200, 15), 10, 0.05, 0.5), beyond=0.6),
    Design("300 + 8 clusters of 20, ICC .3, rate .05", "selection_rate", nested((300, 8), 20, 0.05, 0.3), beyond=0.5),
    Design("2 × 10 clusters of 40, ICC .2, rate .1", "selection_rate", nested((10,) * 2, 40, 0.1, 0.2), beyond=0.4),
    Design("3 × 40 clusters of 10, ICC .2, rate .2", "selection_rate", nested((40,) * 3, 10, 0.2, 0.2)),
    Design("3 × 60 clusters of 10, ICC .2, rate .3", "selection_rate", nested((60,) * 3, 10, 0.3, 0.2)),
    Design("2 × 400 clusters of 5, ICC .2, rate .3", "selection_rate", nested((400,) * 2, 5, 0.3, 0.2), beyond=0.2),
    Design("3 × 15 clusters of 24 across the controls, ICC .5", "selection_rate", nested((15,) * 3, 24, 0.4, 0.5, 3),
           beyond=0.55, adjusted=True),
    Design("adjusted, no clusters, 3 × 600", "selection_rate", stratified((600,) * 3, 0.4), beyond=0.2, adjusted=True),
    Design("macro F1, ten equal classes, 2,000 + 150 + 60", "macro_f1", rare_classes((2000, 150, 60), 0.1),
           limit=F1_GAP[0.1]),
    Design("macro F1, ten equal classes, 2,000 + 300 + 120", "macro_f1", rare_classes((2000, 300, 120), 0.1),
           limit=F1_GAP[0.1]),
    Design("macro F1, ten equal classes, in clusters of 10", "macro_f1", rare_classes((2000, 150, 60), 0.1, 10),
           limit=F1_GAP[0.1]),
    Design("macro F1, ten classes, five of 5 %, 2,000 + 600 + 400", "macro_f1", rare_classes((2000, 600, 400), 0.05),
           limit=F1_GAP[0.05]),
    Design("macro F1, five of 5 %, 2,000 + 600 + 400 in clusters of 10", "macro_f1",
           rare_classes((2000, 600, 400), 0.05, 10), limit=F1_GAP[0.05]),
    Design("2 × 60 clusters of 24 across the controls, ICC .2", "selection_rate", nested((60,) * 2, 24, 0.4, 0.2, 3),
           adjusted=True),
)  # fmt: skip
