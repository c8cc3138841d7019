"""Erasing: closed forms on models whose words act one by one, and tests that are what they say."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, factorial

import numpy as np
import pytest
import torch

from audit.explain.integrate.units import unit_codes, unit_sums
from audit.explain.verify import faithfulness
from audit.explain.verify.faithfulness import Eraser, examine, sizes, smallest_p
from audit.models.adapter import Batch, Encoded


class Bag:
    """F is the sigmoid of the sum of the tokens' weights; erased tokens weigh nothing."""

    classes = ("no", "yes")

    def __init__(self, weights: Sequence[float]) -> None:
        self._weights = torch.tensor([0.0, *weights], dtype=torch.double)
        self.rows = 0

    def collate(self, encoded: Sequence[Encoded]) -> Batch:
        width = max(item.length for item in encoded)
        ids = torch.zeros(len(encoded), width, dtype=torch.long)
        for row, item in enumerate(encoded):
            ids[row, : item.length] = torch.from_numpy(item.ids)
        return Batch(ids, None, None)

    def embed(self, batch: Batch) -> torch.Tensor:
        return self._weights[batch.ids].unsqueeze(-1)

    def baseline(self, encoded: Sequence[Encoded], batch: Batch, kind: str) -> torch.Tensor:
        return torch.zeros_like(self.embed(batch))

    def logits(self, batch: Batch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        self.rows += len(batch.ids)
        x = self.embed(batch) if embedded is None else embedded
        total = x.squeeze(-1).sum(1)
        return torch.stack([torch.zeros_like(total), total], 1)


def item(n: int, words: Sequence[int] | None = None) -> Encoded:
    codes = np.arange(n) if words is None else np.array(words)
    none = np.zeros(n, bool)
    return Encoded(
        np.arange(1, n + 1), None, np.zeros((n, 2), np.int32), none, truncated=False, words=codes.astype(np.int32)
    )


def sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def examined(weights: Sequence[float], phi: Sequence[float], *, orderings: int = 19, seed: int = 0):  # type: ignore[no-untyped-def]
    model = Bag(weights)
    eraser = Eraser(model, baseline="zero", budget=512, scale="probability")  # type: ignore[arg-type]
    (found,) = examine(
        eraser,
        [item(len(weights))],
        [1],
        [np.array(phi, np.float32)],
        [sigmoid(sum(weights))],
        orderings=orderings,
        seeds=[seed],
    )
    return found


def test_comprehensiveness_and_sufficiency_are_erasers() -> None:
    weights = [2.0, 1.0, -0.5, 0.2, 0.1, 0.0, -0.1, 0.3, 0.4, -0.2]
    found = examined(weights, weights)
    ordered, total = sorted(weights, reverse=True), sum(weights)
    cuts = [1, 1, 1, 2, 5]
    falls = [sigmoid(total) - sigmoid(total - sum(ordered[:cut])) for cut in cuts]
    kept = [sigmoid(total) - sigmoid(sum(ordered[:cut])) for cut in cuts]
    assert found.comprehensiveness == pytest.approx(np.mean(falls))
    assert found.sufficiency == pytest.approx(np.mean(kept))
    assert (found.p, found.corroboration_p) == (0.05, pytest.approx(1 / 400, abs=0.01))
    assert found.sufficient is True


def test_an_upside_down_explanation_is_no_better_than_chance_and_stops_early() -> None:
    weights = [2.0, 1.5, 1.0, 0.5, 0.2, 0.1, 0.1, 0.1]
    right, wrong = examined(weights, weights), examined(weights, [-w for w in weights])
    assert right.p == 0.05
    assert wrong.p > 0.5
    assert wrong.forwards < right.forwards
    assert wrong.corroboration < 0


@pytest.mark.parametrize("units", [1, 2, 3, 4, 5, 6])
def test_few_units_are_tested_exactly(units: int) -> None:
    cuts = sizes(units)
    distinct = sorted(set(cuts))
    chains = 1
    before = 0
    for cut in distinct:
        chains *= comb(units - before, cut - before)
        before = cut
    assert smallest_p(units, 19) == pytest.approx(1 / chains)
    weights = [2.0, 1.0, 0.5, 0.25, 0.12, 0.06][:units]
    found = examined(weights, weights)
    assert found.p == (None if units < 5 else pytest.approx(1 / chains))
    assert chains <= factorial(units)


def test_knowing_nothing_passes_as_often_as_it_should() -> None:
    rng = np.random.default_rng(0)
    passed = 0
    for seed in range(200):
        weights = rng.normal(size=12)
        found = examined(list(weights), list(rng.normal(size=12)), seed=seed)
        passed += found.p is not None and found.p <= 0.05
    # At 5 %, more than 20 of 200 would come up in less than 0.2 % of tries.
    assert passed <= 20


def test_sub_words_are_erased_together() -> None:
    piece = item(5, [0, 0, 1, 2, 2])
    codes = unit_codes(piece)
    assert codes.tolist() == [0, 0, 1, 2, 2]
    assert unit_sums(np.array([1, 2, 3, 4, 5], np.float32), codes).tolist() == [3, 3, 9]


def test_long_texts_leave_out_a_bounded_number_of_words(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    weights = list(0.05 * rng.normal(size=200))
    found = examined(weights, weights)
    assert found.forwards < 40 + 1 + 10 + 19 * 5 + 2
    assert found.corroboration > 0.9
    assert faithfulness.MOST_LEFT_OUT == 40
