"""Toy models whose integrated gradients are known in closed form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from audit.config import ModelConfig
from audit.explain.explanations import state
from audit.explain.integrated_gradients import Attribution, IntegratedGradients
from audit.models.adapter import Batch, Encoded
from audit.models.text_classification import TextClassification
from tests.conftest import make_texts


class Toy:
    """An adapter whose embedding of token i is the number i, and whose F is given. The baseline is zero."""

    classes = ("a", "b")

    def __init__(self, f: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self._f = f

    def collate(self, encoded: Sequence[Encoded]) -> Batch:
        width = max(item.length for item in encoded)
        ids = torch.zeros(len(encoded), width, dtype=torch.long)
        for row, item in enumerate(encoded):
            ids[row, : item.length] = torch.from_numpy(item.ids)
        return Batch(ids, None, None)

    def embed(self, batch: Batch) -> torch.Tensor:
        return batch.ids.double().unsqueeze(-1) / 10

    def baseline(self, encoded: Sequence[Encoded], batch: Batch, kind: str) -> torch.Tensor:
        return torch.zeros_like(self.embed(batch))

    def probability(self, embedded: torch.Tensor, batch: Batch, target: torch.Tensor) -> torch.Tensor:
        return self._f(embedded.squeeze(-1)) * torch.where(target == 1, 1.0, -1.0)


def item(*ids: int) -> Encoded:
    none = np.zeros(len(ids), bool)
    return Encoded(np.array(ids), None, np.zeros((len(ids), 2), np.int32), none, truncated=False)


def attribute(f: Callable[[torch.Tensor], torch.Tensor], *items: Encoded, n_steps: int = 16, target: int = 1) -> list:
    engine = IntegratedGradients(Toy(f), n_steps=n_steps, baseline="zero", budget=64)  # type: ignore[arg-type]
    return engine.attribute(list(items), [target] * len(items))[0]


def test_linear() -> None:
    weights = torch.tensor([1.0, -2.0, 3.0], dtype=torch.double)
    (found,) = attribute(lambda x: x @ weights, item(5, 5, 10), n_steps=1)
    np.testing.assert_allclose(found.values, [0.5, -1.0, 3.0], atol=1e-6)
    assert found.convergence_delta == pytest.approx(0, abs=1e-6)


def test_signs_follow_the_target_class() -> None:
    (found,) = attribute(lambda x: x.sum(1), item(2, 4), target=0)
    np.testing.assert_allclose(found.values, [-0.2, -0.4], atol=1e-6)


def test_product_shares_equally() -> None:
    # F = x·y along t·(a, b): each gets ∫ t·ab dt = ab/2.
    (found,) = attribute(lambda x: x[:, 0] * x[:, 1], item(6, 8))
    np.testing.assert_allclose(found.values, [0.24, 0.24], atol=1e-6)


def test_quadratic_and_padding_gets_nothing() -> None:
    short, long = attribute(lambda x: (x**2).sum(1), item(3), item(4, 5, 6))
    np.testing.assert_allclose(short.values, [0.09], atol=1e-6)
    np.testing.assert_allclose(long.values, [0.16, 0.25, 0.36], atol=1e-6)


def test_sigmoid_splits_by_weight() -> None:
    weights = torch.tensor([4.0, -1.0], dtype=torch.double)
    (found,) = attribute(lambda x: torch.sigmoid(x @ weights), item(10, 10), n_steps=32)
    total = 1 / (1 + np.exp(-3.0)) - 0.5
    np.testing.assert_allclose(found.values, [total * 4 / 3, -total / 3], atol=1e-6)


def test_a_step_on_the_path_is_seen_as_not_converged() -> None:
    (found,) = attribute(lambda x: torch.sigmoid(400 * (x.sum(1) - 0.73)), item(10), n_steps=4)
    assert abs(found.convergence_delta) > 0.05 * abs(found.contrast)
    assert state(found, 0.05) == "not_converged"


@pytest.mark.parametrize(
    ("phi", "f_input", "f_baseline", "expected"),
    [
        ([0.3, 0.1], 0.9, 0.5, "converged"),
        ([0.3, 0.0], 0.9, 0.5, "not_converged"),
        ([0.01], 0.51, 0.5, "no_contrast"),
        ([float("nan")], 0.9, 0.5, "failed"),
    ],
)
def test_states(phi: list[float], f_input: float, f_baseline: float, expected: str) -> None:
    assert state(Attribution(np.array(phi, np.float32), f_input, f_baseline), 0.05) == expected


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
def test_batched_equals_single_and_many_steps_are_complete(checkpoints: dict[str, Path], family: str) -> None:
    adapter = TextClassification.load(ModelConfig(path=checkpoints[family], device="cpu"))
    encoded = adapter.encode(make_texts(6, seed=4))
    targets = [0, 1, 0, 1, 0, 1]

    def run(budget: int, n_steps: int) -> list[Attribution]:
        engine = IntegratedGradients(adapter, n_steps=n_steps, baseline="mask", budget=budget)
        return engine.attribute(encoded, targets)[0]

    batched, single, many = run(100_000, 32), run(1, 32), run(100_000, 300)
    for ours, alone, truth, one in zip(batched, single, many, encoded, strict=True):
        scale = np.abs(alone.values).sum()
        assert np.abs(ours.values - alone.values).sum() <= 1e-5 * scale
        assert abs(truth.convergence_delta) <= max(5e-3 * abs(truth.contrast), 1e-6)
        assert np.abs(ours.values[one.special]).max() == 0


def test_gradients_are_counted() -> None:
    engine = IntegratedGradients(Toy(lambda x: x.sum(1)), n_steps=8, baseline="zero", budget=32)  # type: ignore[arg-type]
    _, spent = engine.attribute([item(1, 2), item(3, 4), item(5)], [1, 1, 1])
    assert spent == {"gradients": 24, "endpoint_forwards": 6, "gradient_batches": 2}
