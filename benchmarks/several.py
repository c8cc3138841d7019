"""How rows with several decisions come about: entities, labels, and the characters of entities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.designs import Design, Rows

Floats = npt.NDArray[np.float64]

#: How much decisions about one row agree.
WITHIN_ROWS = 0.3
#: How often an entity is found, entities of a row beyond the first, found ones of a row that are none, and types.
FOUND, MORE, INVENTED = 0.8, 1.5, 0.4
TYPES = np.array([0.5, 0.3, 0.2])
#: How often a decision about a label is wrong, and how often each label holds.
WRONG = 0.1
HOLDS = np.array([0.4, 0.3, 0.3, 0.2, 0.15])


def _hardness(rng: np.random.Generator, mean: float, size: int) -> Floats:
    sample = 1 / WITHIN_ROWS - 1
    return rng.beta(mean * sample, (1 - mean) * sample, size)


def entities(rows: tuple[int, ...], *, weights: bool = False) -> Rows:
    """Entities that are found or missed with their row; with weights, log-normal ones of rows."""

    def draw(rng: np.random.Generator, gap: float) -> pd.DataFrame:
        parts = []
        for number, size in enumerate(rows):
            chance = _hardness(rng, FOUND - gap * (number == len(rows) - 1), size)
            true, none = (np.repeat(np.arange(size), count) for count in (
                1 + rng.poisson(MORE, size), rng.poisson(INVENTED, size)))  # fmt: skip
            kinds, invented = (1 + rng.choice(len(TYPES), len(owner), p=TYPES) for owner in (true, none))
            hit = np.where(rng.random(len(true)) < chance[true], kinds, 0)
            part = pd.DataFrame({
                "g": number, "cluster": np.concatenate([true, none]) + sum(rows[:number]),
                "y_true": np.concatenate([kinds, np.zeros_like(invented)]), "y_pred": np.concatenate([hit, invented]),
            })  # fmt: skip
            if weights:
                part["w"] = rng.lognormal(0, 0.7, size)[np.concatenate([true, none])]
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    return draw


def f1_of_entities(found: float) -> float:
    """F1 of what `entities` draws, the same for every type and for all together."""
    true = 1 + MORE
    return 2 * found * true / (true + found * true + INVENTED)


def labels(rows: tuple[int, ...]) -> Rows:
    """Labels of a row, each wrong with its row."""

    def draw(rng: np.random.Generator, gap: float) -> pd.DataFrame:
        parts = []
        for number, size in enumerate(rows):
            wrong = _hardness(rng, WRONG + gap * (number == len(rows) - 1), size)[:, None]
            truth = rng.random((size, len(HOLDS))) < HOLDS
            predicted = truth ^ (rng.random(truth.shape) < wrong)
            output = np.broadcast_to(np.arange(1, len(HOLDS) + 1), truth.shape)
            owner = np.broadcast_to(np.arange(size)[:, None] + sum(rows[:number]), truth.shape)
            parts.append(pd.DataFrame({
                "g": number, "cluster": owner.ravel(), "output": output.ravel(),
                "y_true": (truth * output).ravel(), "y_pred": (predicted * output).ravel(),
            }))  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    return draw


def f1_of_labels(wrong: float, *, macro: bool) -> float:
    """Micro- or macro-averaged F1 of what `labels` draws."""
    hit = HOLDS * (1 - wrong)
    both = HOLDS + hit + (1 - HOLDS) * wrong
    return float((2 * hit / both).mean() if macro else 2 * hit.sum() / both.sum())


def characters(rows: tuple[int, ...], rate: float) -> Rows:
    """Characters of entities, visible with the whole entity, or its last third; entities of a row go together."""

    def draw(rng: np.random.Generator, gap: float) -> pd.DataFrame:
        parts = []
        for number, size in enumerate(rows):
            # A miss shows all of an entity, a third of the hits show a third of it.
            mean = rate + gap * (number == len(rows) - 1)
            missed = _hardness(rng, (9 * mean - 1) / 8, size)
            owner = np.repeat(np.arange(size), 1 + rng.poisson(MORE, size))
            length = 3 * (1 + rng.geometric(0.4, len(owner)))
            miss = rng.random(len(owner)) < missed[owner]
            visible = np.where(miss, length, np.where(rng.random(len(owner)) < 1 / 3, length // 3, 0))
            for said, count in ((1, visible), (0, length - visible)):
                at = np.repeat(owner, count) + sum(rows[:number])
                parts.append(pd.DataFrame({"g": number, "cluster": at, "y_true": 1, "y_pred": said}))
        return pd.concat(parts, ignore_index=True)

    return draw


ROWS = (1000, 300, 120)
F1_OF_ENTITIES = f1_of_entities(FOUND) - f1_of_entities(FOUND - 0.1)
F1_OF_LABELS = {macro: f1_of_labels(WRONG, macro=macro) - f1_of_labels(WRONG + 0.1, macro=macro) for macro in (0, 1)}

SEVERAL = (
    Design("entities of 1,000 + 300 + 120 rows, micro recall", "micro_recall", entities(ROWS), outcome="entities"),
    Design("entities of 1,000 + 300 + 120 rows, micro F1", "micro_f1", entities(ROWS), limit=F1_OF_ENTITIES,
           outcome="entities"),
    Design("entities of 1,000 + 300 + 120 weighted rows, micro F1", "micro_f1", entities(ROWS, weights=True),
           limit=F1_OF_ENTITIES, outcome="entities"),
    Design("entities of 1,000 + 300 + 120 rows, macro F1", "macro_f1", entities(ROWS), limit=F1_OF_ENTITIES,
           outcome="entities"),
    Design("five labels of 1,000 + 300 + 120 rows, Hamming loss", "hamming_loss", labels(ROWS), beyond=0.2,
           outcome="labels"),
    Design("five labels of 1,000 + 300 + 120 rows, micro F1", "micro_f1", labels(ROWS), limit=F1_OF_LABELS[False],
           outcome="labels"),
    Design("five labels of 1,000 + 300 + 120 rows, macro F1", "macro_f1", labels(ROWS), limit=F1_OF_LABELS[True],
           outcome="labels"),
    Design("visible characters of 1,000 + 300 + 120 rows", "selection_rate", characters(ROWS, 0.2)),
    Design("few rows, entities of 400 + 40, micro F1", "micro_f1", entities((400, 40)), limit=F1_OF_ENTITIES,
           beyond=0.5, outcome="entities"),
    Design("few rows, five labels of 400 + 40, micro F1", "micro_f1", labels((400, 40)), limit=F1_OF_LABELS[False],
           outcome="labels"),
    Design("few rows, visible characters of 400 + 40, few missed", "selection_rate", characters((400, 40), 0.13)),
)  # fmt: skip
