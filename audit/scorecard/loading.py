"""Reads a scorecard: the one that ships, or a file of the user's own."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from audit.config.reading import read_yaml
from audit.errors import ConfigError, some
from audit.result.scorecard import DIMENSIONS
from audit.scorecard.fields import check_path

SHIPPED = Path(__file__).parent / "scorecard.yaml"


class Indicator(BaseModel):
    """A number of a result that speaks for a dimension."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    code: str = Field(min_length=1, pattern=r"^\w+$")
    title: str | None = Field(None, min_length=1, description="What outputs call it; default: the words for its code.")
    field: Annotated[str, AfterValidator(check_path)]
    value: str = "value"
    lower: str = "lower"
    upper: str = "upper"
    zero: float = Field(description="The value that means no risk.")
    one: float = Field(description="The value that means full risk.")
    weight: float = Field(gt=0)
    measure: str = Field("", description="Key of the configuration that measures it.")
    reason: str = Field(min_length=1, description="Why these ends and this weight.")

    @model_validator(mode="after")
    def _two_ends(self) -> Indicator:
        if self.zero == self.one:
            raise ValueError("`zero` and `one` are the same: nothing lies between them")
        return self


class Card(BaseModel):
    """Indicators by dimension."""

    model_config = ConfigDict(extra="forbid")

    dimensions: dict[str, list[Indicator]]
    sha256: str = ""

    @model_validator(mode="after")
    def _known(self) -> Card:
        if unknown := [name for name in self.dimensions if name not in DIMENSIONS]:
            raise ValueError(f"there is no dimension {unknown[0]!r}; there are {some(list(DIMENSIONS))}")
        for name, indicators in self.dimensions.items():
            codes = [indicator.code for indicator in indicators]
            if twice := [code for at, code in enumerate(codes) if code in codes[:at]]:
                raise ValueError(f"{name}: the indicator {twice[0]!r} is there twice")
        return self


def load_card(path: Path | None = None) -> Card:
    """Read a scorecard.

    Parameters
    ----------
    path
        A file of the user's own, which replaces what ships.

    Raises
    ------
    ConfigError
        With the file and what is wrong in it.
    """
    file = path or SHIPPED
    raw = read_yaml(file)
    try:
        card = Card.model_validate(raw)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_url=False)]
        raise ConfigError(
            some(wrong, 3), where=str(file), hint="docs/scorecard.md says what a scorecard holds"
        ) from None
    return card.model_copy(update={"sha256": hashlib.sha256(file.read_bytes()).hexdigest()})
