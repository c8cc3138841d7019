"""Steep and saturated models, and means over many decisions: what converges there, and on which scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from audit.explain.integrate import path as path_module
from audit.explain.integrate.attribution import Attribution
from audit.explain.integrate.path import PathIntegrator
from audit.explain.integrate.refining import LEAST_LOG_ODDS
from tests.explain.test_path import F, Toy, item


@pytest.fixture(autouse=True)
def raw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what a toy returns for the log-odds."""
    monkeypatch.setattr(
        path_module, "score", lambda logits, target, scale: logits[:, 0] * torch.where(target == 1, 1.0, -1.0)
    )


def net(seed: int, steep: float) -> F:
    """Bent log-odds of eight inputs, rising by a few units along the path, times `steep`."""
    rng = np.random.default_rng(seed)
    first, bias = torch.tensor(rng.normal(size=(8, 6)) * 1.5), torch.tensor(rng.normal(size=6))
    second, offset = torch.tensor(rng.normal(size=6)), float(rng.normal())
    return lambda x: steep * (torch.tanh(x @ first + bias) @ second + offset)


def attribute(f: F, *, together: bool = False, inputs: int = 1, **more: Any) -> list[Attribution]:
    engine = PathIntegrator(Toy(f), baseline="zero", budget=512, **more)  # type: ignore[arg-type]
    items = [item(*(5 + (np.arange(8) * (i + 3)) % 7)) for i in range(inputs)]
    return engine.attribute(items, [1] * inputs, together=together)[0]


def truth(f: F) -> np.ndarray[Any, Any]:
    """Gauss's rule on 200 equal parts, two nodes each."""
    x = torch.tensor((5 + (np.arange(8) * 3) % 7) / 10)
    parts = (
        torch.arange(200).double().view(-1, 1) + torch.tensor([0.5 - 3**-0.5 / 2, 0.5 + 3**-0.5 / 2])
    ).ravel() / 200
    at = (parts.view(-1, 1) * x).requires_grad_()
    (gradient,) = torch.autograd.grad(torch.sigmoid(f(at)).sum(), at)
    return np.asarray((gradient * x).mean(0).numpy())


@pytest.mark.parametrize("steep", [1.0, 8.0, 30.0])
def test_converged_is_true_however_steep(steep: float) -> None:
    false = with_contrast = 0
    for seed in range(60):
        f = net(seed, steep)
        (found,) = attribute(f)
        if abs(found.contrast) < 0.05:
            continue
        with_contrast += 1
        exact = truth(f)
        false += found.converged(0.05) and np.abs(found.values - exact).sum() > 0.05 * np.abs(exact).sum()
    assert with_contrast > 15
    assert false <= 1


def test_log_odds_where_probabilities_are_saturated() -> None:
    (found,) = attribute(lambda x: 20 + x.sum(1), least_contrast=0.05)
    assert found.scale == "log_odds"
    assert found.contrast == pytest.approx(float(found.values.sum()), abs=1e-5)
    assert found.contrast > LEAST_LOG_ODDS
    assert found.converged(0.05)
    assert found.gradients == 5
    (asked_not_to,) = attribute(lambda x: 20 + x.sum(1))
    assert asked_not_to.scale == "probability"
    (contrasting,) = attribute(lambda x: x.sum(1), least_contrast=0.05)
    assert contrasting.scale == "probability"
    (deaf,) = attribute(lambda x: 20 + 0.01 * x.sum(1), least_contrast=0.05)
    assert deaf.scale == "probability"


def test_means_take_fewer_gradients_and_keep_their_tolerance() -> None:
    fewer = more = 0
    for seed in range(12):
        f = net(seed, 3.0)
        alone, rough = attribute(f, inputs=20), attribute(f, inputs=20, together=True)
        more += sum(found.gradients for found in alone)
        fewer += sum(found.gradients for found in rough)
        whole = sum(float(np.abs(found.values).sum()) for found in alone)
        off = np.abs(np.sum([a.values - b.values for a, b in zip(alone, rough, strict=True)], axis=0)).sum()
        assert off <= 0.1 * whole
    assert fewer < more
