"""Text classifiers of the BERT kind: one text in, one class out."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from audit.data.examples import Example
from audit.models.adapter import Encoded
from audit.models.embedding_model import TokenBatch
from audit.models.encoded_texts import encode_texts
from audit.models.text_model import TextModel


class TextClassification(TextModel):
    """Adapter for `…ForSequenceClassification` checkpoints with two or more classes, one of which is true of a text."""

    task = "text-classification"
    one_place = True
    probes = frozenset({"terms"})

    def encode(self, inputs: Sequence[Example]) -> list[Encoded]:
        """Tokenize, cutting inputs that are too long at the end; of a pair, the longer text."""
        return encode_texts(self._tokenizer, inputs, self._facts.max_length, self._unknown)

    def logits(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return float32 logits of shape (batch, classes), with the embedding layer's output replaced if asked."""
        return self._raw(batch, embedded)
