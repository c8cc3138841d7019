"""Weights rounded to eight bits when a model is loaded, to hold the copy against the original."""

from __future__ import annotations

import hashlib
from typing import Any

import torch

from audit.errors import ModelError
from audit.result import QuantisedFacts


def to_int8(model: Any, where: str) -> QuantisedFacts:
    """Round the weights of all linear layers to int8, in place; activations, embeddings and the rest stay as they are.

    Symmetric, with one scale per output channel: w ≈ s·q, s = max|w| / 127.5, q = round(w / s) from −128 to 127. These
    are the numbers of torchao's `Int8WeightOnlyConfig`. They are kept multiplied out, as they are where they are used,
    so that gradients pass and nothing else need know of them; memory is not saved.

    Raises
    ------
    ModelError
        If the model has no linear layer.
    """
    # A decoder's last layer may be its table of embeddings, which stay as they are.
    tables = {id(layer.weight) for layer in model.modules() if isinstance(layer, torch.nn.Embedding)}
    linear = (layer for layer in model.modules() if isinstance(layer, torch.nn.Linear))
    layers = [layer for layer in linear if id(layer.weight) not in tables]
    if not layers:
        raise ModelError(
            f"{type(model).__name__} has no linear layers, so nothing of it can be rounded to int8", where=where,
            hint="leave model.quantize out",
        )  # fmt: skip
    with torch.no_grad():
        for layer in layers:
            layer.weight.copy_(_rounded(layer.weight.float()))
    return QuantisedFacts(
        method="int8_weight_only", layers=len(layers), parameters=sum(layer.weight.numel() for layer in layers)
    )


def _rounded(weight: torch.Tensor) -> torch.Tensor:
    scale = (weight.abs().amax(1, keepdim=True) / 127.5).clamp(min=torch.finfo(torch.float32).eps)
    return torch.clamp(torch.round(weight * (1 / scale)), -128, 127) * scale


def sha256_of(facts: QuantisedFacts, sha256: str) -> str:
    """Hash what was read together with what was done to it."""
    return hashlib.sha256(f"{sha256} {facts.method}".encode()).hexdigest()
