"""What adapters share whose models read text: loading, a look at the model before anything is decided, a copy."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import torch

from audit.config import ModelConfig
from audit.data.examples import Example
from audit.errors import ConfigError, ModelError
from audit.models.adapter import Encoded
from audit.models.attention import check_attention
from audit.models.checkpoint import DTYPES, door, resolve_device
from audit.models.compiled import Compiled
from audit.models.embedding_model import EmbeddingModel, TokenBatch
from audit.models.first_place import read_first_place
from audit.models.limits import ABSURD, max_length
from audit.models.loaded import load_checkpoint
from audit.models.model_facts import facts_of, labels_of
from audit.models.placing import check_map, device_of_inputs, placed
from audit.models.precision import at_precision
from audit.models.probe import Tolerance, probe_decisions, probe_explanations
from audit.models.shuffled import shuffled
from audit.models.tasks import check_prompt, decided_classes
from audit.models.vocabulary import check_vocabulary
from audit.result import ModelFacts, Note

#: Tokens of the texts that a model is tried with: the longest is beyond the windows that families look through.
PROBE_LENGTHS = (3, 20, 80)


class TextModel(EmbeddingModel, ABC):
    """An adapter of a checkpoint; what is left to say is how examples are encoded and what logits decide."""

    #: Name of the task; each adapter has its own.
    task: ClassVar[str]
    #: Fewest labels that make sense.
    least_labels: ClassVar[int] = 2
    #: The class that says that there is nothing, where a model makes several decisions about an example.
    nothing: str | None = None
    #: Whether a text has one decision, which models may make from its first token alone.
    one_place: ClassVar[bool] = False
    #: The kinds of probe that it can answer.
    probes: frozenset[str] = frozenset()

    def __init__(self, model: Any, tokenizer: Any, facts: ModelFacts, notes: Sequence[Note] = ()) -> None:
        super().__init__(model, tokenizer)
        self.notes = list(notes)
        self._facts = facts
        self.classes = facts.classes
        self._unknown = -1 if tokenizer.unk_token_id is None else int(tokenizer.unk_token_id)

    @classmethod
    def load(cls, config: ModelConfig) -> Self:
        """Load model and tokenizer from a local folder.

        Raises
        ------
        ModelError
            If weights are missing (a classifier head would be random), the tokenizer gives no character spans, or the
            checkpoint is not for this task.
        """
        device, where = resolve_device(config.device), str(config.path)
        check_prompt(cls.task, config.prompt, where)
        check_map(config)
        check_attention(config, device)
        loaded = load_checkpoint(config, cls.task)
        model, tokenizer = loaded.model, cls._prepared(loaded.reader, loaded.reader_folder.path, config)
        classes = cls._classes(model, config)
        with door("looking up its embeddings", where):
            rows = int(model.get_input_embeddings().weight.shape[0])
        notes = [*loaded.notes, *check_vocabulary(tokenizer, rows, loaded.reader_folder)]
        model = placed(model, config, device).eval().requires_grad_(False)
        device = device_of_inputs(model, config, device)
        length = max_length(config, model, tokenizer, loaded.taken)
        facts = facts_of(config, loaded, cls.task, classes, device, max_length=length)
        adapter = cls(model, tokenizer, facts, notes)
        adapter._configure(config)
        adapter._probe(DTYPES[config.dtype], where)
        if config.compile:
            adapter._compile(DTYPES[config.dtype], where)
        return adapter

    @classmethod
    def _prepared(cls, tokenizer: Any, folder: Any, config: ModelConfig) -> Any:
        """Return the tokenizer as this task needs it."""
        return tokenizer

    @classmethod
    def _classes(cls, model: Any, config: ModelConfig) -> list[str]:
        """Name what is decided, in the order of the logits."""
        where = str(config.path)
        return decided_classes(cls.task, labels_of(model, where, cls.least_labels), where)

    def _configure(self, config: ModelConfig) -> None:
        """Take over what the configuration says beside the checkpoint."""
        if config.thresholds is not None:
            raise ConfigError(
                f"thresholds are for models with several labels per text; this one is for {self.task}",
                where="model.thresholds",
            )

    @abstractmethod
    def encode(self, inputs: Sequence[Example]) -> list[Encoded]:
        """Prepare examples, each for the decision that is meant."""

    @abstractmethod
    def logits(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return float32 logits of shape (batch, classes), with the embedding layer's output replaced if asked."""

    def facts(self) -> ModelFacts:
        """What the result says of the model."""
        return self._facts

    def randomised(self, seed: int) -> Self:
        """Return a copy with weights shuffled within each tensor, so that it keeps all but what was learned."""
        copied = copy.copy(self)
        copied.notes = []
        copied._take(shuffled(self._model, seed))
        return copied

    def _probe(self, precision: torch.dtype, where: str) -> None:
        """Look at a few texts before any decision is made; find out whether a mask without effect may be left out."""
        encoded = self._probed()
        doing = f"trying {self._facts.architecture}"
        try:
            with door(doing, where):
                self._mask_always = not self._mask_is_idle(encoded[-1], precision)
                probe_decisions(self, encoded, precision)
                if self.one_place:
                    self._read_first_place(encoded)
        except ModelError as error:
            raise ModelError(f"cannot be audited: {error.problem}", where=where, hint=error.hint) from error
        try:
            with door(doing, where):
                self.unexplainable = probe_explanations(self, encoded[:2], _exchanged(encoded[:2]), precision)
        except ModelError as error:
            self.unexplainable = error.problem

    def _read_first_place(self, encoded: Sequence[Encoded]) -> None:
        """Spare the last layer what no decision is made from."""
        batches = [self.collate(encoded), *(self.collate([item]) for item in encoded)]

        def logits() -> torch.Tensor:
            with torch.inference_mode():
                return torch.cat([self._raw(batch) for batch in batches])

        read_first_place(self._model, logits)

    def _compile(self, dtype: torch.dtype, where: str) -> None:
        """Compile the model, and try it on batches of two sizes; note why it is not, where it cannot be."""
        encoded = self._probed()
        tier = self._facts.precision
        self._segments_always = "token_type_ids" in self._tokenizer.model_input_names
        try:
            with door("compiling", where), torch.inference_mode(), at_precision(tier, self._device):
                if self._model.config.get_text_config().pad_token_id is None:
                    raise ModelError("the model has no token for padding, so that batches need graphs of their own")
                # Not before: what torch says or refuses is caught here.
                compiled = Compiled(self._model, tier, self._device)
                rounding = torch.bfloat16 if tier == "bf16" else torch.float16 if tier == "tf32" else dtype
                for batch in (self.collate(encoded), self.collate(encoded[1:])):
                    plain = EmbeddingModel._raw(self, batch).flatten(0, -2)
                    found = compiled.first(**self._whole(batch)).logits.float().flatten(0, -2)
                    tolerance = Tolerance.of(torch.cat([plain, torch.zeros_like(plain)]), rounding)
                    if not tolerance.agree(found, plain):
                        raise ModelError("it computes other logits than the model")
        except ModelError as error:
            self.notes.append(Note(code="not_compiled", params={"why": error.problem}))
            return
        self._compiled = compiled
        self._facts = self._facts.model_copy(update={"compiled": True})

    def _probed(self) -> list[Encoded]:
        """Prepare what the model is tried with, the shortest first."""
        return self.encode(self._probe_texts())

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
            said = [self._raw(batch), self._raw(replace(batch, mask=torch.ones_like(batch.ids)))]
        without, masked = (logits.flatten(0, -2) for logits in said)
        return Tolerance.of(torch.cat([without, masked, torch.zeros_like(masked)]), precision).agree(without, masked)


def _exchanged(encoded: Sequence[Encoded]) -> list[Encoded]:
    """Return the texts with other words: those of the longest, from its end on."""
    longest = encoded[-1]
    words = longest.inputs["ids"][~longest.frame][::-1]

    def other(item: Encoded) -> dict[str, np.ndarray]:
        ids = item.inputs["ids"]
        return {**item.inputs, "ids": np.where(item.frame, ids, np.resize(words, item.length))}

    return [replace(item, inputs=other(item)) for item in encoded]
