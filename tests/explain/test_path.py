"""Toy models whose integrated gradients are known in closed form, and real architectures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from audit.config import ModelConfig
from audit.explain.integrate import path as path_module
from audit.explain.integrate.attribution import Attribution
from audit.explain.integrate.path import PathIntegrator
from audit.explain.integrate.score import score
from audit.models.adapter import Encoded
from audit.models.embedding_model import TokenBatch
from audit.models.text_classification import TextClassification
from tests.conftest import make_texts

F = Callable[[torch.Tensor], torch.Tensor]


class Toy:
    """An adapter whose embedding of token i is the number i / 10, and whose F is given. The baseline is zero."""

    classes = ("a", "b")
    device = torch.device("cpu")

    def __init__(self, f: F) -> None:
        self._f = f
        self.calls: list[int] = []

    def collate(self, encoded: Sequence[Encoded]) -> TokenBatch:
        width = max(item.length for item in encoded)
        ids = torch.zeros(len(encoded), width, dtype=torch.long)
        for row, item in enumerate(encoded):
            ids[row, : item.length] = torch.from_numpy(item.inputs["ids"])
        return TokenBatch(ids, None, None)

    def by_element(self, values: torch.Tensor, batch: TokenBatch) -> torch.Tensor:
        return values.sum(-1)

    def embed(self, batch: TokenBatch) -> torch.Tensor:
        return batch.ids.double().unsqueeze(-1) / 10

    def baseline(self, encoded: Sequence[Encoded], batch: TokenBatch, kind: str) -> torch.Tensor:
        return torch.zeros_like(self.embed(batch))

    def logits(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        self.calls.append(len(batch.ids))
        x = self.embed(batch) if embedded is None else embedded
        return self._f(x.squeeze(-1)).unsqueeze(1)


def item(*ids: int) -> Encoded:
    places = np.zeros((len(ids), 2), np.int32)
    return Encoded({"ids": np.array(ids)}, np.arange(len(ids), dtype=np.int32), places, truncated=False)


def attribute(f: F, *items: Encoded, target: int = 1, scale: str = "log_odds", **more: Any) -> list[Attribution]:
    engine = PathIntegrator(Toy(f), baseline="zero", budget=64, scale=scale, **more)  # type: ignore[arg-type]
    return engine.attribute(list(items), [target] * len(items))[0]


@pytest.fixture
def raw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what a toy returns for the log-odds."""
    monkeypatch.setattr(
        path_module, "score", lambda logits, target, scale: logits[:, 0] * torch.where(target == 1, 1.0, -1.0)
    )


