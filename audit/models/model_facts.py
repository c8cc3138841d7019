"""What adapters say of a checkpoint that was loaded, whatever it reads."""

from __future__ import annotations

from typing import Any

import torch

from audit.config import ModelConfig
from audit.errors import ModelError, some
from audit.models.attention import told_attention
from audit.models.checkpoint import batch_tokens
from audit.models.loaded import Loaded
from audit.models.precision import tier_of
from audit.result import ModelFacts
from audit.text import file_name


def facts_of(
    config: ModelConfig,
    loaded: Loaded,
    task: str,
    classes: list[str],
    device: torch.device,
    *,
    max_length: int | None = None,
    grid: tuple[int, int] | None = None,
) -> ModelFacts:
    """Say what was loaded.

    Parameters
    ----------
    max_length
        Tokens per input, where something limits them.
    grid
        Of images, rows and columns of patches.
    """
    revision = loaded.described.get("_commit_hash")
    return ModelFacts(
        name=file_name(config.path),
        task=task,
        architecture=loaded.architecture,
        parameters=sum(parameter.numel() for parameter in loaded.model.parameters()),
        classes=classes,
        sha256=loaded.sha256,
        revision=revision if isinstance(revision, str) else None,
        stored_dtype=loaded.stored_dtype,
        dtype=config.dtype,
        precision=tier_of(config, device),
        attention=told_attention(loaded.model),
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        max_length=max_length,
        batch_tokens=config.batch_tokens or batch_tokens(device),
        grid=grid,
        peft=loaded.peft,
        quantised=loaded.quantised,
    )


def labels_of(model: Any, where: str, least: int) -> list[str]:
    """Name the model's own labels, in the order of its logits."""
    named = dict(model.config.id2label)
    if sorted(named) != list(range(len(named))) or len(named) != model.config.num_labels:
        raise ModelError(
            f"id2label numbers its classes {some([str(key) for key in named])}, not from 0 on without a gap",
            where=where,
            hint="correct id2label in config.json",
        )
    labels = [str(named[i]) for i in range(len(named))]
    if len(labels) < least:
        raise ModelError("has one output; regression is not supported", where=where)
    if len(set(labels)) < len(labels):
        raise ModelError(
            f"two classes share a name: {some(labels)}", where=where, hint="correct id2label in config.json"
        )
    return labels
