"""How a feature is put into numbers for a model, and what stands for it where it says nothing."""

from __future__ import annotations

import math

from pydantic import Field, field_validator, model_validator

from audit.config.part import ConfigPart, Label


class FeatureEncoding(ConfigPart):
    """Of one feature: numbers are shifted and scaled, categories become one column each, in their order."""

    mean: float | None = Field(None, description="Of a number: what is subtracted; default 0.")
    scale: float | None = Field(None, gt=0, description="Of a number: what it is divided by afterwards; default 1.")
    categories: tuple[Label, ...] = Field((), description="Of a category: the values, in the order of their columns.")
    missing: Label | None = Field(
        None, description="The value that a missing one counts as; left out: decisions without the value fail."
    )
    reference: Label | None = Field(
        None,
        description="The value that is put in the place of a feature that is taken away; default: `mean` if it is "
        "given, else the mean, or the most common value, of the data.",
    )

    @field_validator("categories")
    @classmethod
    def _each_once(cls, categories: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(categories)) < len(categories):
            raise ValueError("a category stands twice")
        return categories

    @model_validator(mode="after")
    def _one_kind(self) -> FeatureEncoding:
        if self.categories and self._of_numbers:
            raise ValueError("a feature has `categories`, or is a number with `mean` and `scale`")
        for key in ("missing", "reference"):
            value = getattr(self, key)
            if self.categories and value is not None and value not in self.categories:
                raise ValueError(f"{key}: {value!r} is not among the categories")
        return self

    @property
    def _of_numbers(self) -> list[str]:
        return [key for key in ("mean", "scale") if getattr(self, key) is not None]

    def encoded(self, number: float) -> float:
        """Shift and scale a number."""
        return (number - (self.mean or 0.0)) / (self.scale or 1.0)

    def check(self, kind: str, *, as_it_is: bool = False) -> None:
        """Refuse what does not go with the kind of the feature, `number` or `category`.

        Parameters
        ----------
        as_it_is
            The model is given the value itself, which nothing is done to.

        Raises
        ------
        ValueError
            With the key.
        """
        if kind == "category":
            if given := self._of_numbers:
                raise ValueError(f"{given[0]}: a category has none")
            self._refuse_idle(as_it_is=as_it_is)
            return
        if self.categories:
            raise ValueError("categories: a number has none")
        self._refuse_idle(as_it_is=as_it_is)
        for key in ("missing", "reference"):
            value = getattr(self, key)
            if value is not None and number_of(value) is None:
                raise ValueError(f"{key}: {value!r} is no number")

    def _refuse_idle(self, *, as_it_is: bool) -> None:
        """Refuse what would be done to a value, where nothing is."""
        idle = [key for key in ("scale", "categories", "missing") if getattr(self, key)]
        if as_it_is and idle:
            raise ValueError(
                f"{idle[0]}: a function of `callable` is given values as they are, missing ones too; it goes with "
                "`factory` alone"
            )


def number_of(label: str) -> float | None:
    """Read a value as a finite number; None if it is none."""
    try:
        value = float(label)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