@pytest.mark.usefixtures("raw")
class TestClosedForms:
    def test_linear(self) -> None:
        weights = torch.tensor([1.0, -2.0, 3.0], dtype=torch.double)
        (found,) = attribute(lambda x: x @ weights, item(5, 5, 10))
        np.testing.assert_allclose(found.values, [0.5, -1.0, 3.0], atol=1e-6)
        assert found.convergence_delta == pytest.approx(0, abs=1e-6)
        assert (found.gradients, found.converged(0.05)) == (5, True)

    def test_signs_follow_the_target_class(self) -> None:
        (found,) = attribute(lambda x: x.sum(1), item(2, 4), target=0)
        np.testing.assert_allclose(found.values, [-0.2, -0.4], atol=1e-6)

    def test_product_shares_equally(self) -> None:
        # F = x·y along t·(a, b): each gets ∫ t·ab dt = ab/2.
        (found,) = attribute(lambda x: x[:, 0] * x[:, 1], item(6, 8))
        np.testing.assert_allclose(found.values, [0.24, 0.24], atol=1e-6)

    def test_quadratic_and_padding_gets_nothing(self) -> None:
        short, long = attribute(lambda x: (x**2).sum(1), item(3), item(4, 5, 6))
        np.testing.assert_allclose(short.values, [0.09], atol=1e-6)
        np.testing.assert_allclose(long.values, [0.16, 0.25, 0.36], atol=1e-6)

    def test_sigmoid_splits_by_weight(self) -> None:
        weights = torch.tensor([4.0, -1.0], dtype=torch.double)
        (found,) = attribute(lambda x: torch.sigmoid(x @ weights), item(10, 10), tolerance=1e-4)
        total = 1 / (1 + np.exp(-3.0)) - 0.5
        np.testing.assert_allclose(found.values, [total * 4 / 3, -total / 3], atol=1e-4)

    @pytest.mark.parametrize("steep", [1.0, 8.0, 20.0])
    def test_a_probability_of_linear_log_odds_splits_by_weight(self, steep: float) -> None:
        # All that bends is the squashing, which is known: no more than the first nodes are needed, however steep.
        weights = steep * torch.tensor([3.0, -1.0], dtype=torch.double)
        (found,) = attribute(lambda x: x @ weights - steep, item(10, 10), scale="probability", tolerance=0.01)
        total = 1 / (1 + np.exp(-steep)) - 1 / (1 + np.exp(steep))
        assert found.contrast == pytest.approx(total, abs=1e-6)
        np.testing.assert_allclose(found.values, [total * 1.5, -total * 0.5], rtol=0.01)
        assert found.gradients < (6 if steep < 9 else 12)

    @pytest.mark.parametrize("at", [0.2, 0.61])
    def test_a_probability_of_log_odds_that_jump(self, at: float) -> None:
        # p = σ(12·σ(40(s − a)) − 6) with s = (3x + y)/4: by symmetry of the path three quarters are x's.
        weights = torch.tensor([3.0, 1.0], dtype=torch.double)

        def z(x: torch.Tensor) -> torch.Tensor:
            return 12 * torch.sigmoid(40 * (x @ weights / 4 - at)) - 6

        (found,) = attribute(z, item(10, 10), scale="probability")
        np.testing.assert_allclose(found.values, [0.75 * found.contrast, 0.25 * found.contrast], atol=0.05)
        assert found.converged(0.05)

    @pytest.mark.parametrize("at", [0.13, 0.5, 0.73, 0.9])
    @pytest.mark.parametrize("steep", [20, 100])
    def test_a_jump_anywhere_on_the_path_is_found(self, at: float, steep: int) -> None:
        weights = torch.tensor([3.0, 1.0], dtype=torch.double)
        (found,) = attribute(lambda x: torch.sigmoid(steep * (x @ weights / 4 - at)), item(10, 10))
        contrast = 1 / (1 + np.exp(-steep * (1 - at))) - 1 / (1 + np.exp(steep * at))
        assert found.converged(0.05)
        np.testing.assert_allclose(found.values, [0.75 * contrast, 0.25 * contrast], atol=0.05 * abs(contrast))
        assert found.gradients > 5

    def test_errors_that_cancel_in_the_sum_are_seen(self) -> None:
        # The two tokens' parts rise and fall in the middle of the path, and F does not move at all.
        def f(x: torch.Tensor) -> torch.Tensor:
            bump = torch.sigmoid(60 * (x[:, 0] - 0.53))
            return bump - torch.sigmoid(60 * (x[:, 1] - 0.53)) + 0.1 * x[:, 2]

        (found,) = attribute(f, item(10, 10, 10))
        assert found.converged(0.05)
        np.testing.assert_allclose(found.values, [1.0, -1.0, 0.1], atol=0.06)

    def test_a_step_beyond_the_budget_is_seen_as_not_converged(self) -> None:
        (found,) = attribute(lambda x: torch.sigmoid(4000 * (x.sum(1) - 0.73)), item(10), most_gradients=13)
        assert not found.converged(0.05)
        assert found.gradients <= 13

    def test_a_step_between_any_two_nodes_is_given_up(self) -> None:
        # A jump without any slope: halving goes on until nodes are hardly told apart, and no further.
        (found,) = attribute(lambda x: x.sum(1) + (x[:, 0] > 0.3).double(), item(10))
        assert not found.converged(0.05)
        assert found.gradients < 25

    def test_what_fools_the_rule(self) -> None:
        """Two opposite spikes between all nodes, in parts that cancel: nothing at the nodes tells of them."""

        def spike(x: torch.Tensor) -> torch.Tensor:
            return torch.sigmoid(4000 * (x - 0.06)) - torch.sigmoid(4000 * (x - 0.065))

        def f(x: torch.Tensor) -> torch.Tensor:
            return x.sum(1) + 5 * (spike(x[:, 0]) * x[:, 1])

        (found,) = attribute(f, item(10, 10))
        assert found.converged(0.05)
        np.testing.assert_allclose(found.values, [1.0, 1.0], atol=1e-3)

    def test_nothing_is_computed_twice_and_only_the_unfinished_go_on(self) -> None:
        toy = Toy(lambda x: torch.sigmoid(30 * (x.sum(1) - 0.6)))
        engine = PathIntegrator(toy, baseline="zero", budget=512, scale="log_odds")  # type: ignore[arg-type]
        (hard, easy), spent = engine.attribute([item(5, 5), item(1, 1, 1)], [1, 1])
        assert easy.gradients == 5
        assert hard.gradients > 5
        assert sum(toy.calls) == spent["gradients"] == hard.gradients + easy.gradients

    def test_a_nan_is_no_explanation_and_stops_at_once(self) -> None:
        (found,) = attribute(lambda x: x.sum(1) * float("nan"), item(3))
        assert not np.isfinite(found.convergence_delta)
        assert found.gradients == 5

    def test_a_model_that_ignores_its_input(self) -> None:
        (found,) = attribute(lambda x: x.sum(1) * 0 + 0.7, item(3, 4))
        assert found.contrast == 0
        assert (found.values == 0).all()


