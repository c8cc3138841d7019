"""Decisions asked for in a coarser precision: those in doubt are float32's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from audit.config import ModelConfig
from audit.data.examples import Fields
from audit.models.registry import load_adapter
from audit.models.tier_counts import FACTOR, LARGEST
from audit.models.tiers import SAMPLED, TieredRunner, rounded_up
from tests.conftest import make_texts
from tests.models import decoders, pictures
from tests.models.taggers import labeller, sentences, tagger


class Planted:
    """A linear layer over numbers: bf16 rounds its factors as that of a model would be."""

    device = torch.device("cpu")
    nothing = None

    def __init__(self, width: int = 8, precision: str = "bf16") -> None:
        self._weight = torch.linspace(-1, 1, 2 * width).reshape(2, width) + 0.01234567
        self._precision = precision

    def facts(self) -> Any:
        return SimpleNamespace(precision=self._precision)

    def collate(self, items: Sequence[Any]) -> torch.Tensor:
        return torch.stack([item.row for item in items])

    def logits(self, batch: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.linear(batch, self._weight).float()


def items_of(rows: torch.Tensor) -> list[Any]:
    return [SimpleNamespace(row=row, cost=1 + i % 7) for i, row in enumerate(rows)]


def near_ties(n: int, share: float = 0.4) -> list[Any]:
    """Inputs of which many lie next to the line between both classes, on either side."""
    draw = torch.Generator().manual_seed(1)
    rows = torch.randn(n, 8, generator=draw)
    apart = Planted()._weight[1] - Planted()._weight[0]
    on_line = rows - (rows @ apart / (apart @ apart))[:, None] * apart
    near = torch.rand(n, generator=draw) < share
    step = torch.randn(n, 1, generator=draw) * 3e-3
    return items_of(torch.where(near[:, None], on_line + step * apart, rows))


def run(adapter: Any, items: list[Any], budget: int = 256) -> tuple[np.ndarray, TieredRunner]:
    runner = TieredRunner(adapter, budget)
    with torch.inference_mode():
        return np.stack(runner.logits(items)), runner


def test_many_near_ties_are_decided_as_in_float32() -> None:
    items = near_ties(1500)
    exact, _ = run(Planted(precision="float32"), items)
    found, runner = run(Planted(), items)
    with torch.autocast("cpu", torch.bfloat16):
        coarse, _ = run(Planted(precision="float32"), items)
    turned = (coarse.argmax(1) != exact.argmax(1)).sum()
    assert turned > 10, "the planted ties are none"
    np.testing.assert_array_equal(found.argmax(1), exact.argmax(1))
    assert runner.spent["tier_otherwise"] == turned
    assert 0.2 * len(items) < runner.spent["tier_again"] < 0.9 * len(items)
    # What was computed again is float32's, and nothing that was not is nearer to turning than is trusted.
    again = (found != coarse).any(1)
    moves = np.ptp(coarse - exact, axis=1)
    trusted = np.abs(np.diff(coarse, axis=1)[:, 0])[~again]
    assert trusted.min() > moves.max()
    largest = max(float(name.removeprefix(LARGEST)) for name in runner.spent if name.startswith(LARGEST))
    assert 0 < largest < 0.05


def test_float32_and_few_inputs_are_computed_once() -> None:
    items = near_ties(2 * SAMPLED)
    exact, plain = run(Planted(precision="float32"), items)
    found, runner = run(Planted(), items)
    np.testing.assert_array_equal(found, exact)
    assert not plain.spent
    assert runner.spent == {"tier_exact": 2 * SAMPLED}
    assert run(Planted(), items + near_ties(1))[1].spent["tier_asked"] == 2 * SAMPLED + 1


def test_calls_do_not_know_of_each_other() -> None:
    first, second = near_ties(300), near_ties(200, share=0.1)
    runner = TieredRunner(Planted(), 256)
    with torch.inference_mode():
        runner.logits(first)
        before = runner.spent.copy()
        after = np.stack(runner.logits(second))
    alone, other = run(Planted(), second)
    np.testing.assert_array_equal(after, alone)
    both = before.copy()
    both.update(other.spent)
    assert runner.spent == both


class Deviant(Planted):
    """One input is off by far more than any that the sample may hold."""

    def __init__(self, deviants: Sequence[int], items: list[Any], by: float = 3.0) -> None:
        super().__init__()
        self._rows, self._by = torch.stack([items[i].row for i in deviants]), by

    def logits(self, batch: torch.Tensor) -> torch.Tensor:
        logits = super().logits(batch)
        if not torch.is_autocast_enabled("cpu"):
            return logits
        off = (batch[:, None] == self._rows).all(-1).any(-1)
        return logits + torch.stack([torch.zeros(len(batch)), off * self._by], 1)


def test_a_larger_move_widens_what_is_in_doubt() -> None:
    items = near_ties(1000)
    exact, _ = run(Planted(precision="float32"), items)
    # Decided by the coarse number next to the line, so that it is in doubt from the start.
    coarse_margin = np.diff(exact, axis=1)[:, 0] + 0.3
    deviant = int(np.abs(coarse_margin).argmin())
    found, runner = run(Deviant([deviant], items, by=0.3), items)
    np.testing.assert_array_equal(found.argmax(1), exact.argmax(1))
    assert runner.spent["tier_beyond"] >= 1
    assert runner.spent["tier_again"] > (np.abs(np.diff(exact, axis=1)[:, 0]) < FACTOR * 0.25).sum()


def test_what_is_no_number_is_computed_again() -> None:
    items = near_ties(400)
    exact, _ = run(Planted(precision="float32"), items)
    found, _ = run(Deviant([7, 300], items, by=float("nan")), items)
    np.testing.assert_array_equal(found[[7, 300]], exact[[7, 300]])


@pytest.mark.parametrize("family", ["bert", "roberta", "llama"])
def test_a_model_in_bf16_decides_as_in_float32(family: str, checkpoints: dict[str, Path]) -> None:
    texts = make_texts(300)
    found = {}
    for precision in ("float32", "bf16", "tf32"):
        adapter = load_adapter(ModelConfig(path=checkpoints[family], device="cpu", precision=precision))
        runner = TieredRunner(adapter, 1024)
        with torch.inference_mode():
            found[precision] = np.stack(runner.logits(adapter.encode(texts)))
        assert (runner.spent["tier_asked"] == 300) is (precision == "bf16")
        assert adapter.facts().precision == ("float32" if precision == "tf32" else precision)
    np.testing.assert_array_equal(found["bf16"].argmax(1), found["float32"].argmax(1))
    np.testing.assert_array_equal(found["tf32"], found["float32"])


@pytest.mark.parametrize("make", [tagger, labeller])
def test_every_word_and_every_label_counts(make: Any, tmp_path: Path, checkpoints: dict[str, Path]) -> None:
    path = make(checkpoints["bert"], tmp_path / "model")
    adapter: Any = load_adapter(ModelConfig(path=path, device="cpu", precision="bf16"))
    texts: list[Any] = sentences(120) if make is tagger else make_texts(120)
    parts = [part for parts in adapter.windows(texts) for part in parts]
    runner = TieredRunner(adapter, 512)
    with torch.inference_mode():
        found = runner.outputs(parts)
        exact = [adapter.outputs(adapter.collate([part]))[0] for part in parts]
    assert runner.spent["tier_asked"] == len(parts)
    assert runner.spent["tier_again"] < len(parts)
    for one, other in zip(found, exact, strict=True):
        np.testing.assert_array_equal(adapter.contests(one).argmax(-1), adapter.contests(other).argmax(-1))


@pytest.mark.parametrize("answers", [{"no": [" no"], "yes": [" yes"]}, {"no": [" not at all"], "yes": [" yes it is"]}])
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_prompted_decoder_in_bf16(family: str, answers: dict[str, list[str]], tmp_path: Path) -> None:
    path = decoders.save(tmp_path / "decoder", family)
    prompt = {"template": decoders.TEMPLATE, "labels": answers}
    texts = [Fields(("text",), (text,)) for text in make_texts(100)]
    found = {}
    for precision in ("float32", "bf16"):
        config = {"path": path, "device": "cpu", "prompt": prompt, "precision": precision}
        adapter = load_adapter(ModelConfig.model_validate(config))
        runner = TieredRunner(adapter, 2048)
        with torch.inference_mode():
            found[precision] = np.stack(runner.logits(adapter.encode(texts)))
    assert runner.spent["tier_asked"] == 100
    np.testing.assert_array_equal(found["bf16"].argmax(1), found["float32"].argmax(1))
    assert not np.array_equal(found["bf16"], found["float32"])


def test_pictures_in_bf16(tmp_path: Path) -> None:
    path = pictures.save("vit", tmp_path / "vit")
    found = {}
    for precision in ("float32", "bf16"):
        adapter = load_adapter(ModelConfig(path=path, device="cpu", precision=precision))
        runner = TieredRunner(adapter, 2048)
        with torch.inference_mode():
            found[precision] = np.stack(runner.logits(adapter.encode(pictures.examples(80))))
    assert runner.spent["tier_asked"] == 80
    np.testing.assert_array_equal(found["bf16"].argmax(1), found["float32"].argmax(1))


@given(st.floats(1e-12, 1, exclude_min=True))
def test_rounded_up_is_never_less(value: float) -> None:
    text = rounded_up(value)
    assert value * (1 - 1e-9) <= float(text) <= value * 1.1 + 1e-300
    assert len(text.partition("e")[0]) <= 3


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["tf32", "bf16"])
def test_tiers_of_a_gpu(precision: str, checkpoints: dict[str, Path]) -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    texts = make_texts(500)
    found = {}
    for tier in ("float32", precision):
        adapter = load_adapter(ModelConfig(path=checkpoints["bert"], device="cuda", precision=tier))
        runner = TieredRunner(adapter, 4096)
        with torch.inference_mode():
            found[tier] = np.stack(runner.logits(adapter.encode(texts)))
    assert adapter.facts().precision == precision
    assert runner.spent["tier_asked"] == 500
    assert runner.spent["tier_again"] >= SAMPLED
    np.testing.assert_array_equal(found[precision].argmax(1), found["float32"].argmax(1))
