"""Small copies of pictures for readers: pixels and nothing else of the file."""

from __future__ import annotations

import io

import PIL.Image

from audit.data.examples import Image
from audit.data.images import NotDecodedError, decode

#: Longest side, and that of pictures so small that they are kept as they are, without loss.
MOST_SIDE, SMALL = 160, 64
QUALITY = 85


def thumbnail(picture: PIL.Image.Image) -> bytes:
    """Make the file of a small copy: a PNG of what is tiny, else a JPEG."""
    small = PIL.Image.new("RGB", picture.size)
    # Pasted, so that nothing that the file said beside its pixels goes along.
    small.paste(picture.convert("RGB"))
    out = io.BytesIO()
    if max(small.size) <= SMALL:
        small.save(out, "PNG", optimize=True)
    else:
        small.thumbnail((MOST_SIDE, MOST_SIDE), PIL.Image.Resampling.LANCZOS)
        small.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def whole(image: Image) -> PIL.Image.Image | None:
    """Decode a picture; None if that cannot be done."""
    try:
        return decode(image).pixels
    except NotDecodedError:
        return None
