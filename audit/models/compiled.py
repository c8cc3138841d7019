"""A model compiled by torch for decisions: worth it for many of them, since compiling takes as long as thousands.

One graph serves batches of all sizes: a mask and segments are always given, and single texts, of which torch would make
a graph of its own, go to the model as it is. So do explanations, which reach into it, and float32 beside a coarser
precision, of which there is little. What was compiled is tried against the model before anything is decided.
"""

from __future__ import annotations

import logging
from typing import Any

import torch

log = logging.getLogger(__name__)


class Compiled:
    """A model, compiled when it is first called.

    Parameters
    ----------
    precision
        In which it is asked (`at_precision`).
    """

    def __init__(self, model: Any, precision: str, device: torch.device) -> None:
        # Costs more than a second, which only those spend who compile.
        from torch._dynamo.exc import TorchDynamoException

        self._uncompilable = TorchDynamoException
        self._model, self._precision, self._device = model, precision, device
        self._compiled: Any = torch.compile(model, dynamic=True)
        #: Whether compiling failed once decisions were under way: the model as it is goes on.
        self.failed = False

    def takes(self, size: int) -> bool:
        """Whether a batch of so many texts is to be put to it now."""
        asked = torch.is_inference_mode_enabled() and _precision_now(self._device) == self._precision
        return asked and size > 1 and not self.failed

    def __call__(self, **given: torch.Tensor) -> Any:
        """Run it; as it is from then on, if it cannot be compiled for this batch."""
        try:
            return self._compiled(**given)
        except self._uncompilable as error:
            self.failed = True
            log.warning("going on without model.compile: %s", " ".join(str(error).split())[:200])
            return self._model(**given)

    def first(self, **given: torch.Tensor) -> Any:
        """Run it, and let an error pass."""
        return self._compiled(**given)


def _precision_now(device: torch.device) -> str:
    if torch.is_autocast_enabled(device.type):
        return "bf16"
    return "tf32" if device.type == "cuda" and torch.get_float32_matmul_precision() == "high" else "float32"
