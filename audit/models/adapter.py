"""What the rest of the house may ask of a model. Outside `models/` nobody asks which task it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from audit.config import ModelConfig
from audit.errors import ConfigError, ModelError, some
from audit.result import ModelFacts

ENTRY_POINTS = "fairaudit.adapters"


@dataclass(frozen=True)
class Encoded:
    """One input, ready for a batch.

    Attributes
    ----------
    ids, type_ids
        Token ids and segment ids, special tokens included.
    spans : array of shape (length, 2)
        Start and end of each token in the characters of the input; (0, 0) for special tokens.
    special : array of shape (length,)
        Tokens the tokenizer added.
    truncated
        Whether the input was longer than the model takes.
    """

    ids: npt.NDArray[np.int64]
    type_ids: npt.NDArray[np.int64] | None
    spans: npt.NDArray[np.int32]
    special: npt.NDArray[np.bool_]
    truncated: bool

    @property
    def length(self) -> int:
        """Number of tokens."""
        return len(self.ids)


@dataclass(frozen=True)
class Batch:
    """Encoded inputs, padded to one length, on the device. `mask` is None where nothing is padded."""

    ids: torch.Tensor
    mask: torch.Tensor | None
    type_ids: torch.Tensor | None


class Adapter(Protocol):
    """A fine-tuned model with its preprocessing for one task."""

    classes: list[str]

    @property
    def device(self) -> torch.device:
        """Where the model computes."""

    def facts(self) -> ModelFacts:
        """What the result says of the model."""

    def encode(self, inputs: Sequence[str]) -> list[Encoded]:
        """Tokenize; may run in another thread than the rest."""

    def collate(self, encoded: Sequence[Encoded]) -> Batch:
        """Pad to the longest and move to the device."""

    def logits(self, batch: Batch) -> torch.Tensor:
        """Return float32 logits of shape (batch, classes)."""

    def embed(self, batch: Batch) -> torch.Tensor:
        """Return what explanations interpolate: the output of the embedding layer, shape (batch, length, width)."""

    def baseline(self, encoded: Sequence[Encoded], batch: Batch, kind: str) -> torch.Tensor:
        """Return the uninformative input of the same shape as `embed`; special tokens stay as they are."""

    def baseline_kind(self, asked: str) -> str:
        """Resolve `auto` to a baseline this model has."""

    def probability(self, embedded: torch.Tensor, batch: Batch, target: torch.Tensor) -> torch.Tensor:
        """Return the probability of each row's target class, shape (batch,), computed from embeddings.

        Ids, mask and segments are still passed, so that models which take positions from ids walk the same path.
        """


Factory = Callable[[ModelConfig], Adapter]


def load_adapter(config: ModelConfig) -> Adapter:
    """Load the checkpoint with the adapter of its task, inferred from the checkpoint if the config does not say.

    Raises
    ------
    ModelError
        If the folder holds no checkpoint of a task that has an adapter.
    """
    from audit.models.config_only import infer_task
    from audit.models.text_classification import TextClassification

    factories: dict[str, Factory] = {"text-classification": TextClassification.load}
    factories |= {entry.name: entry.load() for entry in entry_points(group=ENTRY_POINTS)}
    task = config.task or infer_task(config.path)
    if task is None:
        raise ModelError(
            "cannot tell the task from config.json",
            where=str(config.path),
            hint=f"set model.task to {some(list(factories))}",
        )
    if task not in factories:
        raise ConfigError(f"no adapter for task {task!r}; there are {some(list(factories))}", where="model.task")
    return factories[task](config)
