"""A model with nothing of what it learned: its weights shuffled within each tensor."""

from __future__ import annotations

import copy
from typing import Any

import torch


def shuffled(module: Any, seed: int) -> Any:
    """Copy a module, with the numbers of each of its parameters in random order."""
    copied = copy.deepcopy(module)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in copied.parameters():
            order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
            parameter.copy_(parameter.flatten()[order].view_as(parameter))
    return copied
