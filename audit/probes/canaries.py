"""Secrets that were planted in training texts, and how much more likely a model finds them than secrets it never saw.

The exposure of a secret (Carlini et al. 2019) is log₂ of how many secrets there might have been, less log₂ of its rank
among them by likelihood: none, where it comes last; one bit, where it is in the first half; as many bits as the secret
has, where it comes first. A secret that was drawn at random and never shown has any rank equally often, so that its
exposure is above b in 2^−b of cases, whatever the model: that is the p value.

Where there are more secrets than are asked about, some are drawn, and the share of secrets that are likelier than this
one has Clopper and Pearson's bounds; so has its exposure.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np
from pydantic import Field, ValidationError, model_validator
from scipy.stats import beta

from audit.config.part import ConfigPart, Label
from audit.config.reading import read_yaml, refuse_broken_text
from audit.errors import ConfigError

#: What stands for the secret in a text.
PLACE = "{secret}"
ALPHABETS = (digits, ascii_lowercase, ascii_uppercase)
#: Of a canary whose secret is one of these many, nothing can be said.
LEAST_SPACE = 10


class Canary(ConfigPart):
    """A text with a secret in it."""

    name: Label | None = Field(None, description="What outputs call it; default: its number.")
    text: str = Field(description="The text, with {secret} where the secret stands.")
    secret: str = Field(min_length=1, description="The secret. It is in no output.")
    planted: bool = Field(True, description="Whether it is in the training texts; false: one to compare with.")
    candidates: tuple[str, ...] = Field(
        (),
        description="Secrets that might have stood there as well; default: other digits for its digits, other letters "
        "for its letters.",
    )

    @model_validator(mode="after")
    def _holds_a_secret(self) -> Canary:
        if self.text.count(PLACE) != 1:
            raise ValueError(f"text: write {PLACE} once, where the secret stands")
        if self.space < LEAST_SPACE:
            raise ValueError(
                f"secret: only {self.space} secrets might stand there, and a rank among so few tells nothing; "
                "a secret is drawn at random, of digits or letters"
            )
        return self

    @property
    def space(self) -> int:
        """How many secrets there might be, this one included."""
        if self.candidates:
            return len({*self.candidates, self.secret})
        return math.prod(len(letters) for letters in map(_alphabet, self.secret))

    def others(self, most: int, seed: int) -> list[str]:
        """Other secrets: all, or so many drawn at random."""
        if self.candidates:
            known = sorted({*self.candidates} - {self.secret})
            rng = np.random.default_rng(seed)
            return known if len(known) <= most else [known[i] for i in sorted(rng.choice(len(known), most, False))]
        letters = [_alphabet(character) for character in self.secret]
        if self.space - 1 <= most:
            return [made for made in map("".join, product(*letters)) if made != self.secret]
        rng, found = np.random.default_rng(seed), dict[str, bool]()
        while len(found) < most:
            made = "".join(one[int(rng.integers(len(one)))] for one in letters)
            if made != self.secret:
                found[made] = True
        return list(found)

    def with_secret(self, secret: str) -> str:
        """The text with this secret."""
        return self.text.replace(PLACE, secret)


class Canaries(ConfigPart):
    """A file of canaries."""

    canaries: tuple[Canary, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _have_names(self) -> Canaries:
        names = self.names
        if twice := [name for at, name in enumerate(names) if name in names[:at]]:
            raise ValueError(f"two canaries are called {twice[0]!r}")
        return self

    @property
    def names(self) -> list[str]:
        """What outputs call them."""
        return [canary.name or str(number) for number, canary in enumerate(self.canaries, 1)]


def load_canaries(path: Path) -> tuple[Canaries, str]:
    """Read a file of canaries; return its SHA-256 as well.

    Raises
    ------
    ConfigError
        If it is no such file. Errors say where, and never what the secret is.
    """
    raw = read_yaml(path)
    refuse_broken_text(raw, str(path))
    try:
        found = Canaries.model_validate(raw)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in wrong["loc"])
        raise ConfigError(
            f"{key}: {wrong['msg'].removeprefix('Value error, ')}".removeprefix(": "),
            where=str(path),
            hint="the file holds `canaries`, a list of `text`, `secret` and `planted`",
        ) from None
    return found, hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Exposure:
    """How exposed a secret is, in bits.

    Attributes
    ----------
    ahead
        Of the `compared` other secrets, how many the model finds likelier; one as likely counts half.
    whole
        All other secrets there are were compared.
    most
        Bits that there are to find.
    """

    ahead: float
    compared: int
    whole: bool
    most: float
    value: float
    lower: float
    upper: float
    p_value: float


def exposure_of(secret: float, others: Sequence[float], space: int, level: float) -> Exposure:
    """Exposure of a secret of this log-likelihood.

    Parameters
    ----------
    others
        Log-likelihoods of other secrets.
    space
        How many secrets there are.
    level
        Of the interval, where not all other secrets were compared.
    """
    values, most = np.asarray(others), math.log2(space)
    ahead = float((values > secret).sum() + (values == secret).sum() / 2)
    n = len(values)
    if n >= space - 1:
        value = most - math.log2(1 + ahead)
        return Exposure(ahead, n, True, most, value, value, value, (1 + ahead) / space)
    share = (ahead + 1) / (n + 1)
    low = float(beta.ppf((1 - level) / 2, ahead, n - ahead + 1)) if ahead > 0 else 0.0
    high = float(beta.isf((1 - level) / 2, ahead + 1, n - ahead)) if ahead < n else 1.0
    upper = most if low <= 0 else min(-math.log2(low), most)
    return Exposure(ahead, n, False, most, min(-math.log2(share), most), -math.log2(high), upper, share)


def _alphabet(character: str) -> str:
    """What might stand in the place of a character of a secret."""
    return next((letters for letters in ALPHABETS if character in letters), character)
