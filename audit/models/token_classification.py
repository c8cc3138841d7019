"""Models that tag words: each entity, in truth or by prediction, is a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoTokenizer

from audit.config import ModelConfig
from audit.data.decided import entity_decisions
from audit.data.examples import Asked, Example, Plain, Words
from audit.entities.entity import OUTSIDE, Entity
from audit.errors import ModelError
from audit.models.adapter import Encoded
from audit.models.checkpoint import door
from audit.models.embedding_model import TokenBatch
from audit.models.encoded_words import ReadWords, read_words, words_of
from audit.models.tasks import tags_of
from audit.models.text_model import TextModel
from audit.result import ModelFacts, Note
from audit.store.decisions import NOT_FINITE, Decided

#: Logit of every type at a word of which the model reads nothing: it is outside, as surely as can be reckoned with.
UNREAD = -50.0


class TokenClassification(TextModel):
    """Adapter for `…ForTokenClassification` checkpoints.

    Words are tokenized one by one, as the scripts that train such models do (`is_split_into_words`), and a word's tag
    is the most probable one at its first token. Classes are the types of the tags, after O: the prefixes of a type are
    added up, so that a class has the probability that the word is part of an entity of this type, wherever that
    begins. A word without a token, as of control characters, is O. What is longer than the model takes is read in
    overlapping windows, each word in the one where it has most context.
    """

    task = "token-classification"
    nothing: str | None = OUTSIDE
    probes = frozenset({"names"})

    def __init__(self, model: Any, tokenizer: Any, facts: ModelFacts, notes: Sequence[Note] = ()) -> None:
        super().__init__(model, tokenizer, facts, notes)
        named = model.config.id2label
        self._tags = tags_of([str(named[i]) for i in range(len(named))], facts.name)
        if self._tags.set_aside:
            self.notes.append(Note(code="tags_set_aside", params={"tags": list(self._tags.set_aside)}))
        of_class = np.array(self._tags.class_of)
        #: Of each class, the tags that are added up.
        self._added = [np.flatnonzero(of_class == at).tolist() for at in range(len(self.classes))]
        specials = tokenizer.num_special_tokens_to_add()
        self._room = None if facts.max_length is None else facts.max_length - specials

    @classmethod
    def _prepared(cls, tokenizer: Any, folder: Path, config: ModelConfig) -> Any:
        # Byte-level tokenizers glue words together unless each is given the space before it.
        if "ByteLevel(add_prefix_space=False" not in str(tokenizer.backend_tokenizer.pre_tokenizer):
            return tokenizer
        with door("loading the tokenizer", folder):
            return AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=config.allow_remote_code, add_prefix_space=True
            )

    def _probed(self) -> list[Encoded]:
        texts = [words_of(text) for text in self._probe_texts()]
        # The last word is next to padding, and has everything before it.
        return self.encode([Asked(text, position=max(len(text) - 1, 0)) for text in texts])

    def _raw(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        raw = super()._raw(batch, embedded)
        # Virtual tokens of an adapter stand before the others.
        virtual = self._facts.peft.virtual_tokens if self._facts.peft else 0
        said = raw[:, virtual:] if raw.ndim == 3 and raw.shape[1] == batch.ids.shape[1] + virtual else raw
        expected = (*batch.ids.shape, len(self._tags.class_of))
        if said.shape != expected:
            raise ModelError(f"its logits have the shape {tuple(raw.shape)} where {expected} was expected")
        return said

    def _read(self, inputs: Sequence[Example]) -> list[ReadWords]:
        """Tokenize examples, each text once, however many of its decisions are meant."""
        texts = [words_of(given) for given in inputs]
        unique = list(dict.fromkeys(texts))
        read = dict(zip(unique, read_words(self._tokenizer, unique, self._room), strict=True))
        return [read[text] for text in texts]

    def encode(self, inputs: Sequence[Example]) -> list[Encoded]:
        """Tokenize, each for the word that is meant, else for the first; of a long text, the window that decides it."""
        positions = [given.position or 0 if isinstance(given, Asked) else 0 for given in inputs]
        both = zip(self._read(inputs), positions, strict=True)
        return [read.asked(position, self._unknown) for read, position in both]

    def windows(self, inputs: Sequence[Plain]) -> list[list[Encoded]]:
        """Tokenize whole texts, in as many windows as each needs; none, if there is nothing that a model could read."""
        return [read.parts(self._unknown) for read in self._read(inputs)]

    def _tags_at(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Run the model; return its tags at the tokens that are asked for, and where there is one.

        Returns
        -------
        tags : tensor of shape (batch, asked, tags)
        there : tensor of shape (batch, asked)
        """
        if batch.asked is None:
            raise ValueError("nobody said which words are meant")
        raw = self._raw(batch, embedded)
        asked = batch.asked.reshape(len(raw), -1)
        tokens = asked.clamp(min=0).unsqueeze(-1).expand(-1, -1, raw.shape[2])
        return raw.gather(1, tokens), asked >= 0

    def logits(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return float32 logits of shape (batch, classes) at the word that is meant, prefixes of one type added up."""
        tags, there = self._tags_at(batch, embedded)
        classes = torch.stack([tags[:, 0, added].logsumexp(1) for added in self._added], 1)
        unread = torch.tensor([0.0] + [UNREAD] * (len(self.classes) - 1), device=self._device)
        return torch.where(there, classes, unread)

    def outputs(self, batch: TokenBatch) -> list[npt.NDArray[np.float32]]:
        """Run the model; return the tags' logits at the words that each window decides, shape (words, tags)."""
        tags, there = self._tags_at(batch)
        both = zip(tags.cpu().numpy(), there.sum(1).tolist(), strict=True)
        return [row[:count] for row, count in both]

    def contests(self, output: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return an output as it is: the largest of a word's tags decides."""
        return output

    def decide(
        self, example: Plain, windows: Sequence[Encoded], outputs: Sequence[npt.NDArray[np.float32]], gold: Any
    ) -> list[Decided]:
        """Return one decision per entity, by place: all that are true, and all predicted ones that are not.

        Parameters
        ----------
        gold
            The entities that are true, over words; None if nobody knows.
        """
        words = words_of(example)
        tags = np.zeros((len(words), len(self._tags.class_of)), np.float32)
        read, cut = np.zeros(len(words), bool), np.zeros(len(words), bool)
        for window, output in zip(windows, outputs, strict=True):
            at = window.inputs["words"]
            tags[at], read[at], cut[at] = output, True, window.truncated
        if not np.isfinite(tags).all():
            return self._failed(words, gold)
        numbers = np.where(read, tags.argmax(1), self._added[0][0])
        status = np.where(read, np.where(cut, "truncated", "ok"), "empty")
        decided = entity_decisions(words, gold, self._tags.entities(numbers.tolist()))
        # A row in which there is nothing has a decision that is about no word.
        return [
            one
            if (word := one.position) is None
            else replace(one, logits=self._classes_at(tags[word], bool(read[word])), status=str(status[word]))
            for one in decided
        ]

    def _classes_at(self, tags: npt.NDArray[np.float32], read: bool) -> list[float]:
        if not read:
            return [0.0] + [UNREAD] * (len(self.classes) - 1)
        return [float(np.logaddexp.reduce(tags[added].astype(np.float64))) for added in self._added]

    @staticmethod
    def _failed(words: Words, gold: Sequence[Entity] | None) -> list[Decided]:
        """Return what failed: every entity that is true, or the one that says that there is none."""
        return [
            replace(one, y_pred=None, visible=None, status="failed", reason=NOT_FINITE)
            for one in entity_decisions(words, gold, [])
        ]
