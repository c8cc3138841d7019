"""Decoders asked with a prompt: what they think of the answers that stand for classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch

from audit.config import ModelConfig, PromptConfig
from audit.config.prompt import slots_of
from audit.data.examples import Example, Fields
from audit.errors import ConfigError, ModelError
from audit.models.adapter import Encoded
from audit.models.answers import answers_of
from audit.models.causal import Left, accepted_by, log_likelihoods, prefix, written
from audit.models.embedding_model import TokenBatch
from audit.models.encoded_prompts import PromptEncoder
from audit.models.language_model import LanguageModel
from audit.models.prompt_text import template_of
from audit.models.tasks import PROMPTED
from audit.models.text_model import TextModel
from audit.result import PromptFacts


class PromptedClassification(TextModel):
    """Adapter for decoders (`…ForCausalLM`), which answer a prompt with one of several texts.

    The logit of a class is the log-likelihood of its answer; of several answers, of any of them. So e to the logit is
    what the class holds of all that the model could say, e to the logits together the mass that all options hold, and
    their softmax the score among the options. Where answers are compared per token or calibrated, the same holds: the
    logits' softmax is that of the adjusted scores, and together they hold the same mass.
    """

    task = PROMPTED
    probes = frozenset({"terms", "values"})

    @classmethod
    def _classes(cls, model: Any, config: ModelConfig) -> list[str]:
        return list(_asked(config).labels)

    def _take(self, model: Any) -> None:
        super()._take(model)
        self._accepted = accepted_by(model)

    def _configure(self, config: ModelConfig) -> None:
        super()._configure(config)
        prompt, where = _asked(config), str(config.path)
        if self._facts.peft and self._facts.peft.virtual_tokens:
            raise ModelError(
                f"is an adapter by {self._facts.peft.method}, whose virtual tokens stand before the prompt; decoders "
                "that are asked with a prompt are audited with adapters of weights alone",
                where=where,
                hint="LoRA, AdaLoRA and IA³ are adapters of weights",
            )
        pieces = template_of(prompt, self._tokenizer, where)
        self._prompt = prompt
        self._answers = answers = answers_of(prompt.labels, pieces, self._tokenizer)
        self.notes += answers.notes
        extra = sum(len(ids) - 1 for ids in answers.ids)
        longest = self._facts.max_length
        self._encoder = PromptEncoder(
            self._tokenizer, pieces, _begin(prompt, self._tokenizer),
            limit=None if longest is None else longest - answers.longest + 1, moved=answers.moved, weight=extra,
        )  # fmt: skip
        self._of_class = [
            [number for number, at in enumerate(answers.of_class) if at == index] for index in range(len(self.classes))
        ]
        self._sizes = torch.tensor([len(ids) for ids in answers.ids], device=self.device, dtype=torch.float32)
        self._bias: torch.Tensor | None = None
        self._calibrate()
        self._facts = self._facts.model_copy(update={"prompt": self._told()})

    def _told(self) -> PromptFacts:
        sizes: Mapping[str, list[int]] = {
            name: [len(self._answers.ids[number]) for number in numbers]
            for name, numbers in zip(self.classes, self._of_class, strict=True)
        }
        return PromptFacts(
            template="".join(
                p.replace("{", "{{").replace("}", "}}") if isinstance(p, str) else f"{{{p.field}}}"
                for p in self._encoder.pieces
            ),
            fields=slots_of(self._encoder.pieces),
            answers={name: list(forms) for name, forms in self._prompt.labels.items()},
            tokens=dict(sizes),
            per_token=self._prompt.per_token,
            calibration=None if self._bias is None else dict(zip(self.classes, self._bias.tolist(), strict=True)),
            least_mass=self._prompt.least_mass,
        )

    def _calibrate(self) -> None:
        """Find what is answered to inputs that say nothing."""
        self._bias = None
        if not self._prompt.content_free:
            return
        names = tuple(slots_of(self._encoder.pieces))
        blank = self.encode([Fields(names, (text,) * len(names)) for text in self._prompt.content_free])
        with torch.inference_mode():
            scores = [self._by_class(self._scores(self.collate([item]))) for item in blank]
        self._bias = torch.cat(scores).mean(0)

    def randomised(self, seed: int) -> Self:
        """Return a copy with weights shuffled within each tensor; what it answers to nothing is its own."""
        copied = super().randomised(seed)
        copied._calibrate()
        return copied

    def encode(self, inputs: Sequence[Example]) -> list[Encoded]:
        """Fill the template and tokenize, cutting the longest field of what is too long."""
        return self._encoder.encode(inputs)

    def logits(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return float32 logits of shape (batch, classes): log-likelihoods, which together hold the options' mass."""
        return self._raw(batch, embedded)

    def _raw(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        scores = self._scores(batch, embedded)
        by_class = self._by_class(scores)
        if self._bias is not None:
            by_class = by_class - self._bias
        elif not self._prompt.per_token:
            return by_class
        return torch.log_softmax(by_class, -1) + scores.logsumexp(-1, keepdim=True)

    def _scores(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return the log-likelihood of each answer, shape (batch, answers)."""
        left = Left.of(batch)
        several = self._answers.longest > 1
        with self._embedded(left.moved(embedded)):
            said, cache = prefix(self._model, self._accepted, left, keep=several)
        if several and not hasattr(cache, "batch_repeat_interleave"):
            raise ModelError("keeps nothing of a prompt that answers of several tokens could go on from")
        return log_likelihoods(self._model, self._accepted, left, said, cache, self._answers.ids)

    def _by_class(self, scores: torch.Tensor) -> torch.Tensor:
        """Add up the answers that stand for each class."""
        if self._prompt.per_token:
            scores = scores / self._sizes
        return torch.stack([scores[:, numbers].logsumexp(-1) for numbers in self._of_class], 1)

    def answers_freely(self, batch: TokenBatch) -> npt.NDArray[np.bool_]:
        """Whether what the model writes by itself begins with one of the answers, shape (batch,)."""
        left = Left.of(batch)
        tokens = self._answers.longest
        said, cache = prefix(self._model, self._accepted, left, keep=tokens > 1)
        found = written(self._model, self._accepted, left, said, cache, tokens).tolist()
        return np.array([self._answers.begins(ids) for ids in found], bool)

    def language_model(self) -> LanguageModel:
        """The model without its prompt."""
        begin = () if self._prompt.begin is False else self._encoder.begin or _begins(self._tokenizer)
        facts = self._facts
        return LanguageModel(self._model, self._tokenizer, self._accepted, begin, facts.max_length, facts.batch_tokens)

    def _probed(self) -> list[Encoded]:
        names = tuple(slots_of(self._encoder.pieces))
        return self.encode([Fields(names, (text,) * len(names)) for text in self._probe_texts()])


def _asked(config: ModelConfig) -> PromptConfig:
    if config.prompt is None:  # refused before anything is loaded
        raise ValueError("no prompt")
    return config.prompt


def _begin(prompt: PromptConfig, tokenizer: Any) -> tuple[int, ...]:
    """Tokens before every prompt: what the tokenizer puts there itself, or as configured."""
    if prompt.begin is None:
        # A chat template has its own.
        return () if prompt.chat else _begins(tokenizer)
    if not prompt.begin:
        return ()
    if tokenizer.bos_token_id is None:
        raise ConfigError(
            "the tokenizer has no token for the beginning of a sequence", where="model.prompt.begin",
            hint="leave it out",
        )  # fmt: skip
    return (int(tokenizer.bos_token_id),)


def _begins(tokenizer: Any) -> tuple[int, ...]:
    """Tokens that the tokenizer puts before a text itself."""
    plain = list(tokenizer("x", add_special_tokens=False)["input_ids"])
    whole = list(tokenizer("x")["input_ids"])
    at = next((i for i in range(len(whole)) if whole[i : i + len(plain)] == plain), 0)
    return tuple(whole[:at])
