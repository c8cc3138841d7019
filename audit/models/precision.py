"""Tiers of precision: float32, or coarser. Faster on cards; on a CPU, a pass is, and paths need more of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from audit.config import ModelConfig


def tier_of(config: ModelConfig, device: torch.device) -> str:
    """Return the precision that decisions are asked for in: tf32 is one of graphics cards, and float32 elsewhere."""
    return "float32" if config.precision == "tf32" and device.type != "cuda" else config.precision


@contextmanager
def at_precision(precision: str, device: torch.device) -> Iterator[None]:
    """Compute at a precision for a while.

    Parameters
    ----------
    precision
        `float32`; `bf16`: factors of matrix products are rounded to eight bits, and their sums are not; `tf32`: to
        eleven bits, on a card that can, else `float32`.
    """
    if precision == "bf16":
        with torch.autocast(device.type, torch.bfloat16), _attention(device):
            yield
        return
    if precision != "tf32" or device.type != "cuda":
        yield
        return
    before, convolutions = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = True
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
        torch.backends.cudnn.allow_tf32 = convolutions


@contextmanager
def _attention(device: torch.device) -> Iterator[None]:
    """On a CPU, the fused kernel of attention takes half of a gradient's time in bf16: plain products are faster."""
    if device.type != "cpu" or not torch.is_grad_enabled():
        yield
        return
    with sdpa_kernel(SDPBackend.MATH):
        yield
