"""Text classifiers of which several labels may be true at once, or none: each label is a decision of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from audit.config import ModelConfig
from audit.config.nearest import nearest
from audit.data.decided import NONE, label_decisions
from audit.data.examples import Asked, Example, Plain, joined
from audit.errors import ConfigError, some
from audit.models.adapter import Encoded
from audit.models.embedding_model import TokenBatch
from audit.models.encoded_texts import encode_texts
from audit.models.text_model import TextModel
from audit.store.decisions import NOT_FINITE, Decided

#: Logit of the classes that a decision is not about: e⁻⁵⁰ is nothing beside e⁰, and small enough to reckon with.
OUT_OF_QUESTION = -50.0


class MultiLabelClassification(TextModel):
    """Adapter for `…ForSequenceClassification` checkpoints whose labels are trained one by one, with a sigmoid each.

    The decision about a label has the logits 0 for `(none)` and z for the label, so that their softmax is the label's
    sigmoid and its log-odds are z. A label is given from its threshold on; whatever the threshold, what is explained is
    the probability.
    """

    task = "multi-label-classification"
    one_place = True
    least_labels = 1
    nothing: str | None = NONE

    def _configure(self, config: ModelConfig) -> None:
        self._labels = labels = self.classes[1:]
        asked = 0.5 if config.thresholds is None else config.thresholds
        given = asked if isinstance(asked, dict) else dict.fromkeys(labels, asked)
        for label in given:
            if label not in labels:
                near = nearest(label, labels)
                raise ConfigError(
                    f"the model has no label {label!r}; it has {some(labels)}",
                    where="model.thresholds",
                    hint=f"did you mean {near!r}?" if near else None,
                )
        shares = [given.get(label, 0.5) for label in labels]
        # σ(z) ≥ t where z ≥ log(t / (1 − t)).
        self._least = [math.log(share / (1 - share)) for share in shares]

    def encode(self, inputs: Sequence[Example]) -> list[Encoded]:
        """Tokenize, cutting inputs that are too long at the end, each for the label that is meant; else the first."""
        encoded = encode_texts(self._tokenizer, inputs, self._facts.max_length, self._unknown)
        return [
            replace(item, inputs={**item.inputs, "asked": np.array(self._asked(example), np.int64)})
            for item, example in zip(encoded, inputs, strict=True)
        ]

    def _asked(self, example: Example) -> int:
        label = example.output if isinstance(example, Asked) else None
        return 0 if label is None else self.classes.index(label) - 1

    def logits(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return float32 logits of shape (batch, classes): 0 for `(none)`, z for the label that is meant."""
        raw = self._raw(batch, embedded)
        if batch.asked is None:
            raise ValueError("nobody said which label is meant")
        about = torch.nn.functional.one_hot(batch.asked, raw.shape[1]).bool()
        others = torch.where(about, raw, OUT_OF_QUESTION)
        return torch.cat([torch.zeros_like(raw[:, :1]), others], 1)

    def windows(self, inputs: Sequence[Plain]) -> list[list[Encoded]]:
        """Prepare texts for all labels: one part each, cut at the end where it is too long."""
        return [[item] for item in encode_texts(self._tokenizer, inputs, self._facts.max_length, self._unknown)]

    def outputs(self, batch: TokenBatch) -> list[npt.NDArray[np.float32]]:
        """Run the model; return z of each label, shape (labels,)."""
        return list(self._raw(batch).cpu().numpy())

    def contests(self, output: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return each label's logit after the one from which on it is given, shape (labels, 2)."""
        return np.stack([np.array(self._least, np.float32), output], 1)

    def decide(
        self, example: Plain, windows: Sequence[Encoded], outputs: Sequence[npt.NDArray[np.float32]], gold: Any
    ) -> list[Decided]:
        """Return one decision per label, in the order of the labels.

        Parameters
        ----------
        gold
            The labels that are true; None if nobody knows.
        """
        (item,), (z,) = windows, outputs
        status = "empty" if not joined(example).strip() else "truncated" if item.truncated else "ok"
        found = {label for label, at, least in zip(self._labels, z, self._least, strict=True) if at >= least}
        decided = []
        for at, one in enumerate(label_decisions(self._labels, gold, found)):
            if not np.isfinite(z[at]):
                decided.append(replace(one, y_pred=None, status="failed", reason=NOT_FINITE))
                continue
            logits = [0.0] + [OUT_OF_QUESTION] * len(z)
            logits[at + 1] = float(z[at])
            decided.append(replace(one, logits=logits, status=status))
        return decided
