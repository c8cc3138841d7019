"""Checkpoints that were saved with packed weights: what they need to be loaded, told before anything is."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import torch

from audit.config import ModelConfig
from audit.errors import ConfigError, ModelError
from audit.models.folder import CheckpointFolder
from audit.models.safety import quantisation_of

#: Method -> what transformers imports to load it: module -> package.
_ACCELERATE = {"accelerate": "accelerate"}
_BITSANDBYTES = {"bitsandbytes": "bitsandbytes"} | _ACCELERATE
_PACKAGES: Mapping[str, Mapping[str, str]] = {
    "bitsandbytes": _BITSANDBYTES,
    "bitsandbytes_4bit": _BITSANDBYTES,
    "bitsandbytes_8bit": _BITSANDBYTES,
    "gptq": {"optimum": "optimum", "gptqmodel": "gptqmodel"},
    "awq": {"gptqmodel": "gptqmodel"} | _ACCELERATE,
    "torchao": {"torchao": "torchao"},
    "quanto": {"optimum.quanto": "optimum-quanto"} | _ACCELERATE,
    "hqq": {"hqq": "hqq"} | _ACCELERATE,
    "compressed-tensors": {"compressed_tensors": "compressed-tensors"},
    "aqlm": {"aqlm": "aqlm"} | _ACCELERATE,
    "higgs": {"flute": "flute-kernel"} | _ACCELERATE,
    "vptq": {"vptq": "vptq"} | _ACCELERATE,
    "spqr": {"spqr_quant": "spqr_quant"} | _ACCELERATE,
    "quark": {"quark": "amd-quark"},
    "auto-round": {"auto_round": "auto-round"},
}
#: Methods whose arithmetic is written for CUDA alone.
_CUDA = {"higgs", "vptq", "spqr"}


def check_quantised(config: ModelConfig, folder: CheckpointFolder) -> str | None:
    """Name the method that the weights were packed by, if they were.

    Raises
    ------
    ModelError
        If a package or a device that it needs is not here.
    ConfigError
        If the packed weights are asked to be rounded once more.
    """
    method = quantisation_of(folder.config)
    if method is None:
        return None
    where = str(config.path)
    if config.quantize:
        raise ConfigError(
            f"the weights in {where!r} are packed by {method} already", where="model.quantize",
            hint="leave it out, or name the original as model.path",
        )  # fmt: skip
    lacking = sorted({package for module, package in _PACKAGES.get(method, {}).items() if not _there(module)})
    if lacking:
        raise ModelError(
            f"its weights are packed by {method}, which needs {' and '.join(lacking)}, not installed here", where=where,
            hint=f"pip install {' '.join(lacking)}; or audit the original with model.quantize: int8",
        )  # fmt: skip
    if method in _CUDA and (config.device not in ("auto", "cuda") or not torch.cuda.is_available()):
        raise ModelError(
            f"its weights are packed by {method}, which computes on CUDA devices alone", where=where,
            hint="audit it with model.device: cuda where there is one",
        )  # fmt: skip
    return method


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # the package around it is not there, or is broken
        return False


def packed(weight: Any) -> bool:
    """Whether a weight is a tensor of a kind of its own, that stands for other numbers than it holds."""
    return type(weight.detach()) is not torch.Tensor
