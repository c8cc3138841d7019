"""A decoder as what it is: how likely it finds texts, and how it goes on with the beginning of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from audit.models.causal import Left, prefix, written
from audit.models.embedding_model import TokenBatch
from audit.models.engine import BatchRunner

Floats = npt.NDArray[np.float64]


class LanguageModel:
    """A decoder that is given plain texts, without a prompt around them.

    Parameters
    ----------
    accepted
        What the forward pass takes.
    begin
        Tokens before every text.
    longest
        Tokens that the model takes; None where nothing limits it.
    budget
        Padded tokens per batch.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        accepted: frozenset[str],
        begin: tuple[int, ...],
        longest: int | None,
        budget: int,
    ) -> None:
        self._model, self._tokenizer, self._accepted = model, tokenizer, accepted
        self._begin, self.longest = begin, longest
        self._runner = BatchRunner(budget)
        self._device = next(model.parameters()).device

    @property
    def spent(self) -> dict[str, int]:
        """Batches and padded tokens so far."""
        return {"leakage_batches": self._runner.batches, "leakage_tokens": self._runner.tokens}

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokens of texts, without those that begin or end one."""
        if not texts:
            return []
        found = self._tokenizer(list(texts), add_special_tokens=False, split_special_tokens=True)
        return [list(map(int, ids)) for ids in found["input_ids"]]

    def room(self) -> int | None:
        """Tokens of a text that the model takes; None where nothing limits it."""
        return None if self.longest is None else self.longest - len(self._begin)

    def log_likelihoods(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Natural logarithm of the probability of each text; of its first token, where nothing begins a text, none.

        Parameters
        ----------
        texts
            Tokens of each.
        """
        items = [[*self._begin, *ids] for ids in texts]
        with torch.inference_mode():
            return np.array(self._runner.run(items, len, self._likelihoods), np.float64)

    def _likelihoods(self, batch: list[list[int]]) -> list[float]:
        width = max(map(len, batch))
        ids = torch.tensor([[*one, *[one[-1]] * (width - len(one))] for one in batch], device=self._device)
        # What fills up a text stands behind it, so that nothing of the text sees it.
        given: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        logits = self._model(**given).logits[:, :-1].float()
        said = torch.log_softmax(logits, -1).gather(-1, ids[:, 1:, None]).squeeze(-1)
        counted = torch.tensor(
            [[max(len(self._begin), 1) - 1 <= at < len(one) - 1 for at in range(width - 1)] for one in batch],
            device=self._device,
        )
        found: list[float] = torch.where(counted, said.double(), 0.0).sum(1).tolist()
        return found

    def continued(self, prefixes: Sequence[Sequence[int]], tokens: int) -> list[list[int]]:
        """What it writes behind the beginnings of texts: always the likeliest token.

        Parameters
        ----------
        prefixes
            Tokens of each.
        tokens
            How many it writes.
        """
        items = [[*self._begin, *ids] for ids in prefixes]

        def work(batch: list[list[int]]) -> list[list[int]]:
            width = max(map(len, batch))
            ids = torch.tensor([[*one, *[one[-1]] * (width - len(one))] for one in batch], device=self._device)
            sizes = torch.tensor([len(one) for one in batch], device=self._device)
            mask = (torch.arange(width, device=self._device)[None, :] < sizes[:, None]).long()
            left = Left.of(TokenBatch(ids, None if bool(mask.all()) else mask, None))
            said, cache = prefix(self._model, self._accepted, left, keep=tokens > 1)
            found: list[list[int]] = written(self._model, self._accepted, left, said, cache, tokens).tolist()
            return found

        with torch.inference_mode():
            return self._runner.run(items, lambda item: len(item) + tokens, work)
