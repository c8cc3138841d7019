"""Vectorised forms are the libraries' metrics on every resample, and effective sizes are what they claim."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from sklearn import metrics as sm

from audit.fairness.bounds.resample import Cells, draw_tables, effective_sizes
from audit.fairness.metrics import forms
from audit.fairness.metrics.definitions import Metric, known_metrics


def form_of(metric: Metric) -> forms.Form | None:
    """A metric as a function of confusion tables: its form, or the share that a proportion is."""
    numerator = metric.numerator
    if metric.form is not None or numerator is None:
        return metric.form

    def proportion(tables: np.ndarray) -> np.ndarray:
        classes = tables.shape[-1]
        t, p = (codes.ravel() for codes in np.meshgrid(np.arange(classes), np.arange(classes), indexing="ij"))
        flat = tables.reshape(*tables.shape[:-2], -1)
        base = metric.needs[0](t, p)
        return forms.share(flat[..., base & numerator(t, p)].sum(-1), flat[..., base].sum(-1))

    return proportion


BINARY = [m for m in known_metrics().values() if m.scope == "class" and form_of(m) is not None]
OF_ALL = [m for m in known_metrics().values() if m.scope == "all" and form_of(m) is not None]


def cells(tables: np.ndarray, weight: float = 1.0, cluster: np.ndarray | None = None) -> Cells:
    groups, k, _ = tables.shape
    g, t, p = (axis.ravel() for axis in np.meshgrid(range(groups), range(k), range(k), indexing="ij"))
    n = tables.ravel().astype(float)
    return Cells(g, t, p, n * weight, n * weight**2, (groups, k), cluster)


@pytest.mark.parametrize("metric", BINARY + OF_ALL, ids=lambda m: m.name)
def test_forms_equal_fairlearn_on_every_resample(metric: Any) -> None:
    k = 2 if metric.scope == "class" else 4
    rng = np.random.default_rng(1)
    tables = rng.integers(5, 60, (3, k, k))
    drawn = draw_tables(cells(tables), 12, rng)
    truth, predicted = (codes.ravel() for codes in np.meshgrid(range(k), range(k), indexing="ij"))
    ours = form_of(metric)(drawn)
    for resample in range(len(drawn)):
        frame = MetricFrame(
            metrics={"it": metric.compute},
            y_true=np.tile(truth, 3),
            y_pred=np.tile(predicted, 3),
            sensitive_features=np.repeat(["a", "b", "c"], k * k),
            sample_params={"it": {"sample_weight": drawn[resample].ravel()}},
        )
        np.testing.assert_allclose(ours[resample], frame.by_group["it"].to_numpy(float), rtol=0, atol=1e-12)


def test_every_form_has_a_library_to_equal() -> None:
    assert {"f1_score", "selection_rate", "precision"} <= {m.name for m in BINARY}
    assert {"accuracy", "balanced_accuracy", "macro_f1", "macro_precision", "worst_class_recall"} <= {
        m.name for m in OF_ALL
    }


@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_the_effective_size_of_a_proportion_is_its_denominator(weight: float) -> None:
    tables = np.array([[[400, 100], [30, 170]], [[40, 10], [5, 15]]])

    def recall(stack: np.ndarray) -> np.ndarray:
        return forms.recalls(stack)[..., 1]

    size, correlation = effective_sizes(cells(tables, weight), recall, 20_000, np.random.default_rng(0))
    # Less one decision: the prior counts for a table of two rows, this metric reads one.
    assert size == pytest.approx([199, 19], rel=0.03)
    assert correlation is None


def test_clusters_drawn_whole_widen_and_tie_groups_together() -> None:
    rng = np.random.default_rng(2)
    hits = rng.beta(2, 2, 60)
    rows = []
    for cluster, chance in enumerate(hits):
        for group in (0, 1):
            k = rng.binomial(10, chance)
            rows += [(group, 1, 1, k, cluster), (group, 1, 0, 10 - k, cluster), (group, 0, 0, 10, cluster)]
    frame = pd.DataFrame(rows, columns=["g", "t", "p", "n", "c"])
    n = frame["n"].to_numpy(float)
    made = Cells(*(frame[name].to_numpy() for name in "gtp"), n, n, (2, 2), frame["c"].to_numpy())
    size, correlation = effective_sizes(made, forms.balanced_accuracy, 4000, np.random.default_rng(3))
    alone, _ = effective_sizes(
        Cells(made.group, made.truth, made.predicted, n, n, (2, 2)), forms.balanced_accuracy, 4000,
        np.random.default_rng(3),
    )  # fmt: skip
    assert (size < 0.6 * alone).all()
    assert correlation is not None
    assert correlation[0, 1] > 0.4


def test_what_was_never_seen_is_not_taken_for_impossible() -> None:
    size, _ = effective_sizes(cells(np.array([[[30, 0], [0, 30]]])), forms.f1_score, 4000, np.random.default_rng(0))
    assert 5 < size[0] < 60


def test_f1_varies_as_much_as_in_many_samples() -> None:
    rng = np.random.default_rng(5)
    chance = np.array([0.5, 0.1, 0.1, 0.3])
    drawn = rng.multinomial(500, chance, 4000).reshape(-1, 1, 2, 2)
    spread = forms.f1_score(drawn[:, 0].astype(float)).std()
    table = (500 * chance).reshape(1, 2, 2).astype(int)
    size, _ = effective_sizes(cells(table), forms.f1_score, 4000, rng)
    value = sm.f1_score([0] * 250 + [0] * 50 + [1] * 50 + [1] * 150, [0] * 250 + [1] * 50 + [0] * 50 + [1] * 150)
    assert np.sqrt(value * (1 - value) / size[0]) == pytest.approx(spread, rel=0.06)
