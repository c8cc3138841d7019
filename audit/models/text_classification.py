"""Text classifiers of the BERT kind: one text in, one class out."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from audit.config import ModelConfig
from audit.data.examples import Example, joined, plain
from audit.errors import ModelError, some
from audit.models.adapter import Batch, Encoded, elements_of
from audit.models.checkpoint import DTYPES, batch_tokens, door, resolve_device
from audit.models.limits import ABSURD, max_length
from audit.models.loaded import load_checkpoint
from audit.models.probe import Tolerance, probe_decisions, probe_explanations
from audit.models.vocabulary import check_vocabulary
from audit.models.whole_words import whole_words
from audit.result import ModelFacts, Note

#: Tokens of the texts that a model is tried with: the longest is beyond the windows that families look through.
PROBE_LENGTHS = (3, 20, 80)

#: Of the table's median norm: a baseline token with less is as good as zero.
LEAST_NORM = 0.1


class TextClassification:
    """Adapter for `…ForSequenceClassification` checkpoints with two or more classes.

    The model is only read: parameters are frozen, and what explanations need is injected by a hook for the length of
    one call.
    """

    #: There is one decision about each text.
    nothing: str | None = None

    def __init__(self, model: Any, tokenizer: Any, facts: ModelFacts, notes: Sequence[Note] = ()) -> None:
        self.notes = list(notes)
        self._model, self._tokenizer, self._facts = model, tokenizer, facts
        self.classes = facts.classes
        self._embedding = model.get_input_embeddings()
        self._mask_always = False
        self._norms: torch.Tensor | None = None
        #: Why decisions of this model cannot be explained; None if they can.
        self.unexplainable: str | None = None
        self._unknown = -1 if tokenizer.unk_token_id is None else int(tokenizer.unk_token_id)
        self._device: torch.device = next(model.parameters()).device

    @classmethod
    def load(cls, config: ModelConfig) -> TextClassification:
        """Load model and tokenizer from a local folder.

        Raises
        ------
        ModelError
            If weights are missing (a classifier head would be random), the tokenizer gives no character spans, or the
            checkpoint is not a single-label classifier.
        """
        device, where = resolve_device(config.device), str(config.path)
        loaded = load_checkpoint(config)
        model, tokenizer = loaded.model, loaded.tokenizer
        classes = _classes(model, where)
        with door("looking up its embeddings", where):
            rows = int(model.get_input_embeddings().weight.shape[0])
        notes = [*loaded.notes, *check_vocabulary(tokenizer, rows, loaded.tokenizer_folder)]
        model = model.to(device).eval().requires_grad_(False)
        facts = ModelFacts(
            name=config.path.resolve().name,
            task="text-classification",
            architecture=loaded.architecture,
            parameters=sum(parameter.numel() for parameter in model.parameters()),
            classes=classes,
            sha256=loaded.sha256,
            revision=revision if isinstance(revision := loaded.described.get("_commit_hash"), str) else None,
            stored_dtype=loaded.stored_dtype,
            dtype=config.dtype,
            device=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
            max_length=max_length(config, model, tokenizer, loaded.taken),
            batch_tokens=config.batch_tokens or batch_tokens(device),
            peft=loaded.peft,
            quantised=loaded.quantised,
        )
        adapter = cls(model, tokenizer, facts, notes)
        adapter._probe(DTYPES[config.dtype], where)
        return adapter

    def _probe(self, precision: torch.dtype, where: str) -> None:
        """Look at a few texts before any decision is made; find out whether a mask without effect may be left out."""
        encoded = self.encode(self._probe_texts())
        doing = f"trying {self._facts.architecture}"
        try:
            with door(doing, where):
                self._mask_always = not self._mask_is_idle(encoded[-1], precision)
                probe_decisions(self, encoded, precision)
        except ModelError as error:
            raise ModelError(f"cannot be audited: {error.problem}", where=where, hint=error.hint) from error
        try:
            with door(doing, where):
                self.unexplainable = probe_explanations(self, encoded[:2], precision)
        except ModelError as error:
            self.unexplainable = error.problem

    def _probe_texts(self) -> list[str]:
        """Make texts of different length from words all over the vocabulary."""
        special = set(self._tokenizer.all_special_ids)
        ids = [number for number in sorted(self._tokenizer.get_vocab().values()) if number not in special]
        room = min(max(PROBE_LENGTHS), (self._facts.max_length or ABSURD) - self._tokenizer.num_special_tokens_to_add())
        chosen = [ids[i] for i in np.linspace(len(ids) // 3, len(ids) - 1, max(room, 1)).astype(int)]
        return [self._tokenizer.decode(chosen[-length:]) for length in PROBE_LENGTHS]

    def _mask_is_idle(self, item: Encoded, precision: torch.dtype) -> bool:
        """Whether a mask of ones makes no difference."""
        batch = self.collate([item])
        with torch.inference_mode():
            without, masked = self.logits(batch), self.logits(replace(batch, mask=torch.ones_like(batch.ids)))
        return Tolerance.of(torch.cat([without, masked, torch.zeros_like(masked)]), precision).agree(without, masked)

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return self._device

    def randomised(self, seed: int) -> TextClassification:
        """Return a copy with weights shuffled within each tensor, so that it keeps all but what was learned."""
        model = copy.deepcopy(self._model)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in model.parameters():
                order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
                parameter.copy_(parameter.flatten()[order].view_as(parameter))
        copied = TextClassification(model, self._tokenizer, self._facts)
        copied._mask_always, copied._norms, copied.unexplainable = self._mask_always, self._norms, self.unexplainable
        return copied

    def facts(self) -> ModelFacts:
        """What the result says of the model."""
        return self._facts

    def encode(self, inputs: Sequence[Example]) -> list[Encoded]:
        """Tokenize, cutting inputs that are too long at the end; of a pair, the longer text."""
        if not inputs:
            return []
        pairs = [text if isinstance(text := plain(given), tuple) else (joined(text), None) for given in inputs]
        second = None if pairs[0][1] is None else [other or "" for _, other in pairs]
        encoded = self._tokenizer(
            [first for first, _ in pairs],
            second,
            truncation=self._facts.max_length is not None,
            max_length=self._facts.max_length,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
            return_token_type_ids="token_type_ids" in self._tokenizer.model_input_names,
            return_attention_mask=False,
            return_overflowing_tokens=False,
        )
        return [self._encoded(encoded, i, pair) for i, pair in enumerate(pairs)]

    def _encoded(self, encoded: Any, i: int, pair: tuple[str, str | None]) -> Encoded:
        ids = np.asarray(encoded["input_ids"][i], np.int64)
        inputs = {"ids": ids}
        if "token_type_ids" in encoded and any(encoded["token_type_ids"][i]):
            inputs["types"] = np.asarray(encoded["token_type_ids"][i], np.int64)
        spans = np.asarray(encoded["offset_mapping"][i], np.int32).reshape(-1, 2)
        special = np.asarray(encoded["special_tokens_mask"][i], bool)
        words = np.array([-1 if word is None else word for word in encoded.word_ids(i)], np.int32)
        words[special] = -1
        of_second = np.array([part == 1 for part in encoded.sequence_ids(i)], bool) & ~special
        if of_second.any():
            spans = spans + (of_second * (len(pair[0]) + 1))[:, None].astype(np.int32)
            words = np.where(of_second, words + words[~of_second].max(initial=0) + 1, words).astype(np.int32)
        units, places = whole_words(pair[0] if pair[1] is None else joined((pair[0], pair[1])), spans, words)
        truncated = bool(encoded.encodings[i].overflowing) if encoded.encodings else False
        return Encoded(inputs, units, places, truncated, int((ids[~special] == self._unknown).sum()))

    def collate(self, encoded: Sequence[Encoded]) -> Batch:
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
        return Batch(move(ids), None if idle else move(mask), move(types) if types.any() else None, pad_id)

    def _pad_id(self, encoded: Sequence[Encoded]) -> int:
        """Id of padding: the model's own; if it has none, one that is in no text, so that nothing else is skipped."""
        own = self._model.config.get_text_config().pad_token_id
        if own is not None:
            return int(own)
        used = set(np.concatenate([item.inputs["ids"] for item in encoded]).tolist())
        return next(i for i in range(len(used) + 1) if i not in used)

    def logits(self, batch: Batch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return float32 logits of shape (batch, classes), with the embedding layer's output replaced if asked."""
        named = {"input_ids": batch.ids, "attention_mask": batch.mask, "token_type_ids": batch.type_ids}
        given = {name: tensor for name, tensor in named.items() if tensor is not None}
        with self._embedded(embedded), self._paddable(batch):
            out = self._model(**given)
        return out.logits.float()  # type: ignore[no-any-return]

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
    def _paddable(self, batch: Batch) -> Iterator[None]:
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

    def embed(self, batch: Batch) -> torch.Tensor:
        """Return the word embeddings, shape (batch, length, width); positions are added later, by the model."""
        return self._embedding(batch.ids)  # type: ignore[no-any-return]

    def baseline_kind(self, asked: str) -> str:
        """Resolve `auto`: MASK where the tokenizer has one, else PAD, else EOS, else zeros; none that is no word."""
        if self.unexplainable:
            raise ModelError(f"decisions of this model cannot be explained: {self.unexplainable}")
        has = self._baselines()
        if asked == "auto":
            return next(kind for kind, token in has.items() if token is not None and self._says_something(token))
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

    def baseline(self, encoded: Sequence[Encoded], batch: Batch, kind: str) -> torch.Tensor:
        """Replace every content token by MASK, PAD, EOS or zeros; special tokens and padding stay."""
        kept = torch.ones_like(batch.ids, dtype=torch.bool)
        for row, item in enumerate(encoded):
            kept[row, : item.length] = torch.from_numpy(item.frame)
        if kind == "zero":
            return self.embed(batch) * kept.unsqueeze(-1)
        token = self._baselines()[kind] or 0
        return self._embedding(torch.where(kept, batch.ids, token))  # type: ignore[no-any-return]

    def erase(
        self, encoded: Sequence[Encoded], batch: Batch, kind: str, units: Sequence[Collection[int]]
    ) -> torch.Tensor:
        """Put the baseline in the place of some words of each text."""
        erased = elements_of(encoded, units, batch.ids.shape[1]).to(self._device).unsqueeze(-1)
        return torch.where(erased, self.baseline(encoded, batch, kind), self.embed(batch))


def _classes(model: Any, where: str) -> list[str]:
    """Name the classes in the order of the logits."""
    named = dict(model.config.id2label)
    if sorted(named) != list(range(len(named))) or len(named) != model.config.num_labels:
        raise ModelError(
            f"id2label numbers its classes {some([str(key) for key in named])}, not from 0 on without a gap",
            where=where,
            hint="correct id2label in config.json",
        )
    classes = [str(named[i]) for i in range(len(named))]
    if len(classes) < 2:
        raise ModelError("has one output; regression is not supported", where=where)
    if len(set(classes)) < len(classes):
        raise ModelError(
            f"two classes share a name: {some(classes)}", where=where, hint="correct id2label in config.json"
        )
    return classes
