"""What every part of the configuration is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from audit.config.spelling import as_label


def _label(value: object) -> object:
    return as_label(value) if isinstance(value, str | int | float) else value


#: A class or group, in its one spelling.
Label = Annotated[str, BeforeValidator(_label, json_schema_input_type=str | int | float | bool)]


def _named(column: str) -> str:
    if not column:
        raise ValueError("names no column; leave the key out, or call a column without a name by its number")
    return column


#: Name of a column, which may be a number in a file without a header.
Column = Annotated[
    str,
    BeforeValidator(lambda name: str(name) if type(name) is int else name, json_schema_input_type=str | int),
    AfterValidator(_named),
]


def _each_once(value: object) -> object:
    if isinstance(value, Mapping):
        spelled = [as_label(key) for key in value]
        twice = next((key for i, key in enumerate(spelled) if key in spelled[:i]), None)
        if twice is not None:
            raise ValueError(f"the key {twice!r} stands twice")
    return value


#: What a map of values is read from: two keys that are one value are an error.
LabelMap = Annotated[dict[Label, Label], BeforeValidator(_each_once, json_schema_input_type=dict[Label, Label])]


class ConfigPart(BaseModel):
    """Base of every part of the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
