"""Pictures are decoded: upright, in colours or in grey, and nothing else of the file is kept.

What cannot be decoded is told by a code, since one bad file is one failed decision and not the end of an audit:

- `no_image`: the cell is empty.
- `unreadable_image`: cut short, damaged, or none of `FORMATS`.
- `too_large_image`: more than `MOST_PIXELS` or `MOST_BYTES`; it is not decoded at all (a decompression bomb).
- `unscaled_image`: its numbers are floats, or beyond 16 bits, so that nothing says which of them is white.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
import PIL.Image
from PIL.Image import Transpose

from audit.data.door import reading
from audit.data.examples import Image

#: Formats of pictures. Others that PIL knows are documents (PDF, EPS), which it hands to other programs.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000")
#: PIL's own limit, from which on it warns of a decompression bomb.
MOST_PIXELS = 89_478_485
MOST_BYTES = 256 << 20
#: Tag of EXIF that says how the camera was held, and how a picture is turned upright by its value.
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


class NotDecodedError(Exception):
    """A picture that cannot be decoded.

    Attributes
    ----------
    code
        Why.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Decoded:
    """A picture.

    Attributes
    ----------
    pixels
        Of the mode that was asked for, upright, with nothing beside them.
    one_of_several
        The file holds further pictures, of an animation or of several pages, that were not read.
    """

    pixels: PIL.Image.Image
    one_of_several: bool = False


def decode(image: Image, mode: Literal["RGB", "L"] = "RGB") -> Decoded:
    """Decode a picture, the first of several.

    What is transparent stands on white; 16 bits become 8, the highest of them.

    Parameters
    ----------
    mode
        `RGB`: colours; `L`: grey.

    Raises
    ------
    NotDecodedError
        If there is nothing to see.
    DataError
        If the file is not there any more, or the disk fails.
    """
    content = _content(image)
    try:
        with PIL.Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise NotDecodedError("too_large_image")
            # The second picture in the file of a camera (MPO) is a preview.
            several = opened.format != "MPO" and bool(getattr(opened, "is_animated", False))
            opened.load()
            turned = _UPRIGHT.get(_orientation(opened))
            pixels = _plain(opened, mode)
    except NotDecodedError:
        raise
    except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning):
        raise NotDecodedError("too_large_image") from None
    except Exception as error:  # a damaged file makes decoders raise whatever comes to their mind
        raise NotDecodedError("unreadable_image") from error
    return Decoded(pixels if turned is None else pixels.transpose(turned), several)


def _content(image: Image) -> bytes:
    content = image.data
    if content is None:
        if image.path is None:
            raise NotDecodedError("no_image")
        with reading(image.path, "a readable file"), image.path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise NotDecodedError("too_large_image")
    return content


def _orientation(opened: PIL.Image.Image) -> int:
    """Which way up a picture is; as it lies where its EXIF data are damaged."""
    try:
        found = opened.getexif().get(_ORIENTATION)
    except (ValueError, TypeError, KeyError, IndexError, OSError, SyntaxError, EOFError, UserWarning):
        return 1
    return found if isinstance(found, int) else 1


def _plain(opened: PIL.Image.Image, mode: str) -> PIL.Image.Image:
    """Bring any mode to colours or grey, without what else the file says."""
    if opened.mode == "F":
        raise NotDecodedError("unscaled_image")
    if opened.mode.startswith("I"):
        values = np.asarray(opened).astype(np.int64)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise NotDecodedError("unscaled_image")
        found = PIL.Image.fromarray((values >> 8).astype(np.uint8))
    elif opened.has_transparency_data:
        layer = opened.convert("RGBA")
        found = PIL.Image.new("RGBA", layer.size, "white")
        found.alpha_composite(layer)
    else:
        found = opened
    # What goes on is a copy of the pixels alone: `info` holds EXIF and other text.
    found = found.convert("RGB").convert(mode) if mode != found.mode else found.copy()
    found.info = {}
    return found
