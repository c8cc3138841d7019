"""What readers see of an example: its text, its named values, or a small copy of its picture."""

from __future__ import annotations

from typing import TypedDict

import pyarrow as pa

from audit.data.examples import Example, Fields, joined, plain


class ShownValue(TypedDict):
    """A named value as readers see it."""

    name: str
    value: str


class Shown(TypedDict):
    """What readers see.

    Attributes
    ----------
    input
        The text; of a picture, nothing.
    fields
        Named values; None where there are none.
    image
        The thumbnail of a picture, as a file; None where there is none, or it cannot be decoded.
    """

    input: str
    fields: list[ShownValue] | None
    image: bytes | None


#: The same as columns of a table.
SHOWN = [
    pa.field("input", pa.string()),
    pa.field("fields", pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())]))),
    pa.field("image", pa.binary()),
]


def shown_of(example: Example) -> Shown:
    """Make of an example what readers may see."""
    found = plain(example)
    fields = None
    if isinstance(found, Fields):
        fields = [ShownValue(name=name, value=value) for name, value in zip(found.names, found.shown, strict=True)]
    return Shown(input=joined(example), fields=fields, image=None)
