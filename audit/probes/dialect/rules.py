"""Reads rewrite rules: those that ship, and files of the user's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from audit.config.reading import read_yaml
from audit.errors import ConfigError, some

SHIPPED = Path(__file__).with_name("rules.yaml")


class Rule(BaseModel):
    """Writes a feature of a variety into a text."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^\w+$")
    source: str = Field(min_length=1, description="Who says that speakers do so.")
    find: str = Field(min_length=1)
    put: str

    @model_validator(mode="after")
    def _is_a_pattern(self) -> Rule:
        try:
            if self.pattern.search(""):
                raise ValueError("find: matches nothing at all, and so everywhere")
            self.pattern.sub(self.put, "")
        except re.error as error:
            raise ValueError(f"find, put: {error}") from None
        return self

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What it looks for."""
        return re.compile(self.find, re.IGNORECASE)


class Varieties(BaseModel):
    """Rules by variety."""

    model_config = ConfigDict(extra="forbid")

    varieties: dict[str, list[Rule]]


def load_rules(names: Sequence[str], own: Sequence[Path]) -> dict[str, list[Rule]]:
    """Read the rules of varieties.

    Parameters
    ----------
    names
        Varieties that ship.
    own
        Files of the user's own, of which all are taken.

    Raises
    ------
    ConfigError
        With the file and what is wrong in it.
    """
    shipped = _read(SHIPPED)
    if unknown := [name for name in names if name not in shipped]:
        raise ConfigError(
            f"there is no variety {unknown[0]!r}; there are {some(sorted(shipped))}", where="probes.dialect.varieties"
        )
    found = {name: shipped[name] for name in names}
    for path in own:
        for name, rules in _read(path).items():
            if name in found:
                raise ConfigError(f"the variety {name!r} is there already", where=str(path), hint="call it otherwise")
            found[name] = rules
    codes = [rule.code for rules in found.values() for rule in rules]
    if twice := [code for at, code in enumerate(codes) if code in codes[:at] or code in found]:
        raise ConfigError(f"two rules or varieties are called {twice[0]!r}", where="probes.dialect")
    return found


def _read(path: Path) -> dict[str, list[Rule]]:
    try:
        return Varieties.model_validate(read_yaml(path)).varieties
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_url=False)]
        raise ConfigError(some(wrong, 3), where=str(path), hint="docs/probes.md says what rules hold") from None
