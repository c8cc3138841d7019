"""What every part of the configuration is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


def as_label(value: object) -> str:
    """One spelling for labels and groups: 1, 1.0 and True read from YAML, JSON or Parquet become "1", "1", "true"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _label(value: object) -> object:
    return as_label(value) if isinstance(value, str | int | float) else value


#: A class or group; YAML reads `yes`, `1` and `1.0` as other things than text.
Label = Annotated[str, BeforeValidator(_label, json_schema_input_type=str | int | float | bool)]


class Part(BaseModel):
    """Base of every part of the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)
