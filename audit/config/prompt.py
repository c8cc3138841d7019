"""What a decoder is asked: a template with placeholders for fields, and the answers that stand for classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from audit.config.part import ConfigPart, Label
from audit.config.spelling import as_label

#: Inputs that say nothing, after Zhao et al. (2021).
CONTENT_FREE = ("N/A", "[MASK]", "")
_PIECES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True)
class Slot:
    """Where a field's value goes."""

    field: str


#: A template, taken apart: text that stays, and slots.
Pieces = tuple[str | Slot, ...]


def pieces_of(template: str) -> Pieces:
    """Take a template apart: `{name}` is a slot, `{{` and `}}` are braces.

    Raises
    ------
    ValueError
        If a brace stands alone.
    """
    found: list[str | Slot] = []
    text, at = "", 0
    for match in _PIECES.finditer(template):
        text, at = text + template[at : match.start()], match.end()
        if match[1] is not None:
            found += [text] if text else []
            found.append(Slot(match[1].strip()))
            text = ""
        elif len(match[0]) == 2:
            text += match[0][0]
        else:
            raise ValueError(
                f"a {match[0]!r} stands alone at character {match.start() + 1} of {template!r}; "
                f"a brace that is meant as text is written {match[0] * 2}"
            )
    text += template[at:]
    return (*found, text) if text else tuple(found)


def slots_of(pieces: Pieces) -> list[str]:
    """Name the fields that a template asks for, each once."""
    return list(dict.fromkeys(piece.field for piece in pieces if isinstance(piece, Slot)))


class MessageConfig(ConfigPart):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"] = Field(description="Who says it.")
    content: str = Field(description="What is said, with `{placeholders}` of the fields.")


def _one_or_several(value: object) -> object:
    given = value if isinstance(value, list | tuple) else [value]
    return [as_label(form) if isinstance(form, bool | int | float) else form for form in given]


#: One surface form or several.
Forms = Annotated[
    tuple[str, ...], Field(min_length=1), BeforeValidator(_one_or_several, json_schema_input_type=str | list[str])
]


class PromptConfig(ConfigPart):
    """How a decoder is asked, and which answers stand for which class."""

    template: str | None = Field(None, description="The prompt, with `{placeholders}` of `data.columns.fields`.")
    chat: tuple[MessageConfig, ...] = Field(
        (),
        description="Instead of `template`: messages with placeholders, put together by the tokenizer's own template.",
    )
    labels: dict[Label, Forms] = Field(
        min_length=2, description='Class -> the answer that stands for it, or several: [" yes", " Yes"].'
    )
    begin: bool | None = Field(
        None, description="A token for the beginning of a sequence comes first; default: what the tokenizer does."
    )
    per_token: bool = Field(False, description="Divide the log-likelihood of an answer by its number of tokens.")
    calibrate: bool | tuple[str, ...] = Field(
        False, description="Subtract what is answered to inputs that say nothing; `true`: N/A, [MASK] and nothing."
    )
    least_mass: float = Field(
        0.9, ge=0, le=1, description="Decisions whose answers hold less of all probability are counted and named."
    )

    @property
    def content_free(self) -> tuple[str, ...]:
        """Inputs that say nothing, whose scores are subtracted; none without calibration."""
        if isinstance(self.calibrate, bool):
            return CONTENT_FREE if self.calibrate else ()
        return self.calibrate

    @property
    def texts(self) -> list[str]:
        """The templates: one, or one for each message."""
        return [self.template] if self.template is not None else [message.content for message in self.chat]

    @property
    def fields(self) -> list[str]:
        """Name the fields that are asked for, each once."""
        return list(dict.fromkeys(name for text in self.texts for name in slots_of(pieces_of(text))))

    @field_validator("labels")
    @classmethod
    def _forms_are_texts(cls, labels: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        seen: dict[str, str] = {}
        for name, forms in labels.items():
            for form in forms:
                if not form.strip():
                    raise ValueError(
                        f"the answer {form!r} for {name!r} is empty, so that every text would begin with it"
                    )
                if form in seen:
                    raise ValueError(
                        f"the answer {form!r} stands for {seen[form]!r} and for {name!r}; it may stand once"
                    )
                seen[form] = name
        return labels

    @model_validator(mode="after")
    def _one_way_of_asking(self) -> PromptConfig:
        if (self.template is None) == (not self.chat):
            raise ValueError("give either `template` or `chat`")
        if not self.fields:
            raise ValueError(f"{self.texts!r} has no {{placeholder}}, so that every row would be asked the same")
        return self


def check_fields(prompt: PromptConfig, fields: Sequence[str]) -> None:
    """Hold the placeholders of a prompt against the fields of the data.

    Raises
    ------
    ValueError
        If a placeholder has no field, or a field no placeholder; both sides are named.
    """
    asked = prompt.fields
    sides = f"the prompt asks for {asked}, and data.columns.fields names {list(fields)}"
    if unknown := [name for name in asked if name not in fields]:
        raise ValueError(f"model.prompt: no field for the placeholder {{{unknown[0]}}}: {sides}")
    if unused := [name for name in fields if name not in asked]:
        raise ValueError(f"model.prompt: no placeholder {{{unused[0]}}} for a field: {sides}")
