"""Prompts as tokens: words of fields are units, the template is frame; of what is too long, the longest field is cut.

Whatever a field holds is text. Tokens that mean something to the model (`<s>`, `<|im_start|>`) act where the template
has them; where a value spells one, it is read character by character.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from audit.config.prompt import Pieces, Slot, slots_of
from audit.data.examples import Example, Fields, plain
from audit.errors import ConfigError, DataError
from audit.models.adapter import FRAME, Encoded
from audit.models.prompt_text import Filled, Prompt, fill
from audit.models.whole_words import whole_words

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class _Tokens:
    """Tokens of a prompt: ids, characters, and the tokenizer's words."""

    ids: npt.NDArray[np.int64]
    spans: Ints
    words: Ints

    def of(self, filled: Filled) -> npt.NDArray[np.int64]:
        """Positions of the tokens that hold something of a value; one across two values is the first one's."""
        start, end = self.spans.T
        empty = (start == end) & (start >= filled.start) & (start < filled.end)
        return np.flatnonzero(empty | ((start < filled.end) & (end > filled.start)))


@dataclass(frozen=True)
class PromptEncoder:
    """Makes tokens of examples.

    Attributes
    ----------
    begin
        Tokens before every prompt.
    limit
        Tokens that a prompt may have, those included; None where nothing limits it.
    moved
        Characters at the end of the template that belong to the answers.
    weight
        What a prompt costs beside its own tokens.
    """

    tokenizer: Any
    pieces: Pieces
    begin: tuple[int, ...] = ()
    limit: int | None = None
    moved: int = 0
    weight: int = 0
    special: Mapping[int, str] = field(init=False)

    def __post_init__(self) -> None:
        added = self.tokenizer.added_tokens_decoder
        object.__setattr__(self, "special", {i: str(token) for i, token in added.items() if token.special})
        empty = fill(self.pieces, dict.fromkeys(slots_of(self.pieces), ""), self.moved)
        room = None if self.limit is None else self.limit - len(self.begin) - len(self._tokens([empty])[0].ids)
        if room is not None and room < 1:
            raise ConfigError(
                f"the template alone has {self.limit - room:,} tokens, and the model takes {self.limit:,} beside the "  # type: ignore[operator]
                "answer: that leaves no room for a field",
                where="model.prompt",
                hint="shorten it, or see model.max_length",
            )

    def encode(self, inputs: Sequence[Example]) -> list[Encoded]:
        """Tokenize, cutting the longest field of what is too long at its end."""
        if not inputs:
            return []
        examples = [_fields(given) for given in inputs]
        values = [self._values(example) for example in examples]
        prompts = [fill(self.pieces, one, self.moved) for one in values]
        found = []
        for example, given, prompt, tokens in zip(examples, values, prompts, self._tokens(prompts), strict=True):
            truncated = self.limit is not None and len(tokens.ids) + len(self.begin) > self.limit
            if truncated:
                prompt, tokens = self._cut(given, prompt, tokens)
            found.append(self._encoded(example, prompt, tokens, truncated=truncated))
        return found

    def _values(self, example: Fields) -> dict[str, str]:
        values = dict(zip(example.names, example.shown, strict=True))
        if missing := [name for name in slots_of(self.pieces) if name not in values]:
            raise DataError(
                f"the prompt asks for the field {missing[0]!r}, and the example has {list(values)}",
                where="data.columns.fields",
            )
        return values

    def _tokens(self, prompts: Sequence[Prompt]) -> list[_Tokens]:
        encoded = self._tokenized([prompt.text for prompt in prompts])
        found = []
        for prompt, tokens in zip(prompts, encoded, strict=True):
            acting = np.flatnonzero(np.isin(tokens.ids, list(self.special))) if self.special else ()
            within = len(acting) and any(np.isin(tokens.of(filled), acting).any() for filled in prompt.filled)
            found.append(self._read_apart(prompt) if within else tokens)
        return found

    def _tokenized(self, texts: list[str], **how: bool) -> list[_Tokens]:
        encoded = self.tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True, verbose=False, **how)
        return [
            _Tokens(
                np.asarray(encoded["input_ids"][i], np.int64),
                np.asarray(encoded["offset_mapping"][i], np.int32).reshape(-1, 2),
                np.array([-1 if word is None else word for word in encoded.word_ids(i)], np.int32),
            )
            for i in range(len(texts))
        ]

    def _read_apart(self, prompt: Prompt) -> _Tokens:
        """Tokenize what stands between the template's own special tokens, where nothing is special."""
        names = {name: number for number, name in self.special.items()}
        pattern = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))
        inside = [(filled.start, filled.end) for filled in prompt.filled]
        own = [
            match
            for match in pattern.finditer(prompt.text)
            if not any(start < match.end() and end > match.start() for start, end in inside)
        ]
        ids, spans, words, at, word = [], [], [], 0, 0
        for match in [*own, None]:
            stop = len(prompt.text) if match is None else match.start()
            if stop > at:
                (part,) = self._tokenized([prompt.text[at:stop]], split_special_tokens=True)
                ids.append(part.ids)
                spans.append(part.spans + at)
                words.append(part.words + word)
                word += int(part.words.max(initial=-1)) + 1
            if match is not None:
                ids.append(np.array([names[match[0]]], np.int64))
                spans.append(np.array([match.span()], np.int32))
                words.append(np.array([word], np.int32))
                word, at = word + 1, match.end()
        return _Tokens(
            np.concatenate(ids), np.concatenate(spans).astype(np.int32), np.concatenate(words).astype(np.int32)
        )

    def _cut(self, values: dict[str, str], prompt: Prompt, tokens: _Tokens) -> tuple[Prompt, _Tokens]:
        """Shorten the longest field, and then the longest again, until the prompt fits."""
        room = (self.limit or 0) - len(self.begin)
        values = dict(values)
        while (over := len(tokens.ids) - room) > 0:
            held = {filled.field: (filled, tokens.of(filled)) for filled in prompt.filled}
            uses = [piece.field for piece in self.pieces if isinstance(piece, Slot)]
            sizes = sorted(((len(at), name) for name, (_, at) in held.items()), reverse=True)
            most, name = sizes[0]
            second = sizes[1][0] if len(sizes) > 1 else 0
            filled, at = held[name]
            # No shorter than the next longest one, which is cut in its turn; a field may be asked for twice.
            gone = max(1, min(-(-over // uses.count(name)), most - second if most > second else 1))
            kept = max(most - gone, 0)
            end = max(int(tokens.spans[at[kept], 0]) - filled.start, 0) if kept < most else 0
            values[name] = values[name][: min(end, len(values[name]) - 1)]
            prompt = fill(self.pieces, values, self.moved)
            (tokens,) = self._tokens([prompt])
        return prompt, tokens

    def _encoded(self, example: Fields, prompt: Prompt, tokens: _Tokens, *, truncated: bool) -> Encoded:
        begins = {name: begin for name, (_, begin, _) in zip(example.names, example.lines, strict=True)}
        unit_of = np.full(len(tokens.ids), FRAME, np.int32)
        numbers: dict[tuple[int, int], int] = {}
        taken = 0
        for filled in prompt.filled:
            at = tokens.of(filled)
            at = at[at >= taken]
            if not len(at):
                continue
            taken = int(at[-1]) + 1
            size = filled.end - filled.start
            spans = np.clip(tokens.spans[at] - filled.start, 0, size).astype(np.int32)
            units, places = whole_words(prompt.text[filled.start : filled.end], spans, tokens.words[at])
            # A field that is asked for twice has its words once.
            shown = places + begins[filled.field]
            codes = np.array([numbers.setdefault((int(a), int(b)), len(numbers)) for a, b in shown], np.int32)
            unit_of[at[units >= 0]] = codes[units[units >= 0]]
        order = sorted(numbers)
        rank = np.zeros(len(numbers) + 1, np.int32)
        rank[[numbers[place] for place in order]] = np.arange(len(order), dtype=np.int32)
        unit_of = np.where(unit_of >= 0, rank[unit_of], FRAME).astype(np.int32)
        lead = np.full(len(self.begin), FRAME, np.int32)
        ids = np.concatenate([np.array(self.begin, np.int64), tokens.ids])
        units_of_all = np.concatenate([lead, unit_of])
        unknown = self.tokenizer.unk_token_id
        places_of_all = np.array(order, np.int32).reshape(-1, 2)
        missed = 0 if unknown is None else int((ids[units_of_all >= 0] == unknown).sum())
        cost = len(ids) + self.weight if self.weight else None
        return Encoded({"ids": ids}, units_of_all, places_of_all, truncated, missed, weight=cost)


def _fields(given: Example) -> Fields:
    found = plain(given)
    if not isinstance(found, Fields):
        raise DataError(
            "a prompt is filled from named fields, and the example is a text or a picture", where="data.columns.fields"
        )
    return found
