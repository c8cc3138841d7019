"""The answers that stand for classes, as the tokens that a decoder would write after its prompt.

Prompt and answer are tokenized as one text, as in training. Where the two share a token, as in `Answer: ` and `yes`,
whose blank is part of the token ` yes`, that part of the prompt is moved into every answer. Where that cannot be done,
because it would reach into a field, answers are tokenized by themselves, and a note says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from audit.config.prompt import Pieces, slots_of
from audit.errors import ConfigError
from audit.models.prompt_text import fill
from audit.result import Note


@dataclass(frozen=True)
class Answers:
    """Surface forms of all classes.

    Attributes
    ----------
    forms
        As configured, class by class.
    ids
        Tokens of each form.
    of_class
        Class of each form, by its number.
    moved
        Characters at the end of the prompt that the forms begin with.
    apart
        Whether prompt and forms are tokenized by themselves.
    """

    forms: tuple[str, ...]
    ids: tuple[tuple[int, ...], ...]
    of_class: tuple[int, ...]
    moved: int = 0
    apart: bool = False

    @property
    def longest(self) -> int:
        """Most tokens of a form."""
        return max(map(len, self.ids))

    @property
    def notes(self) -> list[Note]:
        """What a reader should know of them."""
        return [Note(code="answers_apart")] if self.apart else []

    def begins(self, written: Sequence[int]) -> bool:
        """Whether what was written begins with one of the forms."""
        return any(tuple(written[: len(form)]) == form for form in self.ids)


def answers_of(labels: Mapping[str, Sequence[str]], pieces: Pieces, tokenizer: Any) -> Answers:
    """Tokenize the forms of all classes after the end of the prompt.

    Raises
    ------
    ConfigError
        If two forms have the same tokens, one begins with another, or one is unknown to the tokenizer.
    """
    forms = tuple(form for found in labels.values() for form in found)
    of_class = tuple(number for number, found in enumerate(labels.values()) for _ in found)
    # Any value will do: what is looked at stands behind the last of them.
    prompt = fill(pieces, dict.fromkeys(slots_of(pieces), "x"))
    behind = max(filled.end for filled in prompt.filled)
    moved = _moved(tokenizer, prompt.text, forms)
    text = prompt.text[: len(prompt.text) - moved]
    tail = prompt.text[len(text) :]
    head = _ids(tokenizer, text)
    joint = [_ids(tokenizer, text + tail + form) for form in forms]
    apart = len(text) < behind or any(ids[: len(head)] != head or len(ids) == len(head) for ids in joint)
    ids = [_ids(tokenizer, form) for form in forms] if apart else [found[len(head) :] for found in joint]
    answers = Answers(forms, tuple(map(tuple, ids)), of_class, 0 if apart else moved, apart)
    _check(answers, list(labels), tokenizer)
    return answers


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _moved(tokenizer: Any, prompt: str, forms: Sequence[str]) -> int:
    """Characters at the end of the prompt that some form shares a token with."""
    alone = tokenizer(prompt, add_special_tokens=False, return_offsets_mapping=True)
    ids, spans = list(alone["input_ids"]), alone["offset_mapping"]
    kept = len(ids)
    for form in forms:
        together = _ids(tokenizer, prompt + form)
        same = next((i for i, pair in enumerate(zip(ids, together, strict=False)) if pair[0] != pair[1]), len(ids))
        kept = min(kept, same)
    if kept == len(ids):
        return 0
    # Offsets of a blank before a word may leave it out.
    start = int(spans[kept - 1][1]) if kept else 0
    return len(prompt) - start


def _check(answers: Answers, classes: list[str], tokenizer: Any) -> None:
    def named(number: int) -> str:
        return f"{answers.forms[number]!r} ({classes[answers.of_class[number]]})"

    where = "model.prompt.labels"
    for number, ids in enumerate(answers.ids):
        if not ids:
            raise ConfigError(f"the answer {named(number)} has no token", where=where)
        if tokenizer.unk_token_id is not None and tokenizer.unk_token_id in ids:
            raise ConfigError(f"the tokenizer does not know all of the answer {named(number)}", where=where)
    for one, other in permutations(range(len(answers.ids)), 2):
        a, b = answers.ids[one], answers.ids[other]
        if a == b:
            raise ConfigError(
                f"the answers {named(one)} and {named(other)} have the same tokens, {_shown(a, tokenizer)}: "
                "the model cannot tell them apart",
                where=where,
                hint="give answers that differ, or one of them alone",
            )
        if a == b[: len(a)]:
            raise ConfigError(
                f"the answer {named(other)}, {_shown(b, tokenizer)}, begins with the answer {named(one)}, "
                f"{_shown(a, tokenizer)}: whoever writes the longer one has written the shorter one too",
                where=where,
                hint="give answers of which none begins with another",
            )


def _shown(ids: Sequence[int], tokenizer: Any) -> str:
    return " ".join(map(repr, tokenizer.convert_ids_to_tokens(list(ids))))
