"""Confident learning: the example worked by hand, planted errors found, and the published formula step by step."""

from __future__ import annotations

import numpy as np
import pytest

from audit.fairness.metrics.label_errors import confident_joint


def published(labels: list[int], p: np.ndarray) -> tuple[list[float], np.ndarray, set[int]]:
    """Equations 1 to 3 of Northcutt, Jiang and Chuang (2021), row by row."""
    classes = p.shape[1]
    t = [np.mean([p[row, j] for row in range(len(labels)) if labels[row] == j]) for j in range(classes)]
    counts, suspected = np.zeros((classes, classes)), set()
    for row, label in enumerate(labels):
        over = [j for j in range(classes) if p[row, j] >= t[j]]
        if over:
            guess = max(over, key=lambda j: p[row, j])
            counts[label, guess] += 1
            suspected |= {row} if guess != label else set()
    rows = counts / counts.sum(1, keepdims=True) * np.bincount(labels, minlength=classes)[:, None]
    return t, rows / rows.sum(), suspected


@pytest.mark.parametrize("classes", [2, 4])
def test_it_is_the_published_formula(classes: int) -> None:
    rng = np.random.default_rng(classes)
    labels = rng.integers(classes, size=300)
    p = rng.dirichlet(np.ones(classes), 300) + 0.5 * np.eye(classes)[labels]
    p /= p.sum(1, keepdims=True)
    t, joint, suspected = published(labels.tolist(), p)
    found = confident_joint(labels, p)
    assert found.thresholds == pytest.approx(t)
    assert found.joint == pytest.approx(joint)
    assert set(np.flatnonzero(found.suspected)) == suspected
    assert found.wrong == pytest.approx(1 - np.trace(joint))


def test_planted_errors_are_found_and_their_share_is_estimated() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=4000)
    p = np.clip(np.where(truth == 1, 0.9, 0.1) + rng.normal(0, 0.05, 4000), 0.01, 0.99)
    labels = truth.copy()
    wrong = rng.random(4000) < 0.08
    labels[wrong] = 1 - labels[wrong]
    found = confident_joint(labels, np.stack([1 - p, p], 1))
    assert found.suspected[wrong].mean() > 0.8
    assert found.suspected[~wrong].mean() < 0.01
    assert found.wrong == pytest.approx(0.08, abs=0.02)


def test_right_labels_are_not_suspected() -> None:
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]])
    found = confident_joint(np.array([0, 0, 1, 1]), p)
    assert not found.suspected.any()
    assert found.wrong == 0.0


def test_a_class_that_is_no_label_is_nobodys() -> None:
    p = np.array([[0.2, 0.2, 0.6], [0.3, 0.6, 0.1], [0.5, 0.2, 0.3]])
    found = confident_joint(np.array([0, 1, 0]), p)
    assert np.isnan(found.thresholds[2])
    assert not found.counts[:, 2].any()
