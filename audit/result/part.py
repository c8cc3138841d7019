"""What every part of the result is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Base of every part of the result."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Note(Part):
    """Something a reader must know: a code with its parameters."""

    code: str
    params: dict[str, str | int | float | list[str] | None] = Field(default_factory=dict)
