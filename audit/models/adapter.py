"""What the rest of the house may ask of a model. Outside `models/` nobody asks which task it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from audit.result import ModelFacts, Note

#: What a model reads: a text, or a pair of texts.
Text = str | tuple[str, str]


def joined(text: Text) -> str:
    """One text to show, and to take spans in: a pair is joined by a line break."""
    return text if isinstance(text, str) else "\n".join(text)


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
    words : array of shape (length,), optional
        Number of the word each token is part of, −1 for special tokens; each token is a word of its own if left out.
    unknown
        Tokens that stand for something the tokenizer does not know.
    """

    ids: npt.NDArray[np.int64]
    type_ids: npt.NDArray[np.int64] | None
    spans: npt.NDArray[np.int32]
    special: npt.NDArray[np.bool_]
    truncated: bool
    words: npt.NDArray[np.int32] | None = None
    unknown: int = 0

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
    pad_id: int = 0


class Adapter(Protocol):
    """A fine-tuned model with its preprocessing for one task."""

    classes: list[str]
    #: What loading found that a reader of the result should know.
    notes: list[Note]
    #: Why decisions of this model cannot be explained; None if they can.
    unexplainable: str | None

    @property
    def device(self) -> torch.device:
        """Where the model computes."""

    def randomised(self, seed: int) -> Adapter:
        """Return a copy with weights shuffled within each tensor."""

    def facts(self) -> ModelFacts:
        """What the result says of the model."""

    def encode(self, inputs: Sequence[Text]) -> list[Encoded]:
        """Tokenize; may run in another thread than the rest. Spans of a pair are those of `joined`."""

    def collate(self, encoded: Sequence[Encoded]) -> Batch:
        """Pad to the longest and move to the device."""

    def logits(self, batch: Batch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return float32 logits of shape (batch, classes).

        Parameters
        ----------
        embedded
            Stands in for what `embed` returns. Ids, mask and segments are passed all the same, so that models which
            take positions or pooling from ids walk the same path.
        """

    def embed(self, batch: Batch) -> torch.Tensor:
        """Return what explanations interpolate: the output of the embedding layer, shape (batch, length, width)."""

    def baseline(self, encoded: Sequence[Encoded], batch: Batch, kind: str) -> torch.Tensor:
        """Return the uninformative input of the same shape as `embed`; special tokens stay as they are."""

    def baseline_kind(self, asked: str) -> str:
        """Resolve `auto` to a baseline this model has."""

    def other_baseline(self, kind: str) -> str:
        """Return another baseline, for decisions on which this one shows no contrast."""