def test_scores() -> None:
    logits = torch.tensor([[2.0, 0.5, -1.0]], dtype=torch.double)
    p = logits.softmax(1)[0]
    for cls in range(3):
        target = torch.tensor([cls])
        assert score(logits, target, "probability").item() == pytest.approx(p[cls].item())
        assert score(logits, target, "log_odds").item() == pytest.approx(torch.logit(p[cls]).item())


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "deberta", "llama", "gpt2"])
@pytest.mark.parametrize("scale", ["probability", "log_odds"])
def test_batched_equals_single_and_dense_integration(checkpoints: dict[str, Path], family: str, scale: str) -> None:
    adapter = TextClassification.load(ModelConfig(path=checkpoints[family], device="cpu"))
    kind = adapter.baseline_kind("auto")
    encoded = adapter.encode(make_texts(6, seed=4))
    targets = [0, 1, 0, 1, 0, 1]

    def engine(budget: int, tolerance: float = 0.05, most: int = 129) -> PathIntegrator:
        return PathIntegrator(
            adapter, baseline=kind, budget=budget, tolerance=tolerance, scale=scale, most_gradients=most
        )

    def apart(one: Attribution, other: Attribution) -> float:
        return float(np.abs(one.values - other.values).sum() / max(np.abs(one.values).sum(), 0.2))

    same_nodes, _ = engine(2000, most=5).attribute(encoded, targets)
    together, _ = engine(2000).attribute(encoded, targets)
    strictly = 0
    for i in range(6):
        (alone,), _ = engine(1, most=5).attribute([encoded[i]], [targets[i]])
        assert apart(same_nodes[i], alone) <= 1e-5
        # Of two gaps in equal need, rounding may choose: then the nodes are others, and the tolerance is what holds.
        (alone,), _ = engine(1).attribute([encoded[i]], [targets[i]])
        assert apart(together[i], alone) <= 0.01
        strictly += apart(together[i], alone) <= 1e-5
        (dense,), _ = engine(2000, 1e-5).attribute([encoded[i]], [targets[i]])
        assert np.abs(dense.values - alone.values).sum() <= max(0.05 * np.abs(alone.values).sum(), 2e-3)
    assert strictly >= 5


def test_coarser_gradients_are_near(checkpoints: dict[str, Path]) -> None:
    adapter = TextClassification.load(ModelConfig(path=checkpoints["bert"], device="cpu"))
    encoded = adapter.encode(make_texts(4, seed=5))
    found = {
        precision: PathIntegrator(adapter, baseline="mask", budget=500, precision=precision).attribute(
            encoded, [1] * 4
        )[0]
        for precision in ("float32", "tf32", "bf16")
    }
    for exact, coarse, same in zip(found["float32"], found["bf16"], found["tf32"], strict=True):
        assert np.abs(exact.values - coarse.values).sum() < 0.2 * np.abs(exact.values).sum() + 1e-3
        np.testing.assert_allclose(exact.values, same.values)
        # What a decision is, and its contrast, are computed in float32 all the same.
        assert (coarse.f_input, coarse.f_baseline) == pytest.approx((exact.f_input, exact.f_baseline), abs=1e-6)
