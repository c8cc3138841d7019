"""Networks whose gradients jump are told by their parts."""

from __future__ import annotations

import pytest
import torch
from transformers.activations import ACT2FN

from audit.models.rectifiers import jumps


@pytest.mark.parametrize("name", ["relu", "relu6", "leaky_relu", "prelu"])
def test_rectifiers_are_found_however_deep_they_lie(name: str) -> None:
    inner = torch.nn.Sequential(torch.nn.Linear(2, 2), ACT2FN[name])
    assert jumps(torch.nn.Sequential(torch.nn.ModuleDict({"block": inner}), torch.nn.Linear(2, 2)))


@pytest.mark.parametrize("name", ["gelu", "silu", "tanh", "gelu_new", "mish"])
def test_smooth_networks_are_not_taken_for_them(name: str) -> None:
    assert not jumps(torch.nn.Sequential(torch.nn.Linear(2, 2), ACT2FN[name]))
