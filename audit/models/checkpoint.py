"""Loading a checkpoint safely: safetensors only, no remote code, every weight accounted for."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

import torch
from safetensors import safe_open

from audit.config import ModelConfig
from audit.errors import ConfigError, ModelError, some
from audit.models.config_only import read_config

log = logging.getLogger(__name__)


def check_safety(config: ModelConfig) -> None:
    """Refuse pickled weights and remote code unless they were asked for by name."""
    where = str(config.path)
    if "auto_map" in read_config(config.path):
        if not config.allow_remote_code:
            raise ModelError(
                "wants to run Python code of its own",
                where=where,
                hint="read that code, then set model.allow_remote_code",
            )
        log.warning("%s: running Python code shipped with the checkpoint (model.allow_remote_code)", where)
    if not any(config.path.glob("*.safetensors")):
        pickled = [path.name for path in config.path.glob("*.bin")] + [path.name for path in config.path.glob("*.pt")]
        if not pickled:
            raise ModelError("holds no *.safetensors weights", where=where)
        if not config.allow_pickle:
            raise ModelError(
                f"holds only pickled weights ({some(pickled)}); a pickle can run any code",
                where=where,
                hint="convert them to safetensors, or set model.allow_pickle if you trust their source",
            )
        log.warning("%s: loading pickled weights (model.allow_pickle)", where)


def stored_dtype(path: Path) -> str:
    """Name the precision that most weights are stored in."""
    counts: Counter[str] = Counter()
    for file in path.glob("*.safetensors"):
        with safe_open(file, framework="pt") as weights:
            for name in weights.keys():  # noqa: SIM118
                part = weights.get_slice(name)
                size = 1
                for extent in part.get_shape():
                    size *= extent
                counts[part.get_dtype()] += size
    names = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
    return names.get(counts.most_common(1)[0][0], counts.most_common(1)[0][0]) if counts else "unknown"


def resolve_device(asked: str) -> torch.device:
    """Turn `auto|cpu|cuda|mps` into a device that exists."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if asked == "auto":
        asked = next(name for name, there in available.items() if there)
    if not available[asked]:
        raise ConfigError(
            f"{asked!r} is asked for and not available here", where="model.device", hint="use auto or cpu"
        )
    return torch.device(asked)


def batch_tokens(device: torch.device) -> int:
    """Tokens per batch that keep this device busy without filling it.

    On a CPU larger batches fall out of the cache (measured best: 1,024). On a GPU, a share of its memory: about a
    megabyte per token is generous for models of up to a billion parameters, and running out halves the batch anyway.
    """
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory
        return max(4096, min(65_536, total // (1 << 20) // 2))
    return 8192 if device.type == "mps" else 1024
