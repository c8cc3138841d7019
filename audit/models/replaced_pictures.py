"""Pictures for a function of the user's own, some patches of them blurred."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import PIL.Image
import PIL.ImageFilter

from audit.data.examples import Example, Image, plain
from audit.data.images import NotDecodedError, decode
from audit.errors import ModelError
from audit.models.adapter import Encoded
from audit.models.patch_grid import BLUR

#: Rows and columns of patches: few, since each costs calls of the function.
GRID = (7, 7)
#: Pixels that cost what a unit does.
PIXELS_PER_UNIT = 256


class Pictures:
    """Pictures, upright and in colours; a patch that is taken away is blurred."""

    kind = "blur"
    grid: tuple[int, int] | None = GRID

    def encode(self, example: Example) -> Encoded:
        """Find out whether a picture can be decoded; it stays as it is in the file until it is handed over."""
        image = plain(example)
        if not isinstance(image, Image):
            raise ModelError("reads pictures, and was given something else", hint="name data.columns.image")
        cells = np.arange(GRID[0] * GRID[1], dtype=np.int32)
        places = np.stack([cells, cells + 1], 1)
        try:
            decoded = decode(image)
        except NotDecodedError as error:
            return Encoded({}, cells[:0], places[:0], False, failed=error.code)
        held = np.empty(1, object)
        held[0] = image
        width, height = decoded.pixels.size
        return Encoded(
            {"image": held, "inert": np.zeros(len(cells), bool)}, cells, places, False,
            weight=max(len(cells), width * height // PIXELS_PER_UNIT), one_of_several=decoded.one_of_several,
        )  # fmt: skip

    def given(self, items: Sequence[Encoded], kept: npt.NDArray[np.bool_]) -> list[PIL.Image.Image]:
        """Decode pictures, and blur what is not kept; each is handed over once."""
        return [_blurred(item.inputs["image"][0], on) for item, on in zip(items, kept, strict=True)]


def _blurred(image: Image, kept: npt.NDArray[np.bool_]) -> PIL.Image.Image:
    picture = decode(image).pixels
    if kept.all():
        return picture
    radius = BLUR * max(picture.size)
    # Far smaller than the blur, so that nothing is lost, and as fast for a large picture as for a small one.
    small = picture.copy()
    small.thumbnail((96, 96))
    small = small.filter(PIL.ImageFilter.GaussianBlur(radius * max(small.size) / max(picture.size)))
    blurred = small.resize(picture.size, PIL.Image.Resampling.BICUBIC)
    return PIL.Image.composite(picture, blurred, _mask(picture.size, kept))


def _mask(size: tuple[int, int], kept: npt.NDArray[np.bool_]) -> PIL.Image.Image:
    """White where a pixel is in a patch that is kept."""
    width, height = size
    rows, columns = (np.arange(n) * cells // n for n, cells in ((height, GRID[0]), (width, GRID[1])))
    white = kept.reshape(GRID)[rows[:, None], columns]
    return PIL.Image.fromarray(np.where(white, 255, 0).astype(np.uint8), "L")
