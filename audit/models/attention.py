"""Which code computes attention: what transformers picks, or one that was asked for by name.

Nothing is fetched: where the package of flash-attention is missing, transformers would take a kernel from the Hub
instead, so what is not installed is refused before anything is loaded.
"""

from __future__ import annotations

from typing import Any

import torch
import transformers
from transformers import AutoConfig
from transformers.utils import is_flash_attn_2_available

from audit.config import ModelConfig
from audit.errors import ConfigError, some
from audit.models.folder import CheckpointFolder

WHERE = "model.attention"
FLASH = "flash_attention_2"
#: What a class of transformers says of itself, by what may be asked for; every family has `eager`.
_SUPPORTS = {"sdpa": "_supports_sdpa", FLASH: "_supports_flash_attn", "flex_attention": "_supports_flex_attn"}


def check_attention(config: ModelConfig, device: torch.device) -> None:
    """Refuse attention that cannot be computed here.

    Raises
    ------
    ConfigError
        If flash-attention is not installed, has no card, or would be given numbers that it does not take.
    """
    if config.attention != FLASH:
        return
    if device.type != "cuda":
        raise ConfigError(
            f"{FLASH} computes on CUDA devices alone, and the model is put on {device.type}", where=WHERE,
            hint="set model.attention: sdpa",
        )  # fmt: skip
    if config.dtype == "float32":
        raise ConfigError(
            f"{FLASH} takes numbers of 16 bits alone, and model.dtype is float32", where=WHERE,
            hint="set model.dtype: bfloat16, or model.attention: sdpa",
        )  # fmt: skip
    if not is_flash_attn_2_available():
        raise ConfigError(
            "the package flash-attn is not installed", where=WHERE,
            hint="pip install flash-attn, or set model.attention: sdpa", code="package",
        )  # fmt: skip


def attention_of(config: ModelConfig, folder: CheckpointFolder, head: str) -> dict[str, Any]:
    """Say to transformers which attention is asked for.

    Parameters
    ----------
    head
        As it stands at the end of the names of architectures: `ForSequenceClassification`.

    Raises
    ------
    ConfigError
        If the architecture has no such attention.
    """
    asked = config.attention
    if asked == "auto":
        return {}
    described = AutoConfig.from_pretrained(
        folder.path, local_files_only=True, trust_remote_code=config.allow_remote_code
    )
    made = getattr(transformers, f"AutoModel{head}")._model_mapping.get(type(described), None)
    if isinstance(made, type) and asked in _SUPPORTS:
        only = getattr(made, "_compatible_flash_implementations", None)
        if not getattr(made, _SUPPORTS[asked], False) or (asked == FLASH and only and asked not in only):
            able = ["eager", *(name for name, supports in _SUPPORTS.items() if getattr(made, supports, False))]
            raise ConfigError(
                f"{made.__name__} has no attention {asked!r}; it has {some(able)}", where=WHERE,
                hint="set model.attention: auto",
            )  # fmt: skip
    return {"attn_implementation": asked}


def told_attention(model: Any) -> str | None:
    """Which attention a model computes, as its configuration says once it is loaded."""
    found = getattr(getattr(model, "config", None), "_attn_implementation", None)
    return found if isinstance(found, str) else None
