"""Networks over named values: encoding, weights each in its place, what fails, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from safetensors.torch import load_file, save_file

import audit
from audit.config import AuditConfig
from audit.data.examples import Fields
from audit.errors import ConfigError, ModelError
from audit.explain.integrate.path import PathIntegrator
from audit.models.registry import load_adapter
from audit.testing import check_adapter
from tests.models.own import configured

NETWORK = """
import torch

def build(hidden=8):
    return torch.nn.Sequential(torch.nn.Linear(5, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, 2))
"""
ENCODING = {
    "age": {"mean": 40, "scale": 12, "missing": 30},
    "income": {"mean": 36, "scale": 20},
    "house": {"categories": ["rent", "own", "family"]},
}
NAMES = ("age", "income", "house")
ROWS = [Fields(NAMES, given) for given in ((30.0, 50.0, "own"), (60.0, 10.5, "rent"), (None, 44.0, "family"))]


def network(folder: Path, source: str = NETWORK, **model: Any) -> AuditConfig:
    """Write a network with random weights, and configure an audit of it."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
    if not (folder / "w.safetensors").exists():
        save_file({name: 2 * weight for name, weight in layers.state_dict().items()}, folder / "w.safetensors")
    given = {"callable": None, "factory": "scorer:build", "path": "w.safetensors", "encoding": ENCODING}
    return configured(folder, source, **given, **model)


def load(config: AuditConfig) -> Any:
    assert config.model is not None
    return load_adapter(config.model, config)


def test_it_keeps_every_promise(tmp_path: Path) -> None:
    adapter = load(network(tmp_path))
    tried = check_adapter(adapter, ROWS)
    assert "logits have a gradient at the embedding" in tried
    assert adapter.probes == {"values"}


def test_logits_are_those_of_the_module_on_the_declared_columns(tmp_path: Path) -> None:
    adapter = load(network(tmp_path))
    columns = torch.tensor([
        [(30 - 40) / 12, (50 - 36) / 20, 0, 1, 0],
        [(60 - 40) / 12, (10.5 - 36) / 20, 1, 0, 0],
        [(30 - 40) / 12, (44 - 36) / 20, 0, 0, 1],
    ])  # fmt: skip
    w = load_file(tmp_path / "w.safetensors")
    expected = torch.tanh(columns @ w["0.weight"].T + w["0.bias"]) @ w["2.weight"].T + w["2.bias"]
    with torch.inference_mode():
        found = adapter.logits(adapter.collate(adapter.encode(ROWS)))
    assert torch.allclose(found, expected, atol=1e-5)
    assert adapter.facts().reference == {"age": 40.0, "income": 36.0, "house": "rent"}
    assert [list(item.units) for item in adapter.encode(ROWS[:1])] == [[0, 1, 2, 2, 2]]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ((30.0, None, "own"), "missing_value"),
        ((30.0, 1.0, "boat"), "unseen_category"),
        ((1.0, 2.0, None), "missing_value"),
    ],
)
def test_what_has_no_place_in_the_encoding_makes_the_decision_fail(
    tmp_path: Path, values: tuple[Any, ...], why: str
) -> None:
    (item,) = load(network(tmp_path)).encode([Fields(NAMES, values)])
    assert (item.failed, item.length) == (why, 0)


def test_integrated_gradients_are_those_of_many_nodes(tmp_path: Path) -> None:
    adapter = load(network(tmp_path))
    items = adapter.encode(ROWS)
    engine = PathIntegrator(adapter, baseline="reference", budget=64, tolerance=0.01)
    found, _ = engine.attribute(items, [1, 0, 1])
    for item, target, mine in zip(items, [1, 0, 1], found, strict=True):
        batch = adapter.collate([item])
        captum = IntegratedGradients(lambda x, of, t: adapter.logits(of, x).softmax(-1)[:, t])
        nodes = captum.attribute(
            batch.values, adapter.baseline([item], batch, "reference"), n_steps=300, internal_batch_size=1,
            additional_forward_args=(batch, target),
        )  # fmt: skip
        theirs = item.by_unit(nodes[0].double().numpy())[0]
        assert np.abs(mine.values - theirs).sum() <= 0.01 * mine.mass + 1e-5


def test_a_whole_audit(tmp_path: Path) -> None:
    result = audit.run(network(tmp_path))
    assert result.model is not None
    assert (result.model.task, result.model.architecture) == ("feature-classification", "Sequential")
    assert result.explanations is not None
    assert (result.explanations.method, result.explanations.baseline) == ("integrated_gradients", "reference")
    assert result.explanations.sanity is None or result.explanations.sanity.decisions
    assert {item.word for item in result.explanations.words} <= set(NAMES)


LAST = "torch.nn.Linear(hidden, 2)"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (NETWORK.replace("hidden=8", "hidden=9"), "weights have another shape: '0.bias"),
        (NETWORK.replace(LAST, f"{LAST}, torch.nn.Linear(2, 2)"), "are missing: '3.bias"),
        (NETWORK.replace(f", {LAST}", ""), "have no place in the module: '2.bias"),
        ("def build(): return 3", "returned a int, not a torch module"),
        ("def build(): raise ValueError('no')", "building the module with scorer:build failed: ValueError: no"),
        (
            NETWORK.replace("Tanh()", "BatchNorm1d(hidden, affine=False, track_running_stats=False)"),
            "cannot be audited",
        ),
    ],
)
def test_a_network_that_cannot_be_audited_is_refused(tmp_path: Path, source: str, problem: str) -> None:
    with pytest.raises((ModelError, ConfigError), match=problem):
        load(network(tmp_path, source))


def test_weights_that_are_no_numbers_or_no_safetensors(tmp_path: Path) -> None:
    config = network(tmp_path)
    weights = load_file(tmp_path / "w.safetensors")
    save_file(weights | {"0.bias": torch.full((8,), float("nan"))}, tmp_path / "w.safetensors")
    with pytest.raises(ModelError, match=r"values that are not finite: '0\.bias'"):
        load(config)
    (tmp_path / "w.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="reading the weights failed"):
        load(config)
    (tmp_path / "w.safetensors").unlink()
    with pytest.raises(ModelError, match="no such file"):
        load(config)


def test_what_it_was_built_with_is_hashed(tmp_path: Path) -> None:
    one, other = load(network(tmp_path / "a")), load(network(tmp_path / "b", NETWORK + "# more\n"))
    again = load(network(tmp_path / "c"))
    assert one.facts().sha256 == again.facts().sha256 != other.facts().sha256
    with pytest.raises(ConfigError, match=r"model.encoding.house.categories"):
        configured(tmp_path / "e", NETWORK, callable=None, factory="scorer:build", path="w.safetensors")
