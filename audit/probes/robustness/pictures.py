"""Pictures as a worse camera takes them: blur, noise, JPEG, more and less light, less contrast.

The strengths are those of ImageNet-C (Hendrycks and Dietterich 2019,
https://github.com/hendrycks/robustness/blob/master/ImageNet-C/create_c/make_imagenet_c.py), published for pictures of
224 × 224. In pictures of another size blur and noise are scaled with the short side, so that what the model sees after
its own resizing is as blurred and as noisy. `darkness`, which ImageNet-C lacks, bends brightness by a power so that
mid-grey moves as far down as `brightness` of that severity moves it up.

Refused: what cannot be decoded (`unreadable`), and where more than half of the pixels would become black or white that
were not (`out_of_range`), or the picture would be left with next to no contrast or drowned by noise of three times its
own (`no_contrast`): nobody could answer.
Where light, sharpness or colour are what is asked about, such a change changes the right answer: do not ask for it.

References
----------
Hendrycks and Dietterich 2019, Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import PIL.Image
import PIL.ImageFilter

from audit.data.examples import Example, Image, plain
from audit.data.images import NotDecodedError, decode
from audit.probes.robustness.transform import Changed, Draw, Refused, Span, with_picture

#: Pixels from 0 to 1, shape (height, width, 3).
Pixels = npt.NDArray[np.float32]
#: Short side of the pictures that the strengths are published for.
PUBLISHED_SIDE = 224
#: Share of pixels that may be lost to black or white; standard deviation of brightness below which nothing is seen.
MOST_LOST, LEAST_CONTRAST = 0.5, 2 / 255
#: Noise may deviate so many times as much as the brightness of the picture itself.
MOST_NOISE = 3

#: pixels, strength, seed -> pixels.
Change = Callable[[Pixels, float, int], Pixels]


@dataclass(frozen=True)
class PictureTransform:
    """Changes every pixel by a published strength.

    Attributes
    ----------
    severities
        The strength at severity 1, 2, …: a standard deviation, a quality, a share of the range.
    adds
        The strength is the standard deviation of what is laid over the picture, which may drown it.
    """

    name: str
    change: Change
    severities: tuple[float, ...]
    adds: bool = False
    reads: frozenset[str] = frozenset({"image"})

    def apply(self, example: Example, severity: int, seed: int, spared: Sequence[Span] = ()) -> Changed | Refused:
        """Change a picture and write it without loss, as a file like any other."""
        found = plain(example)
        if not isinstance(found, Image):
            return Refused("no_picture")
        if severity == 0:
            return Changed(example)
        try:
            before = _floats(decode(found).pixels)
        except NotDecodedError:
            return Refused("unreadable")
        strength = self.severities[severity - 1]
        after = np.clip(self.change(before, strength, Draw(seed, self.name).number(severity)), 0, 1)
        if _lost(after) - _lost(before) > MOST_LOST:
            return Refused("out_of_range")
        contrast = before.mean(axis=-1).std()
        if after.mean(axis=-1).std() < LEAST_CONTRAST <= contrast or (self.adds and contrast < strength / MOST_NOISE):
            return Refused("no_contrast")
        out = io.BytesIO()
        PIL.Image.fromarray(np.round(after * 255).astype(np.uint8)).save(out, "PNG", compress_level=1)
        return Changed(with_picture(example, Image(out.getvalue())), (), f"{self.name} {strength:g}")


def _floats(picture: PIL.Image.Image) -> Pixels:
    return np.asarray(picture, np.float32) / np.float32(255)


def _lost(pixels: Pixels) -> float:
    """Share of pixels that are black or white."""
    return float(((pixels <= 0) | (pixels >= 1)).all(axis=-1).mean())


def _blur(pixels: Pixels, sigma: float, seed: int) -> Pixels:
    radius = sigma * min(pixels.shape[:2]) / PUBLISHED_SIDE
    picture = PIL.Image.fromarray(np.round(pixels * 255).astype(np.uint8))
    return _floats(picture.filter(PIL.ImageFilter.GaussianBlur(radius)))


def _noise(pixels: Pixels, deviation: float, seed: int) -> Pixels:
    height, width = pixels.shape[:2]
    # Larger pictures are made smaller for the model, which would average the noise of single pixels away.
    grain = max(1, round(min(height, width) / PUBLISHED_SIDE))
    shape = (math.ceil(height / grain), math.ceil(width / grain), pixels.shape[2])
    drawn = np.random.default_rng(seed).standard_normal(shape, np.float32) * np.float32(deviation)
    return pixels + drawn.repeat(grain, axis=0).repeat(grain, axis=1)[:height, :width]


def _jpeg(pixels: Pixels, quality: float, seed: int) -> Pixels:
    out = io.BytesIO()
    PIL.Image.fromarray(np.round(pixels * 255).astype(np.uint8)).save(out, "JPEG", quality=int(quality))
    return _floats(PIL.Image.open(out).convert("RGB"))


def _brightness(pixels: Pixels, share: float, seed: int) -> Pixels:
    value = pixels.max(axis=-1, keepdims=True)
    return _with_value(pixels, value, np.minimum(value + np.float32(share), 1))


def _darkness(pixels: Pixels, share: float, seed: int) -> Pixels:
    value = pixels.max(axis=-1, keepdims=True)
    return _with_value(pixels, value, value ** np.float32(math.log(0.5 - share) / math.log(0.5)))


def _with_value(pixels: Pixels, old: Pixels, new: Pixels) -> Pixels:
    """Put another V of HSV into pixels; hue and saturation stay, and black becomes grey."""
    scaled: Pixels = np.where(old > 0, pixels * (new / np.where(old > 0, old, 1)), new)
    return scaled


def _contrast(pixels: Pixels, share: float, seed: int) -> Pixels:
    middle = pixels.mean(axis=(0, 1), keepdims=True)
    changed: Pixels = (pixels - middle) * np.float32(share) + middle
    return changed


TRANSFORMS = (
    PictureTransform("gaussian_blur", _blur, (1, 2, 3, 4, 6)),
    PictureTransform("gaussian_noise", _noise, (0.08, 0.12, 0.18, 0.26, 0.38), adds=True),
    PictureTransform("jpeg", _jpeg, (25, 18, 15, 10, 7)),
    PictureTransform("brightness", _brightness, (0.1, 0.2, 0.3, 0.4, 0.5)),
    PictureTransform("darkness", _darkness, (0.1, 0.2, 0.3, 0.4)),
    PictureTransform("contrast", _contrast, (0.4, 0.3, 0.2, 0.1, 0.05)),
)
