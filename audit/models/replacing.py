"""What a function of the user's own is given: examples, with some of their units replaced by what says nothing.

A word is deleted, a feature has its reference value, a field is empty, a patch of a picture is blurred. Everything that
is handed over was made for the one call, so that a function may do with it what it likes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.data.examples import Example, Fields, Value, joined, plain
from audit.models.adapter import Encoded
from audit.models.looked import Looked, lines_of
from audit.models.whole_words import whole_words
from audit.terms.scripts import is_unspaced

Bools = npt.NDArray[np.bool_]
#: Words with what stands within them; marks one by one.
_WORD = re.compile(r"\w+(?:[’'\-]\w+)*|[^\w\s]")


class Replacing(Protocol):
    """One kind of example."""

    #: What erased units become, in a word.
    kind: str
    #: Of pictures, rows and columns of patches.
    grid: tuple[int, int] | None

    def encode(self, example: Example) -> Encoded:
        """Find the units of an example. `inert` among its inputs marks those that replacing changes nothing of."""

    def given(self, items: Sequence[Encoded], kept: Bools) -> Any:
        """Make what the function is given.

        Parameters
        ----------
        kept : array of shape (items, units of the longest)
        """


def replacing(looked: Looked) -> Replacing:
    """Return what goes with what is read."""
    if looked.reads == "features":
        return _Features(looked.kinds, looked.references)
    if looked.reads == "image":
        # Pillow is an extra.
        from audit.models.replaced_pictures import Pictures

        return Pictures()
    return _Named() if looked.reads == "fields" else _Texts()


def _encoded(inputs: Mapping[str, Any], places: npt.NDArray[np.int32], inert: Bools) -> Encoded:
    n = len(places)
    units = np.arange(n, dtype=np.int32)
    return Encoded({**inputs, "inert": inert}, units, places, truncated=False, weight=max(n, 1))


class _Texts:
    kind = "deleted"
    grid: tuple[int, int] | None = None

    def encode(self, example: Example) -> Encoded:
        text = joined(example)
        spans = np.array([span for found in _WORD.finditer(text) for span in _cut(found)], np.int32).reshape(-1, 2)
        places = whole_words(text, spans, np.arange(len(spans), dtype=np.int32))[1]
        return _encoded({"text": np.array([text], object)}, places, np.zeros(len(places), bool))

    def given(self, items: Sequence[Encoded], kept: Bools) -> list[str]:
        return [_without(item, on[: len(item.places)]) for item, on in zip(items, kept, strict=True)]


def _cut(found: re.Match[str]) -> list[tuple[int, int]]:
    """Cut at characters of scripts without spaces, one by one; whole words are made of them afterwards."""
    if found[0].isascii() or not any(map(is_unspaced, found[0])):
        return [found.span()]
    spans: list[tuple[int, int]] = []
    joinable = False
    for at, character in enumerate(found[0], found.start()):
        alone = is_unspaced(character)
        if spans and joinable and not alone:
            spans[-1] = (spans[-1][0], at + 1)
        else:
            spans.append((at, at + 1))
        joinable = not alone
    return spans


def _without(item: Encoded, kept: Bools) -> str:
    """Delete words, each with the space behind it, unless that parts what is left."""
    text = str(item.inputs["text"][0])
    if kept.all():
        return text
    out, at = "", 0
    for start, end in item.places[~kept].tolist():
        out += text[at:start]
        at = end
        while at < len(text) and text[at].isspace() and (not out or out[-1].isspace()):
            at += 1
    return out + text[at:]


class _Named:
    kind = "empty"
    grid: tuple[int, int] | None = None

    def encode(self, example: Example) -> Encoded:
        fields = _fields(example)
        inputs = {"names": np.array(fields.names, object), "values": _objects(fields.values)}
        return _encoded(inputs, lines_of(fields), np.array([not value for value in fields.shown], bool))

    def given(self, items: Sequence[Encoded], kept: Bools) -> list[dict[str, Value]]:
        return [
            {
                name: value if on else ""
                for name, value, on in zip(item.inputs["names"], item.inputs["values"], mask, strict=False)
            }
            for item, mask in zip(items, kept.tolist(), strict=True)
        ]


class _Features:
    kind = "reference"
    grid: tuple[int, int] | None = None

    def __init__(self, kinds: Mapping[str, str], references: Mapping[str, Value]) -> None:
        self._kinds = kinds
        self._references = _objects(tuple(references[name] for name in kinds))

    def encode(self, example: Example) -> Encoded:
        fields = _fields(example)
        values = _objects(fields.values)
        same = [value == other for value, other in zip(values, self._references, strict=True)]
        return _encoded({"values": values}, lines_of(fields), np.array(same, bool))

    def given(self, items: Sequence[Encoded], kept: Bools) -> pd.DataFrame:
        values = np.stack([item.inputs["values"] for item in items])
        values = np.where(kept, values, self._references)
        columns = {
            name: values[:, number].astype(np.float64)
            if kind == "number"
            else pd.Series(values[:, number], dtype=object)
            for number, (name, kind) in enumerate(self._kinds.items())
        }
        return pd.DataFrame(columns)


def _fields(example: Example) -> Fields:
    found = plain(example)
    if not isinstance(found, Fields):
        raise TypeError(f"a {type(found).__name__} where named values were expected")
    return found


def _objects(values: Sequence[Value]) -> npt.NDArray[Any]:
    out = np.empty(len(values), object)
    out[:] = values
    return out
