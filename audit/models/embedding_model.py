"""Models that read ids through a table of embeddings: a batch, the hook, and what is put in the place of words."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from audit.errors import ModelError
from audit.models.adapter import Encoded, elements_of
from audit.models.compiled import Compiled
from audit.models.rectifiers import jumps
from audit.store.decisions import NOT_FINITE

#: Of the table's median norm: a baseline token with less is as good as zero.
LEAST_NORM = 0.1


@dataclass(frozen=True)
class TokenBatch:
    """Tokens of several texts, padded to one length, on the device.

    Attributes
    ----------
    mask
        None where nothing is padded.
    asked : tensor of shape (batch,) or (batch, decisions)
        Which decision of each example is meant, or which ones, where a model makes several.
    """

    ids: torch.Tensor
    mask: torch.Tensor | None
    type_ids: torch.Tensor | None
    pad_id: int = 0
    asked: torch.Tensor | None = None


class EmbeddingModel:
    """What adapters share whose models look tokens up in a table.

    The model is only read: parameters are frozen, and what explanations need is injected by a hook for the length of
    one call.
    """

    #: Why decisions of this model cannot be explained; None if they can.
    unexplainable: str | None = None
    #: Whether logits have a gradient at what `embed` returns.
    differentiable = True
    #: Why a decision failed whose logits are not finite.
    not_finite = NOT_FINITE

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._take(model)
        self._mask_always = False
        self._norms: torch.Tensor | None = None

    def _take(self, model: Any) -> None:
        self._model = model
        self._embedding = model.get_input_embeddings()
        self.jumps = jumps(model)
        self._device: torch.device = next(model.parameters()).device
        #: The same, compiled; None where it is not.
        self._compiled: Compiled | None = None
        self._segments_always = False

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return self._device

    @property
    def gave_up_compiling(self) -> bool:
        """Whether a compiled model failed once decisions were under way, so that the model as it is goes on."""
        return self._compiled is not None and self._compiled.failed

    def collate(self, encoded: Sequence[Encoded]) -> TokenBatch:
        """Pad on the right to the longest and move to the device."""
        width = max(item.length for item in encoded)
        pad_id = self._pad_id(encoded)
        ids = np.full((len(encoded), width), pad_id, np.int64)
        mask = np.zeros_like(ids)
        types = np.zeros_like(ids)
        for row, item in enumerate(encoded):
            ids[row, : item.length] = item.inputs["ids"]
            mask[row, : item.length] = 1
            if "types" in item.inputs:
                types[row, : item.length] = item.inputs["types"]

        def move(array: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(array).to(self._device)

        idle = mask.all() and not self._mask_always
        asked = _asked(encoded)
        return TokenBatch(
            move(ids),
            None if idle else move(mask),
            move(types) if types.any() else None,
            pad_id,
            None if asked is None else move(asked),
        )

    def _pad_id(self, encoded: Sequence[Encoded]) -> int:
        """Id of padding: the model's own; if it has none, one that is in no text, so that nothing else is skipped."""
        own = self._model.config.get_text_config().pad_token_id
        if own is not None:
            return int(own)
        used = set(np.concatenate([item.inputs["ids"] for item in encoded]).tolist())
        return next(i for i in range(len(used) + 1) if i not in used)

    def _raw(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return what the model says, float32, with the embedding layer's output replaced if asked."""
        named = {"input_ids": batch.ids, "attention_mask": batch.mask, "token_type_ids": batch.type_ids}
        given = {name: tensor for name, tensor in named.items() if tensor is not None}
        if embedded is None and self._compiled is not None and self._compiled.takes(len(batch.ids)):
            return self._compiled(**self._whole(batch)).logits.float()  # type: ignore[no-any-return]
        with self._embedded(embedded), self._paddable(batch):
            out = self._model(**given)
        return out.logits.float()  # type: ignore[no-any-return]

    def _whole(self, batch: TokenBatch) -> dict[str, torch.Tensor]:
        """Return what a compiled model is given: the same tensors for every batch, those that say nothing as well."""
        given = {
            "input_ids": batch.ids,
            "attention_mask": torch.ones_like(batch.ids) if batch.mask is None else batch.mask,
        }
        if self._segments_always or batch.type_ids is not None:
            given["token_type_ids"] = torch.zeros_like(batch.ids) if batch.type_ids is None else batch.type_ids
        return given

    @contextlib.contextmanager
    def _embedded(self, embedded: torch.Tensor | None) -> Iterator[None]:
        if embedded is None:
            yield
            return
        waiting = [embedded]

        def replace(module: Any, args: Any, output: torch.Tensor) -> torch.Tensor:
            # Once: some decoders look segments up in the same table afterwards.
            return waiting.pop() if waiting else output

        handle = self._embedding.register_forward_hook(replace)
        try:
            yield
        finally:
            handle.remove()

    @contextlib.contextmanager
    def _paddable(self, batch: TokenBatch) -> Iterator[None]:
        """Tell a decoder that knows of no padding, for one call, which id it is: it finds the last token by it."""
        config = self._model.config.get_text_config()
        if config.pad_token_id is not None or len(batch.ids) == 1:
            yield
            return
        config.pad_token_id = batch.pad_id
        try:
            yield
        finally:
            config.pad_token_id = None

    def embed(self, batch: TokenBatch) -> torch.Tensor:
        """Return the word embeddings, shape (batch, length, width); positions are added later, by the model."""
        return self._embedding(batch.ids)  # type: ignore[no-any-return]

    def by_element(self, values: torch.Tensor, batch: TokenBatch) -> torch.Tensor:
        """Add up over the width of the embeddings: one value for each token, shape (batch, length)."""
        return values.sum(-1)

    def baseline_kind(self, asked: str) -> str:
        """Resolve `auto`: MASK where the tokenizer has one, else PAD, else EOS, else zeros; none that is no word."""
        if self.unexplainable:
            raise ModelError(f"decisions of this model cannot be explained: {self.unexplainable}")
        has = self._baselines()
        if asked == "auto":
            return next(kind for kind, token in has.items() if token is not None and self._says_something(token))
        if asked not in has:
            raise ModelError(
                f"there is no baseline {asked!r} of a text",
                hint="set explanations.baseline: auto",
            )
        if has[asked] is None:
            raise ModelError(f"the tokenizer has no {asked} token", hint="set explanations.baseline: auto")
        return asked

    def other_baseline(self, kind: str) -> str:
        """Return the next baseline after this one, for decisions on which it shows no contrast."""
        has = self._baselines()
        mine = has[kind]
        others = [
            name
            for name, token in has.items()
            if token is not None and name != kind and token != mine and self._says_something(token)
        ]
        return others[0] if others else "zero"

    def _says_something(self, token: int) -> bool:
        """Whether a token's embedding is one: the row of a padding token is often zero.

        A model that divides by the norm of what it reads (RMSNorm) turns about within a hair of zero, so that no path
        from there can be integrated; and the model never read a zero in training.
        """
        if token < 0:  # zeros themselves: the last resort
            return True
        if self._norms is None:
            self._norms = self._embedding.weight.float().norm(dim=1).cpu()
        return token < len(self._norms) and bool(self._norms[token] >= LEAST_NORM * self._norms.median())

    def _baselines(self) -> dict[str, int | None]:
        """All kinds, the best first, with the token of each; zeros have none."""
        tokenizer = self._tokenizer
        return {
            "mask": tokenizer.mask_token_id,
            "pad": tokenizer.pad_token_id,
            "eos": tokenizer.eos_token_id,
            "zero": -1,
        }

    def baseline(self, encoded: Sequence[Encoded], batch: TokenBatch, kind: str) -> torch.Tensor:
        """Replace every content token by MASK, PAD, EOS or zeros; special tokens and padding stay."""
        kept = torch.ones_like(batch.ids, dtype=torch.bool)
        for row, item in enumerate(encoded):
            kept[row, : item.length] = torch.from_numpy(item.frame)
        if kind == "zero":
            return self.embed(batch) * kept.unsqueeze(-1)
        token = self._baselines()[kind] or 0
        return self._embedding(torch.where(kept, batch.ids, token))  # type: ignore[no-any-return]

    def erase(
        self, encoded: Sequence[Encoded], batch: TokenBatch, kind: str, units: Sequence[Collection[int]]
    ) -> torch.Tensor:
        """Put the baseline in the place of some words of each text."""
        erased = elements_of(encoded, units, batch.ids.shape[1]).to(self._device).unsqueeze(-1)
        return torch.where(erased, self.baseline(encoded, batch, kind), self.embed(batch))


def _asked(encoded: Sequence[Encoded]) -> np.ndarray | None:
    """Put together which decisions are meant: one of each example, or several, padded with -1."""
    found = [item.inputs["asked"] for item in encoded if "asked" in item.inputs]
    if len(found) < len(encoded):
        return None
    if all(one.ndim == 0 for one in found):
        return np.stack(found)
    asked = np.full((len(found), max(one.size for one in found)), -1, np.int64)
    for row, one in enumerate(found):
        asked[row, : one.size] = one
    return asked
