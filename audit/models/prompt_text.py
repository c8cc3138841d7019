"""What a decoder is asked about an example: a template with its fields filled in, and where each value stands.

Values are put in as they are. They are never read as templates, so that braces in them are braces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.config.prompt import Pieces, PromptConfig, Slot, pieces_of
from audit.errors import ConfigError
from audit.models.checkpoint import door

#: Stand for a value while a chat template is filled: characters of no script, around the number of the field.
_OPEN, _CLOSE = "\ue0f0", "\ue0f1"


@dataclass(frozen=True)
class Filled:
    """One field's value in a prompt: its characters there."""

    field: str
    start: int
    end: int


@dataclass(frozen=True)
class Prompt:
    """A prompt with its fields filled in."""

    text: str
    filled: tuple[Filled, ...]


def fill(pieces: Pieces, values: Mapping[str, str], moved: int = 0) -> Prompt:
    """Put values into a template.

    Parameters
    ----------
    moved
        Characters at the end that are left out, because they are part of every answer's first token.
    """
    text, filled = "", []
    for piece in pieces:
        if isinstance(piece, Slot):
            value = values[piece.field]
            filled.append(Filled(piece.field, len(text), len(text) + len(value)))
            text += value
        else:
            text += piece
    return Prompt(text[: len(text) - moved], tuple(filled))


def template_of(prompt: PromptConfig, tokenizer: Any, where: str) -> Pieces:
    """Take the template apart that all rows share; messages are put together by the tokenizer's own template.

    That is done once, with a mark in the place of every value, so that nothing in a value can act on it.

    Raises
    ------
    ConfigError, ModelError
        If the tokenizer has no template, or refuses the messages, or leaves a field out.
    """
    if prompt.template is not None:
        return pieces_of(prompt.template)
    own = tokenizer.chat_template
    if not own or (isinstance(own, dict) and "default" not in own):
        raise ConfigError(
            f"the tokenizer of {where} has no chat template", where="model.prompt.chat",
            hint="write the whole prompt as model.prompt.template",
        )  # fmt: skip
    fields = prompt.fields
    marks = {name: f"{_OPEN}{number}{_CLOSE}" for number, name in enumerate(fields)}
    messages = [
        {"role": message.role, "content": fill(pieces_of(message.content), marks).text} for message in prompt.chat
    ]
    answering = messages[-1]["role"] == "assistant"
    with door("putting the messages into the chat template", where):
        text = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=not answering, continue_final_message=answering
        )
    if lost := [name for name, mark in marks.items() if mark not in text]:
        raise ConfigError(
            f"the chat template of {where} leaves the placeholder {{{lost[0]}}} out", where="model.prompt.chat",
            hint="put it into a message of another role",
        )  # fmt: skip
    return _marked(text, fields)


def _marked(text: str, fields: list[str]) -> Pieces:
    first, *rest = text.split(_OPEN)
    pieces: list[str | Slot] = [first]
    for part in rest:
        number, _, after = part.partition(_CLOSE)
        pieces += [Slot(fields[int(number)]), after]
    return tuple(piece for piece in pieces if piece != "")
