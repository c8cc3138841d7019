"""Classifiers that read the first place of their last layer alone: nothing else of that layer is computed.

Encoders of the BERT kind decide from what stands in the place of their first token. In the last layer the other places
are attended to, and what attention makes of them is thrown away: three quarters of the layer's matrix products, an
eighth of all in a model of six layers. What stays is computed as before; only rounding may differ, since matrix
products have fewer rows. Which models are of that kind is not listed anywhere: it is tried with texts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

#: Ends of names of parts that take what attention gathered, place by place: (gathered, input) -> output.
AFTER_ATTENTION = ("attention.output",)
#: Rounding: so many times the precision of the logits' scale.
ROUNDING = 256


def read_first_place(model: torch.nn.Module, logits: Callable[[], torch.Tensor]) -> bool:
    """Let the last layer go on with the first place alone, if logits stay what they are.

    Parameters
    ----------
    logits
        Computes those of texts of different length, and of each kind of batch, with the model as it is.

    Returns
    -------
    bool
        Whether it does so from now on; copies of the model do as well.
    """
    last = [part for name, part in model.named_modules() if name.endswith(AFTER_ATTENTION)][-1:]
    if not last:
        return False
    before = logits()
    handle = last[0].register_forward_pre_hook(_first)
    try:
        after = logits()
    except (IndexError, RuntimeError, TypeError, ValueError):
        # What comes next counts on all places.
        after = torch.full_like(before, torch.nan)
    rounding = ROUNDING * torch.finfo(before.dtype).eps * float(before.abs().max())
    if after.shape == before.shape and bool(((after - before).abs() <= rounding).all()):
        return True
    handle.remove()
    return False


def _first(module: torch.nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Keep the first place of tensors of shape (batch, length, width)."""
    return tuple(one[:, :1] if isinstance(one, torch.Tensor) and one.dim() == 3 else one for one in given)
