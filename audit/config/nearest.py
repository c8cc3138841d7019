"""The key that somebody meant: errors about unknown keys name the one that is spelled most alike."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is spelled most like this one, if one is alike at all."""
    exact = list(known)
    folded = {name.casefold(): name for name in reversed(exact)}
    found = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def meant(word: str, known: Iterable[str]) -> str:
    """Ask for the nearest known word, at the end of a sentence; empty where none is alike."""
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else ""


def keys_at(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Names of the keys that stand at a place of the configuration."""
    models = [model]
    for step in location:
        found: list[type[BaseModel]] = []
        for known in models:
            field = known.model_fields.get(step) if isinstance(step, str) else None
            found += _models(field.annotation) if field else []
        # A number in a list, or the kind of value that was tried, leads to no other model.
        models = found or models
    return list(dict.fromkeys(name for known in models for name in known.model_fields))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
