"""Verification by intervention, on models whose words act one by one: what is true passes, and what is not does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import binom

from audit.explain.integrate.attribution import Attribution
from audit.explain.verify.erasing import ErasedCase, Eraser
from audit.explain.verify.faithfulness import (
    BY_LUCK,
    FIRST_HALVES,
    LEAST_AGREEMENT,
    MOST_SIGNED,
    Faithfulness,
    examine,
    needed_agreement,
    sizes,
)
from audit.explain.verify.outcome import Thresholds, verdict
from audit.models.adapter import Encoded, elements_of
from audit.models.embedding_model import TokenBatch

Floats = np.ndarray[Any, Any]
LENGTHS = (5, 7, 11, 14, 25, 60)


class Bag:
    """Log-odds are the sum of the tokens' weights and a bias; erased tokens weigh nothing."""

    classes = ("no", "yes")
    device = torch.device("cpu")

    def __init__(self, weights: Sequence[float], bias: float = 0.0) -> None:
        self._weights, self._bias = torch.tensor([0.0, *weights], dtype=torch.double), bias
        self.rows = 0

    def collate(self, encoded: Sequence[Encoded]) -> TokenBatch:
        width = max(item.length for item in encoded)
        ids = torch.zeros(len(encoded), width, dtype=torch.long)
        for row, item in enumerate(encoded):
            ids[row, : item.length] = torch.from_numpy(item.inputs["ids"])
        return TokenBatch(ids, None, None)

    def by_element(self, values: torch.Tensor, batch: TokenBatch) -> torch.Tensor:
        return values.sum(-1)

    def embed(self, batch: TokenBatch) -> torch.Tensor:
        return self._weights[batch.ids].unsqueeze(-1)

    def baseline(self, encoded: Sequence[Encoded], batch: TokenBatch, kind: str) -> torch.Tensor:
        return torch.zeros_like(self.embed(batch))

    def erase(self, encoded: Sequence[Encoded], batch: TokenBatch, kind: str, units: Sequence[Any]) -> torch.Tensor:
        erased = elements_of(encoded, units, batch.ids.shape[1]).unsqueeze(-1)
        return torch.where(erased, self.baseline(encoded, batch, kind), self.embed(batch))

    def logits(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        self.rows += len(batch.ids)
        x = self.embed(batch) if embedded is None else embedded
        total = x.squeeze(-1).sum(1) + self._bias
        return torch.stack([torch.zeros_like(total), total], 1)


def item(n: int, words: Sequence[int] | None = None) -> Encoded:
    codes = np.arange(n) if words is None else np.array(words)
    places = np.zeros((codes.max(initial=-1) + 1, 2), np.int32)
    return Encoded({"ids": np.arange(1, n + 1)}, codes.astype(np.int32), places, truncated=False)


def sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def examined(
    weights: Sequence[float], phi: Sequence[float], *, bias: float = 0.0, scale: str = "probability", seed: int = 0
) -> Faithfulness:
    model = Bag(weights, bias)
    eraser = Eraser(model, baseline="zero", budget=512, scale="log_odds")  # type: ignore[arg-type]
    target = int(sum(weights) + bias > 0)
    sign = 1 if target else -1
    case = ErasedCase(item(len(weights)), target, np.array(phi, np.float32) * sign, 0.0)
    (found,) = examine(eraser, [case], [scale], interventions=48, seeds=[seed])
    return found


def outcome(weights: Floats, phi: Floats, **more: Any) -> str:
    """What becomes of an explanation that converged."""
    whole = Attribution(np.array([0.5], np.float32), 0.9, 0.4, 0.0, 5)
    return verdict(whole, examined(list(weights), list(phi), **more), 1.0, Thresholds())[0]


def bag(n: int, rng: np.random.Generator) -> Floats:
    return rng.normal(size=n)


def keyword(n: int, rng: np.random.Generator) -> Floats:
    weights = np.zeros(n)
    weights[rng.integers(n)] = 4.0
    return weights


def half_noise(weights: Floats, rng: np.random.Generator) -> Floats:
    noise = rng.normal(size=len(weights))
    return weights / np.linalg.norm(weights) + noise / np.linalg.norm(noise)


def explained(
    make: Callable[[int, np.random.Generator], Floats], explain: Callable[[Floats, np.random.Generator], Floats], n: int
) -> int:
    """Of forty decisions."""
    found = 0
    for seed in range(40):
        rng = np.random.default_rng([seed, n])
        weights = make(n, rng)
        found += (
            outcome(weights, explain(weights, rng), bias=-0.2 if make is keyword else 0.0, seed=seed) == "explained"
        )
    return found


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("make", [bag, keyword])
def test_the_truth_is_explained_at_every_length(make: Any, n: int) -> None:
    assert explained(make, lambda weights, _: weights, n) >= 38


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("make", [bag, keyword])
@pytest.mark.parametrize("explain", [half_noise, lambda weights, rng: rng.normal(size=len(weights))])
def test_neither_half_noise_nor_chance_is_explained(make: Any, explain: Any, n: int) -> None:
    found = explained(make, explain, n)
    assert binom.sf(found - 1, 40, 0.05) > 0.005


@pytest.mark.parametrize("n", LENGTHS)
def test_numbers_without_their_signs_are_not_explained(n: int) -> None:
    wrong = 0
    for seed in range(40):
        weights = bag(n, np.random.default_rng([seed, n, 3]))
        mass = np.abs(weights[weights < 0]).sum() / np.abs(weights).sum()
        if 0.1 < mass < 0.9:
            wrong += outcome(weights, np.abs(weights) * np.sign(weights.sum()), seed=seed) == "explained"
    assert wrong <= 1


def test_comprehensiveness_and_sufficiency_are_erasers() -> None:
    weights = [2.0, 1.0, -0.5, 0.2, 0.1, 0.0, -0.1, 0.3, 0.4, -0.2]
    found = examined(weights, weights)
    ordered, total = sorted(weights, reverse=True), sum(weights)
    cuts = [1, 1, 1, 2, 5]
    assert sizes(10) == cuts
    falls = [sigmoid(total) - sigmoid(total - sum(ordered[:cut])) for cut in cuts]
    kept = [sigmoid(total) - sigmoid(sum(ordered[:cut])) for cut in cuts]
    assert found.comprehensiveness == pytest.approx(np.mean(falls))
    assert found.sufficiency == pytest.approx(np.mean(kept))
    raw = examined(weights, weights, scale="log_odds")
    assert raw.comprehensiveness == pytest.approx(np.mean([sum(ordered[:cut]) for cut in cuts]))


def test_named_words_are_the_fewest_that_carry_it() -> None:
    found = examined([3.0, 2.0, 0.4, 0.1, -1.0, 0.0, 0.0, 0.0], [3.0, 2.0, 0.4, 0.1, -1.0, 0.0, 0.0, 0.0])
    assert found.named == 2
    assert found.removed == pytest.approx(5 / 4.5)
    assert (found.wrong_signs, found.sufficient) == (0.0, True)
    assert found.followed == pytest.approx(1.0)


def test_an_input_that_speaks_against_its_class_is_read_in_that_direction() -> None:
    weights = [-1.0, -0.5, 0.2, 0.0, 0.0, 0.0]
    found = examined(weights, weights, bias=2.0)
    assert found.named == 2
    assert found.removed == pytest.approx(1.5 / 1.3)
    assert found.sufficient is None


def test_what_fails_early_or_is_settled_asks_the_model_less() -> None:
    weights = [2.0, 1.5, 1.0, 0.5, 0.2, 0.1, 0.1, 0.1, 0.3, 0.7]
    right, wrong = examined(weights, weights), examined(weights, [-w for w in weights])
    assert wrong.forwards <= FIRST_HALVES + 4
    # All halves alone would be 48; signs and shares come on top for what passes.
    assert wrong.forwards < right.forwards < 48
    assert wrong.wrong_signs is None
    assert wrong.followed == pytest.approx(-1.0)
    assert (right.chance_p, wrong.chance_p) == (pytest.approx(0.01, abs=0.02), pytest.approx(1.0, abs=0.02))


def test_chance_is_uniform_over_many_decisions() -> None:
    p = []
    for seed in range(120):
        rng = np.random.default_rng([seed, 8])
        p.append(examined(list(rng.normal(size=12)), list(rng.normal(size=12)), seed=seed).chance_p)
    # The mean of 120 has a standard error of .026.
    assert abs(np.mean([value for value in p if value is not None]) - 0.5) < 0.08


@pytest.mark.parametrize("units", [3, 4, 6, 10])
def test_the_bar_is_what_half_noise_reaches_as_rarely_as_stated(units: int) -> None:
    rng = np.random.default_rng(units)
    truth, noise = rng.normal(size=(2, 40_000, units))
    truth, noise = truth - truth.mean(1, keepdims=True), noise - noise.mean(1, keepdims=True)
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    mixed = truth + noise / np.linalg.norm(noise, axis=1, keepdims=True)
    agreement = (mixed * truth).sum(1) / np.linalg.norm(mixed, axis=1)
    above = (agreement > needed_agreement(units)).mean()
    assert above == pytest.approx(BY_LUCK, abs=0.005) or needed_agreement(units) == LEAST_AGREEMENT
    assert needed_agreement(2) == 1.0
    assert needed_agreement(200) == LEAST_AGREEMENT


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], []])
def test_too_few_words_to_test(weights: list[float]) -> None:
    expected = "too_short_to_test" if weights else "no_input"
    whole = Attribution(np.array([0.5], np.float32), 0.9, 0.4, 0.0, 5)
    found = examined(weights, weights, bias=0.1)
    assert verdict(whole, found, 1.0, Thresholds()) == ("unexplained", expected)


