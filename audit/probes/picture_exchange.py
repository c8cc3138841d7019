"""Pictures changed as a whole: another tone of skin, and, to compare with, other light.

**Tone.** Every pixel is moved in CIELAB by the difference between two tones of the Monk scale: from the one that the
data say the skin has, never a guessed one, to another. Shapes and contrasts stay. Everything in the picture moves, the
background too, so that this is a question about the picture and no portrait of somebody else.

**Light.** Lightness L* is bent by a power (gamma), darker and brighter, so that mid-grey moves by a tenth of the range
per step, which is how far each step of ImageNet-C's brightness moves it. It says whether a decision that goes with the
tone goes with any change of brightness; who the picture shows stays the same, so it is no exchange of groups.

References
----------
Monk 2019, Monk Skin Tone Scale, doi:10.31235/osf.io/pdf4c.
Hendrycks and Dietterich 2019, Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, ICLR.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL.Image

from audit.data.examples import Asked, Example, Image, plain
from audit.data.images import NotDecodedError, decode
from audit.probes.colour import Floats, from_lab, monk_lab, to_lab
from audit.probes.exchange import Exchange, Version
from audit.store.columns import group_column
from audit.terms.edits import Replacement

TONE, LIGHT = "tone", "light"
#: Where light is changed and no attribute names groups.
AS_TAKEN = "as taken"
#: What light becomes -> which way mid-grey moves.
WAYS = {"darker": -1, "brighter": 1}
#: Lightness beyond its range by more than this is lost; pictures that lose more than half their pixels are left out.
LOST, MOST_LOST = 2.0, 0.5
#: Pixels that are changed at once.
STRIP = 1 << 18


class ToneExchange:
    """Moves pictures to other tones of skin.

    Parameters
    ----------
    tones
        Tone of the skin in the picture of each row, from 1 to 10; rows without one are refused.
    targets
        Tones to move to.
    attribute
        Attribute whose groups say whose pictures these are; None: the tone itself.
    """

    def __init__(self, tones: Mapping[str, int], targets: Sequence[int], attribute: str | None) -> None:
        self._tones, self._targets = tones, targets
        self._group = None if attribute is None else group_column(attribute)
        self.axes = [TONE]

    def exchanges(self, example: Example, row: Mapping[str, Any]) -> list[Exchange]:
        """Move to every tone but its own."""
        tone = self._tones.get(row["row_id"])
        source = row[self._group] if self._group else named(tone)
        return [self._exchange(example, source, tone, target) for target in self._targets if target != tone]

    def _exchange(self, example: Example, source: str, tone: int | None, target: int) -> Exchange:
        made = None if tone is None else _moved(example, tone, target)
        why = "no_tone" if tone is None else _why_not(made)
        versions = () if made is None or why else (Version(made.example, (), f"{tone}>{target}"),)
        return Exchange(TONE, source, named(target), False, versions, refused=why)

    def again(
        self, example: Example, source: str, target: str, edits: Sequence[Replacement], change: str | None
    ) -> Example:
        """Move between the two tones that `change` names again."""
        before, after = map(int, str(change).split(">"))
        return _again(_moved(example, before, after))


class LightExchange:
    """Makes pictures darker and brighter.

    Parameters
    ----------
    step
        From 1 to 4: how many tenths of the range mid-grey moves.
    """

    def __init__(self, step: int, attribute: str | None) -> None:
        self._step = step
        self._group = None if attribute is None else group_column(attribute)
        self.axes = [LIGHT]

    def exchanges(self, example: Example, row: Mapping[str, Any]) -> list[Exchange]:
        """Make both."""
        source = row[self._group] if self._group else AS_TAKEN
        found = []
        for way in WAYS:
            gamma = self._gamma(way)
            made = _bent(example, gamma)
            versions = () if made is None else (Version(made.example, (), f"gamma {gamma:.3f}"),)
            found.append(Exchange(LIGHT, source, way, False, versions, refused=_why_not(made)))
        return found

    def again(
        self, example: Example, source: str, target: str, edits: Sequence[Replacement], change: str | None
    ) -> Example:
        """Make one again."""
        return _again(_bent(example, self._gamma(target)))

    def _gamma(self, way: str) -> float:
        return math.log(0.5 + 0.1 * self._step * WAYS[way]) / math.log(0.5)


def named(tone: int | None) -> str:
    """Name a tone of the scale."""
    return "(missing)" if tone is None else f"Monk {tone}"


@dataclass(frozen=True)
class _Made:
    """A changed picture, and the share of its pixels whose lightness left its range."""

    example: Example
    lost: float


def _moved(example: Example, before: int, after: int) -> _Made | None:
    shift = monk_lab(after) - monk_lab(before)
    return _changed(example, lambda lab: lab + shift)


def _bent(example: Example, gamma: float) -> _Made | None:
    return _changed(
        example, lambda lab: np.concatenate([100 * np.maximum(lab[..., :1] / 100, 0) ** gamma, lab[..., 1:]], axis=-1)
    )


def _why_not(made: _Made | None) -> str | None:
    """Say why a picture is left out, if it is."""
    if made is None:
        return "unreadable"
    return "out_of_range" if made.lost > MOST_LOST else None


def _again(made: _Made | None) -> Example:
    if made is None:
        raise ValueError("a picture that could be decoded before cannot be now")
    return made.example


def _changed(example: Example, change: Callable[[Floats], Floats]) -> _Made | None:
    """Change a picture in CIELAB and write it without loss, as a file like any other; None if it cannot be decoded."""
    found = plain(example)
    if not isinstance(found, Image):
        raise TypeError("tone and light are of pictures")
    try:
        pixels = np.array(decode(found).pixels)
    except NotDecodedError:
        return None
    lost = 0
    # In strips, since numbers of CIELAB take many times the memory of bytes.
    rows = max(1, STRIP // pixels.shape[1])
    for start in range(0, len(pixels), rows):
        lab = change(to_lab(pixels[start : start + rows]))
        lost += int(((lab[..., 0] < -LOST) | (lab[..., 0] > 100 + LOST)).sum())
        pixels[start : start + rows] = from_lab(lab)
    out = io.BytesIO()
    PIL.Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    image = Image(out.getvalue())
    made = Asked(image, example.output, example.position) if isinstance(example, Asked) else image
    return _Made(made, lost / (pixels.shape[0] * pixels.shape[1]))
