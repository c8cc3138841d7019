"""Nothing that came with a checkpoint is run as code unless that was asked for by name."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

from audit.config import ModelConfig
from audit.errors import ModelError, some
from audit.models.config_only import read_json
from audit.models.folder import CheckpointFolder

log = logging.getLogger(__name__)

#: JSON files that transformers reads settings from.
_SETTINGS = (
    "config.json",
    "adapter_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "processor_config.json",
    "preprocessor_config.json",
)
#: `attn_implementation`, `experts_implementation` and their kin choose code: these come with torch or transformers,
#: every other value is looked up among kernels on the Hub, or in packages that fall back to those.
_IMPLEMENTATION = re.compile(r"_?\w*implementation(_internal)?")
_OWN = {"eager", "sdpa", "flex_attention", "grouped_mm", "batched_mm"}
#: Keys that name code whatever they say; `megatron_config` makes peft import the module that stands beside it.
_CODE = {"auto_map", "custom_pipelines", "kernel_config", "use_kernels", "megatron_config"}
#: Quantisation whose code is an installed package; other methods fetch compiled kernels.
_QUANTISED = {
    "bitsandbytes", "bitsandbytes_4bit", "bitsandbytes_8bit", "gptq", "awq", "torchao", "quanto", "hqq",
    "compressed-tensors", "aqlm", "higgs", "vptq", "spqr", "quark", "auto-round",
}  # fmt: skip


def check_safety(config: ModelConfig, folder: CheckpointFolder) -> None:
    """Refuse code of elsewhere unless it was asked for by name, and warn where it was."""
    where = str(folder.path)
    reasons = [reason for name in _SETTINGS for reason in _code(name, read_json(folder.path, name) or {})]
    if reasons and not config.allow_remote_code:
        raise ModelError(
            f"wants to run code of its own: {some(list(dict.fromkeys(reasons)), 4)}", where=where,
            hint="read that code, then set model.allow_remote_code",
        )  # fmt: skip
    if reasons:
        log.warning("%s: running code shipped with or named by the checkpoint (model.allow_remote_code)", where)
    if any(file.suffix != ".safetensors" for file in folder.weights):
        log.warning("%s: loading pickled weights (model.allow_pickle)", where)


def _code(name: str, settings: dict[str, Any]) -> Iterator[str]:
    """Name every key, at any depth, that makes transformers run code which neither it nor torch brings along."""
    waiting: list[tuple[str, Any]] = [(name, settings)]
    while waiting:
        at, value = waiting.pop()
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in items:
            if key in _CODE and inner:
                yield f"{at}: {key}"
            elif isinstance(key, str) and _IMPLEMENTATION.fullmatch(key):
                named = list(inner.values()) if isinstance(inner, dict) else [inner]
                yield from (f"{at}: {key}: {one}" for one in named if not _own(one))
            elif key in {"quantization_config", "compression_config"} and isinstance(inner, dict):
                method = _method(inner)
                if not isinstance(method, str) or method not in _QUANTISED:
                    yield f"{at}: {key}: quant_method {method}"
            waiting.append((f"{at}: {key}", inner))


def _own(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value in _OWN)


def _method(settings: dict[str, Any]) -> Any:
    bitsandbytes = settings.get("load_in_8bit") or settings.get("load_in_4bit")
    return settings.get("quant_method") or ("bitsandbytes" if bitsandbytes else None)


def quantisation_of(described: dict[str, Any]) -> str | None:
    """Name the method that a `config.json` says its weights are packed by, if it does."""
    for key in ("quantization_config", "compression_config"):
        settings = described.get(key)
        if isinstance(settings, dict) and isinstance(method := _method(settings), str):
            return method
    return None
