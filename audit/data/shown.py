"""What readers see of an example: its text, its named values, or a small copy of its picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypedDict

import pyarrow as pa

from audit.data.examples import Example, Fields, Image, joined, plain

if TYPE_CHECKING:
    import PIL.Image

#: Shows a picture as a model is given it; None where that cannot be done.
Seeing = Callable[[Image], "PIL.Image.Image | None"]


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


def shown_of(example: Example, seeing: Seeing | None = None) -> Shown:
    """Make of an example what readers may see.

    Parameters
    ----------
    seeing
        How a model sees a picture, so that patches stand where they were; default: the whole of it.
    """
    found = plain(example)
    fields = None
    if isinstance(found, Fields):
        fields = [ShownValue(name=name, value=value) for name, value in zip(found.names, found.shown, strict=True)]
    image = _thumbnail(found, seeing) if isinstance(found, Image) else None
    return Shown(input=joined(example), fields=fields, image=image)


def _thumbnail(image: Image, seeing: Seeing | None) -> bytes | None:
    # Whoever audits texts need not load what decodes pictures.
    from audit.data.thumbnails import thumbnail, whole

    picture = (seeing or whole)(image)
    return None if picture is None else thumbnail(picture)
