"""Asking a decoder what comes next: batches padded on the left, and answers scored behind a prefix that is run once."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from audit.models.embedding_model import TokenBatch


@dataclass(frozen=True)
class Left:
    """A batch whose padding is on the left, so that every text ends at the same place.

    Attributes
    ----------
    order
        Where each token stood before, shape (batch, length); None where nothing is padded.
    lengths
        Tokens of each text, shape (batch,).
    """

    ids: torch.Tensor
    mask: torch.Tensor | None
    order: torch.Tensor | None
    lengths: torch.Tensor

    @classmethod
    def of(cls, batch: TokenBatch) -> Left:
        """Move the padding of a batch from the right to the left."""
        size, width = batch.ids.shape
        if batch.mask is None:
            return cls(batch.ids, None, None, torch.full((size,), width, device=batch.ids.device))
        lengths = batch.mask.sum(1)
        order = (torch.arange(width, device=batch.ids.device) - (width - lengths)[:, None]) % width
        return cls(batch.ids.gather(1, order), batch.mask.gather(1, order), order, lengths)

    def moved(self, embedded: torch.Tensor | None) -> torch.Tensor | None:
        """Move embeddings as ids were moved."""
        if embedded is None or self.order is None:
            return embedded
        return embedded.gather(1, self.order.unsqueeze(-1).expand_as(embedded))


def accepted_by(model: Any) -> frozenset[str]:
    """Name what the forward pass of a model takes, below an adapter if there is one."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return frozenset(inspect.signature(inner.forward).parameters)


def prefix(model: Any, accepted: frozenset[str], left: Left, *, keep: bool) -> tuple[torch.Tensor, Any]:
    """Run prompts.

    Parameters
    ----------
    keep
        Keep what is needed to go on (keys and values).

    Returns
    -------
    next : float32 tensor of shape (batch, vocabulary)
        Logits of what comes next.
    cache
        What is needed to go on.
    """
    given: dict[str, Any] = {"input_ids": left.ids, "use_cache": keep}
    if left.mask is not None:
        given["attention_mask"] = left.mask
        if "position_ids" in accepted:
            given["position_ids"] = (left.mask.cumsum(1) - 1).clamp(min=0)
    if "logits_to_keep" in accepted:
        given["logits_to_keep"] = 1
    out = model(**given)
    return out.logits[:, -1].float(), getattr(out, "past_key_values", None)


def behind(
    model: Any, accepted: frozenset[str], left: Left, cache: Any, ids: torch.Tensor, *, before: int = 0
) -> tuple[torch.Tensor, Any]:
    """Go on behind prompts.

    Parameters
    ----------
    ids : tensor of shape (batch, more)
        What stands there, behind the `before` tokens that were given since the prompt.

    Returns
    -------
    next : float32 tensor of shape (batch, more, vocabulary)
        Logits of what comes after each.
    """
    size, more = ids.shape
    given: dict[str, Any] = {"input_ids": ids, "past_key_values": cache, "use_cache": True}
    if left.mask is not None:
        ones = torch.ones((size, before + more), dtype=left.mask.dtype, device=ids.device)
        given["attention_mask"] = torch.cat([left.mask, ones], 1)
        if "position_ids" in accepted:
            given["position_ids"] = left.lengths[:, None] + before + torch.arange(more, device=ids.device)
    out = model(**given)
    return out.logits.float(), out.past_key_values


def log_likelihoods(
    model: Any,
    accepted: frozenset[str],
    left: Left,
    said: torch.Tensor,
    cache: Any,
    answers: Sequence[Sequence[int]],
) -> torch.Tensor:
    """Log-likelihood of each answer behind each prompt, shape (batch, answers).

    Parameters
    ----------
    said, cache
        What `prefix` returned. The cache is used up.
    answers
        Tokens of each.
    """
    device, size = said.device, len(said)
    firsts = torch.tensor([ids[0] for ids in answers], device=device)
    found = torch.log_softmax(said, -1)[:, firsts]
    longer = [number for number, ids in enumerate(answers) if len(ids) > 1]
    if not longer:
        return found
    most = max(len(answers[number]) for number in longer) - 1
    # Behind its end, an answer is filled up with tokens that nothing before them sees.
    fed = torch.tensor([_filled(answers[number][:-1], most) for number in longer], device=device)
    wanted = torch.tensor([_filled(answers[number][1:], most) for number in longer], device=device)
    counted = torch.tensor([[i < len(answers[number]) - 1 for i in range(most)] for number in longer], device=device)
    times = len(longer)
    cache.batch_repeat_interleave(times)
    repeated = Left(
        left.ids.repeat_interleave(times, 0),
        None if left.mask is None else left.mask.repeat_interleave(times, 0),
        None,
        left.lengths.repeat_interleave(times, 0),
    )
    logits, _ = behind(model, accepted, repeated, cache, fed.repeat(size, 1))
    chosen = logits.gather(-1, wanted.repeat(size, 1).unsqueeze(-1)).squeeze(-1) - logits.logsumexp(-1)
    rest = torch.where(counted.repeat(size, 1), chosen, 0.0).sum(1).view(size, times)
    return found.index_add(1, torch.tensor(longer, device=device), rest)


def written(
    model: Any, accepted: frozenset[str], left: Left, said: torch.Tensor, cache: Any, tokens: int
) -> torch.Tensor:
    """What the model writes when nobody holds it to answers: always the likeliest token, shape (batch, tokens)."""
    found = [said.argmax(-1)]
    for before in range(tokens - 1):
        logits, cache = behind(model, accepted, left, cache, found[-1][:, None], before=before)
        found.append(logits[:, -1].argmax(-1))
    return torch.stack(found, 1)


def _filled(ids: Sequence[int], size: int) -> list[int]:
    return [*ids, *[ids[-1]] * (size - len(ids))]
