"""Shapley values: their definition, Captum's, and how far sampled ones are off beside what they say."""

from __future__ import annotations

from itertools import permutations
from math import factorial
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import ShapleyValues
from scipy.special import expit

from audit.explain.integrate.methods import Other
from audit.explain.integrate.shapley import EXACT_UNITS, ShapleySampler
from audit.models.adapter import Encoded


class Toy:
    """A game on masks: log-odds of the second class are `f` of them."""

    differentiable = False
    device = torch.device("cpu")

    def __init__(self, f: Any) -> None:
        self.f, self.asked = f, 0

    def collate(self, items: list[Encoded]) -> torch.Tensor:
        rows = [torch.from_numpy(item.inputs["x"]) for item in items]
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)

    def embed(self, batch: torch.Tensor) -> torch.Tensor:
        return batch

    def baseline(self, items: Any, batch: torch.Tensor, kind: str) -> torch.Tensor:
        return torch.zeros_like(batch)

    def by_element(self, values: torch.Tensor, batch: torch.Tensor) -> torch.Tensor:
        return values

    def erase(self, items: Any, batch: torch.Tensor, kind: str, units: Any) -> torch.Tensor:
        out = batch.clone()
        for row, chosen in enumerate(units):
            out[row, list(chosen)] = 0.0
        return out

    def logits(self, batch: torch.Tensor, embedded: torch.Tensor | None = None) -> torch.Tensor:
        x = batch if embedded is None else embedded
        self.asked += len(x)
        z = torch.tensor([float(self.f(row.double().numpy())) for row in x])
        return torch.stack([torch.zeros(len(x)), z], 1)


def items(x: np.ndarray) -> list[Encoded]:
    n = x.shape[1]
    places = np.arange(2 * n, dtype=np.int32).reshape(n, 2)
    return [Encoded({"x": row.astype(np.float32)}, np.arange(n, dtype=np.int32), places, False) for row in x]


def sampler(f: Any, **more: Any) -> ShapleySampler:
    return ShapleySampler(Toy(f), baseline="zero", budget=4096, **more)  # type: ignore[arg-type]


def by_definition(f: Any, x: np.ndarray, scale: str) -> np.ndarray:
    """Mean of what each unit adds, over all orders."""
    out = np.zeros(len(x))
    for order in permutations(range(len(x))):
        at = np.zeros_like(x)
        before = f(at)
        for unit in order:
            at[unit] = x[unit]
            after = f(at)
            out[unit] += expit(after) - expit(before) if scale == "probability" else after - before
            before = after
    return out / factorial(len(x))


def knotty(x: np.ndarray) -> float:
    """Units that help, hinder and cancel each other."""
    return float(2 * x[0] - x[1] + 3 * x[0] * x[2] - 2 * x[1] * x[3] * x[4] + 1.5 * np.tanh(x.sum()))


@pytest.mark.parametrize("scale", ["probability", "log_odds"])
def test_few_units_are_exact(scale: str) -> None:
    x = np.random.default_rng(0).normal(size=(4, 5))
    found, spent = sampler(knotty, scale=scale).attribute(items(x), [1] * 4)
    for row, item in zip(x, found, strict=True):
        assert np.allclose(item.values, by_definition(knotty, row.astype(np.float32), scale), atol=1e-5)
        assert item.estimated_error == 0
        assert item.calls == 2**5
        assert item.converged(0.05)
    assert spent["calls"] == 4 * 2**5


def test_captum_says_the_same() -> None:
    x = np.random.default_rng(1).normal(size=(1, 6))
    (found,), _ = sampler(knotty, scale="log_odds").attribute(items(x), [1])
    toy = Toy(knotty)
    captum = ShapleyValues(lambda given: toy.logits(given)[:, 1] - toy.logits(given)[:, 0])
    theirs = captum.attribute(torch.tensor(x, dtype=torch.float32))[0].numpy()
    assert np.allclose(found.values, theirs, atol=1e-5)


def test_sampled_by_captum_beside_it() -> None:
    x = np.random.default_rng(2).normal(size=(1, 14))
    adapter = Toy(wide)
    (found,), _ = sampler(wide, scale="log_odds", tolerance=0.01, most_calls=100_000).attribute(items(x), [1])
    theirs = Other(adapter, "zero", "log_odds", seed=3).attribute(items(x)[0], 1, "shapley")  # type: ignore[arg-type]
    assert np.corrcoef(found.values, theirs)[0, 1] > 0.9


def wide(x: np.ndarray) -> float:
    """Neighbours matter in twos and threes beside each by itself; a pair of orders alone settles twos, not threes."""
    return float(0.7 * x.sum() + (x[1:] * x[:-1]).sum() + 1.5 * (x[2:] * x[1:-1] * x[:-2]).sum())


