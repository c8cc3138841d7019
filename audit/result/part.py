"""What every part of the result is made of."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic import NonNegativeFloat as Size
from pydantic import NonNegativeInt as Count

__all__ = ["Count", "Note", "Part", "Size"]


class Part(BaseModel):
    """Base of every part of the result."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @classmethod
    def of(cls, *parts: Part) -> Self:
        """Put parts together to one that holds them all, their fields beside each other."""
        return cls.model_validate({name: value for part in parts for name, value in part})


class Note(Part):
    """Something a reader must know: a code with its parameters."""

    code: str
    params: dict[str, str | int | float | list[str] | None] = Field(default_factory=dict)
