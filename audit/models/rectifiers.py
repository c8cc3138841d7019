"""Whether gradients of a network jump along the path of an explanation, so that its error is harder to tell."""

from __future__ import annotations

import torch

#: Activations whose slope jumps, by name: transformers has some of its own.
RECTIFIERS = ("ReLU", "ReLU6", "LeakyReLU", "PReLU", "RReLU", "Threshold", "Hardswish", "Hardsigmoid", "Hardtanh")


def jumps(model: torch.nn.Module) -> bool:
    """Whether any part of a network is a rectifier; one that is called as a function is not seen."""
    return any(type(part).__name__ in RECTIFIERS for part in model.modules())
