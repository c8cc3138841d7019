"""COMPAS by a network and by a scikit-learn pipeline: explanations beside Shapley values by their definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audit.config import AuditConfig
from audit.explain.integrate import shapley
from benchmarks import functions
from tests.conftest import shared


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, AuditConfig]:
    """Both models, trained on some rows of the data."""
    shared("data", "compas-scores-two-years.csv")
    pytest.importorskip("joblib")
    return functions.prepare(tmp_path_factory.mktemp("compas"), functions.compas()[:2000], epochs=40)


@pytest.mark.parametrize("name", ["network as a function", "pipeline"])
def test_nine_features_are_explained_exactly(name: str, configs: dict[str, AuditConfig]) -> None:
    mine, truth, found = functions.held_against_exact(configs[name], 50)
    assert np.abs(mine - truth).sum(1).max() < 1e-5 * len(functions.FEATURES)
    assert all(item.estimated_error == 0 and item.converged(0.05) for item in found)
    assert np.abs(truth).sum(1).min() > 0.01


def test_sampled_orders_are_within_the_error_they_state(
    configs: dict[str, AuditConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapley, "EXACT_UNITS", 0)
    mine, truth, found = functions.held_against_exact(configs["network as a function"], 50)
    off = np.abs(mine - truth).sum(1)
    assert sum(error > max(item.estimated_error, 1e-4) for error, item in zip(off, found, strict=True)) <= 3
    assert np.mean([item.converged(0.05) for item in found]) > 0.9


def test_the_network_is_explained_as_by_300_nodes(configs: dict[str, AuditConfig]) -> None:
    mine, truth, found = functions.held_against_nodes(configs["network"], 50)
    off = np.abs(mine - truth).sum(1)
    assert all(item.converged(0.05) for item in found)
    assert (off <= 0.05 * np.abs(truth).sum(1) + 1e-3).all()


def test_both_ways_to_ask_the_network_decide_alike(configs: dict[str, AuditConfig]) -> None:
    adapters = [functions.load(configs[name]) for name in ("network", "network as a function")]
    examples = functions.examples(configs["network"], 50)
    decided = [functions.decided(adapter, adapter.encode(examples)) for adapter in adapters]
    assert decided[0] == decided[1]
    assert len(set(decided[0])) == 2
    assert Path(str(configs["network"].data.path)).exists()