def test_words_that_all_weigh_the_same_agree() -> None:
    found = examined([1.0] * 6, [0.1] * 6)
    assert found.followed == 1.0
    assert examined([1.0] * 6, [1.0, 0, 0, 0, 0, 0]).followed == 0.0


def test_sub_words_are_erased_together() -> None:
    piece = item(5, [0, 0, 1, 2, 2])
    model = Bag([1.0, 2, 3, 4, 5])
    batch = model.collate([piece, item(2)])
    assert model.erase([piece, item(2)], batch, "zero", [{0, 2}, ()]).squeeze(-1).tolist() == [
        [0, 0, 3, 0, 0],
        [1, 2, 0, 0, 0],
    ]
    assert piece.by_unit(np.array([1.0, 2, 3, 4, 5]))[0].tolist() == [3, 3, 9]


def test_long_texts_take_a_bounded_number_of_passes() -> None:
    rng = np.random.default_rng(1)
    weights = list(0.05 * rng.normal(size=200))
    found = examined(weights, weights)
    assert found.forwards <= 48 + 4 + MOST_SIGNED + 10
    assert found.wrong_signs == 0.0


@pytest.mark.parametrize(
    ("found", "close"),
    [
        (Faithfulness(20, removed=0.9, followed=0.99, wrong_signs=0.0, sufficient=True, kept=3.0), False),
        (Faithfulness(20, removed=0.52), True),
        (Faithfulness(20, removed=0.9, followed=0.84), True),
        (Faithfulness(20, removed=0.9, followed=0.99, wrong_signs=0.12), True),
        (Faithfulness(20, removed=0.9, followed=0.99, sufficient=False, kept=-0.1), True),
        (Faithfulness(20, removed=0.9, followed=0.2), False),
        (Faithfulness(0), False),
    ],
)
def test_figures_near_their_bars_are_computed_again(found: Faithfulness, *, close: bool) -> None:
    assert found.close == close
