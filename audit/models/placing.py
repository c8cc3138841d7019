"""Where a checkpoint's layers lie: all on one device, or spread over several by Accelerate."""

from __future__ import annotations

import importlib.util
from typing import Any

import torch

from audit.config import ModelConfig
from audit.errors import ConfigError

WHERE = "model.device_map"


def check_map(config: ModelConfig) -> None:
    """Refuse a map that cannot be followed here.

    Raises
    ------
    ConfigError
        If Accelerate is not installed, a card is named that is not there, or the model is changed while it is loaded.
    """
    if config.device_map is None:
        return
    if importlib.util.find_spec("accelerate") is None:
        raise ConfigError(
            "Accelerate is not installed", where=WHERE, hint="pip install 'fairaudit[accelerate]'", code="package"
        )
    if config.quantize:
        raise ConfigError("a model that is rounded while it is loaded lies on one device", where=WHERE)
    there = torch.cuda.device_count()
    named = config.device_map.values() if isinstance(config.device_map, dict) else ()
    if missing := [card for card in named if isinstance(card, int) and card >= there]:
        raise ConfigError(f"names graphics card {missing[0]}, and there are {there}", where=WHERE)


def placed(model: Any, config: ModelConfig, device: torch.device) -> Any:
    """Move a model to its device; one that Accelerate spread lies where it should."""
    return model if config.device_map is not None else model.to(device)


def device_of_inputs(model: Any, config: ModelConfig, device: torch.device) -> torch.device:
    """Where inputs go: of a model that is spread, to where its embeddings are."""
    if config.device_map is None:
        return device
    found: torch.device = next(model.parameters()).device
    return found