def truth(x: np.ndarray) -> np.ndarray:
    """Shapley values of `wide` in log-odds: a product is shared alike by those in it."""
    out = 0.7 * x
    twos, threes = x[1:] * x[:-1] / 2, 1.5 * x[2:] * x[1:-1] * x[:-2] / 3
    for shift in (0, 1):
        out[shift : shift + len(twos)] += twos
    for shift in (0, 1, 2):
        out[shift : shift + len(threes)] += threes
    return out


def test_sampled_values_are_within_the_error_that_they_state() -> None:
    # In 60 decisions, an error that holds in nineteen of twenty is exceeded nine times with a probability of .001.
    x = np.random.default_rng(4).normal(size=(60, EXACT_UNITS + 7)).astype(np.float32).astype(float)
    found, _ = sampler(wide, scale="log_odds", tolerance=0.1, most_calls=1500).attribute(items(x), [1] * 60)
    off = [np.abs(item.values - truth(row)).sum() for row, item in zip(x, found, strict=True)]
    assert sum(error > item.estimated_error for error, item in zip(off, found, strict=True)) <= 8
    assert all(item.estimated_error > 0 for item in found)
    # What is shared out is exact in every order.
    assert max(abs(item.convergence_delta) for item in found) < 1e-4


def test_it_goes_on_until_the_tolerance_is_kept_or_the_budget_is_spent() -> None:
    x = np.random.default_rng(5).normal(size=(6, 20))
    loose, _ = sampler(wide, tolerance=0.5).attribute(items(x), [1] * 6)
    tight, _ = sampler(wide, tolerance=0.1, most_calls=50_000).attribute(items(x), [1] * 6)
    poor, _ = sampler(wide, tolerance=0.001, most_calls=400).attribute(items(x), [1] * 6)
    assert all(item.converged(0.1) for item in tight)
    assert sum(item.calls for item in tight) > sum(item.calls for item in loose)
    assert all(item.calls <= 400 for item in poor)
    assert not any(item.converged(0.001) for item in poor)


def test_all_sets_are_asked_about_once_that_is_cheaper_than_further_orders() -> None:
    x = np.random.default_rng(6).normal(size=(1, EXACT_UNITS + 1))
    (found,), _ = sampler(wide, scale="log_odds", tolerance=1e-4).attribute(items(x), [1])
    assert found.calls == 2 ** (EXACT_UNITS + 1)
    assert np.allclose(found.values, truth(x[0]), atol=1e-4)


def test_a_decision_is_explained_alike_in_any_company() -> None:
    x = np.random.default_rng(7).normal(size=(5, 13))
    together, _ = sampler(wide, seed=1).attribute(items(x), [1] * 5)
    backwards, _ = sampler(wide, seed=1).attribute(items(x[::-1]), [1] * 5)
    other, _ = sampler(wide, seed=2).attribute(items(x), [1] * 5)
    for one, two, three in zip(together, backwards[::-1], other, strict=True):
        assert np.array_equal(one.values, two.values)
        assert not np.array_equal(one.values, three.values)


def test_units_that_say_nothing_cost_nothing() -> None:
    x = np.random.default_rng(8).normal(size=(1, 30))
    x[0, 3:] = 0.0
    (found,), _ = sampler(wide).attribute(items(x), [1])
    assert found.calls == 2**3
    assert not found.values[3:].any()
    (nothing,), _ = sampler(wide).attribute(items(np.zeros((1, 4))), [1])
    assert (nothing.calls, nothing.contrast) == (1, 0.0)


def test_saturated_probabilities_are_explained_in_log_odds() -> None:
    def sure(x: np.ndarray) -> float:
        return 20 + float(x.sum())

    x = np.full((1, 4), 2.0)
    (found,), _ = sampler(sure, least_contrast=0.05).attribute(items(x), [1])
    assert found.scale == "log_odds"
    assert np.allclose(found.values, 2.0, atol=1e-4)


@pytest.mark.parametrize("units", [4, 14])
def test_what_is_not_finite_fails(units: int) -> None:
    def broken(x: np.ndarray) -> float:
        return float("nan") if 0 < np.count_nonzero(x) < len(x) else float(x.sum())

    (found,), _ = sampler(broken).attribute(items(np.ones((1, units))), [1])
    assert not np.isfinite(found.convergence_delta)
    assert not found.converged(0.05)


def test_where_only_means_are_wanted_single_decisions_may_be_less_exact() -> None:
    x = np.random.default_rng(9).normal(size=(40, 9))
    exact, spent = sampler(wide, scale="log_odds").attribute(items(x), [1] * 40)
    rough, less = sampler(wide, scale="log_odds").attribute(items(x), [1] * 40, together=True)
    assert less["calls"] < spent["calls"]
    error = sum(item.estimated_error for item in rough)
    assert error <= 0.05 * sum(item.mass for item in rough)
    assert sum(np.abs(a.values - b.values).sum() for a, b in zip(rough, exact, strict=True)) <= error
