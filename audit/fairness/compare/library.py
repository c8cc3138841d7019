"""Fairlearn's own MetricFrame: for metrics that are a user's function, and to hold the closed forms to it.

Values come from closed forms on tables, since a frame calls each metric once per group. In every run a seeded sample of
them is computed by Fairlearn as well; a difference beyond rounding is a defect of this tool and stops the audit.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress, product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from fairlearn.metrics import MetricFrame

from audit.errors import AuditError, ConfigError
from audit.fairness.metrics.definitions import Metric
from audit.fairness.metrics.tables import Coded

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def frame_values(
    metrics: list[Metric], truth: Ints, predicted: Ints, weight: Floats, groups: Ints, size: int
) -> dict[str, Floats]:
    """Compute metrics per group by Fairlearn, with the cells' weights.

    Parameters
    ----------
    truth, predicted, weight, groups : array of shape (cells,)
        Only of groups in which every metric is defined.
    size
        Number of groups.

    Returns
    -------
    dict of arrays of shape (groups,)
        NaN in groups without a cell.
    """
    values = {metric.name: np.full(size, np.nan) for metric in metrics}
    if not len(truth):
        return values
    frame = MetricFrame(
        metrics={metric.name: guarded(metric) for metric in metrics},
        y_true=truth,
        y_pred=predicted,
        sensitive_features=pd.Series(groups),  # a single cell as an array would lose its dimension
        sample_params={metric.name: {"sample_weight": weight} for metric in metrics},
    )
    for metric in metrics:
        by_group = frame.by_group[metric.name]
        # Older versions of Fairlearn return an array for a group of one cell.
        values[metric.name][by_group.index.to_numpy(int)] = [float(np.squeeze(value)) for value in by_group]
    return values


def guarded(metric: Metric) -> Any:
    """Turn what goes wrong inside a user's metric into an error that names it."""
    if metric.closed:
        return metric.compute

    def compute(*args: Any, **more: Any) -> float:
        try:
            return float(metric.compute(*args, **more))
        except AuditError:
            raise
        except Exception as error:
            raise ConfigError(
                f"metric {metric.name!r} failed: {type(error).__name__}: {error}",
                where="metrics",
                hint="it is called as metric(y_true, y_pred, sample_weight=w) and returns one number",
            ) from error

    return compute


#: A closed form and the library may differ by this much of the value: rounding, and no more.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Checked:
    """Values that were computed twice: how many, and the largest difference."""

    values: int = 0
    largest_difference: float = 0.0

    def __add__(self, other: Checked) -> Checked:
        return Checked(self.values + other.values, max(self.largest_difference, other.largest_difference))


def check_sample(
    coded: Coded, metrics: list[Metric], values: dict[str, Floats], *, groups: int, rng: np.random.Generator
) -> Checked:
    """Compute metrics by Fairlearn in a few groups, and compare.

    Parameters
    ----------
    coded
        Cells of all classes, or of one class against the rest, as the metrics have it.
    values : dict of arrays of shape (groups,)
        Of the closed forms; NaN where undefined.
    groups
        How many groups to draw.

    Raises
    ------
    RuntimeError
        If the two differ by more than rounding.
    """
    done = Checked()
    drawn = np.sort(rng.choice(coded.groups, min(groups, coded.groups), replace=False))
    for labelled in (True, False):
        # Groups in which the same metrics are defined share a frame: making one costs far more than a group in it.
        mine = [metric for metric in metrics if metric.closed and metric.needs_labels == labelled]
        asked: dict[tuple[bool, ...], list[int]] = {}
        for group in drawn.tolist():
            asked.setdefault(tuple(not np.isnan(values[metric.name][group]) for metric in mine), []).append(group)
        for wanted, together in asked.items():
            defined = list(compress(mine, wanted))
            kept = np.isin(coded.group, together) & (coded.w > 0) & (coded.labelled if labelled else True)
            if not defined or not kept.any():
                continue
            found = frame_values(
                defined, coded.truth[kept], coded.predicted[kept], coded.w[kept], coded.group[kept], coded.groups
            )
            for metric, group in product(defined, np.unique(coded.group[kept]).tolist()):
                ours, theirs = float(values[metric.name][group]), float(found[metric.name][group])
                if not abs(ours - theirs) <= ROUNDING * max(1.0, abs(theirs)):
                    raise RuntimeError(f"{metric.name} is {ours!r} by its closed form and {theirs!r} by Fairlearn")
                done += Checked(1, abs(ours - theirs))
    return done
