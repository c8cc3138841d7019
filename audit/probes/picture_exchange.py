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
from collections.abc import Mapping, Sequence
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
        lab = _lab(example)
        found = []
        for target in self._targets:
            if target == tone:
                continue
            moved = None if tone is None or lab is None else lab + (monk_lab(target) - monk_lab(tone))
            why = "no_tone" if tone is None else "out_of_range" if moved is None or _lost(moved) else None
            change = f"{tone}>{target}"
            versions = () if moved is None or why else (Version(_picture(example, moved), (), change),)
            found.append(Exchange(TONE, source, named(target), False, versions, refused=why))
        return found

    def again(
        self, example: Example, source: str, target: str, edits: Sequence[Replacement], change: str | None
    ) -> Example:
        """Move between the two tones that `change` names again."""
        before, after = map(int, str(change).split(">"))
        return _picture(example, _decoded(example) + (monk_lab(after) - monk_lab(before)))


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
        lab = _lab(example)
        found = []
        for way in WAYS:
            gamma = self._gamma(way)
            versions = () if lab is None else (Version(_bent(example, lab, gamma), (), f"gamma {gamma:.3f}"),)
            found.append(Exchange(LIGHT, source, way, False, versions, refused=None if versions else "unchanged"))
        return found

    def again(
        self, example: Example, source: str, target: str, edits: Sequence[Replacement], change: str | None
    ) -> Example:
        """Make one again."""
        return _bent(example, _decoded(example), self._gamma(target))

    def _gamma(self, way: str) -> float:
        return math.log(0.5 + 0.1 * self._step * WAYS[way]) / math.log(0.5)


def named(tone: int | None) -> str:
    """Name a tone of the scale."""
    return "(missing)" if tone is None else f"Monk {tone}"


def _lab(example: Example) -> Floats | None:
    """Decode a picture; None if that cannot be done."""
    found = plain(example)
    if not isinstance(found, Image):
        raise TypeError("tone and light are of pictures")
    try:
        return to_lab(np.asarray(decode(found).pixels))
    except NotDecodedError:
        return None


def _lost(lab: Floats) -> bool:
    lightness = lab[..., 0]
    return bool(np.mean((lightness < -LOST) | (lightness > 100 + LOST)) > MOST_LOST)


def _decoded(example: Example) -> Floats:
    lab = _lab(example)
    if lab is None:
        raise ValueError("a picture that could be decoded before cannot be now")
    return lab


def _bent(example: Example, lab: Floats, gamma: float) -> Example:
    return _picture(example, np.concatenate([100 * (lab[..., :1] / 100) ** gamma, lab[..., 1:]], axis=-1))


def _picture(example: Example, lab: Floats) -> Example:
    """Write a picture without loss, as a file like any other."""
    out = io.BytesIO()
    PIL.Image.fromarray(from_lab(lab)).save(out, "PNG", compress_level=1)
    image = Image(out.getvalue())
    return Asked(image, example.output, example.position) if isinstance(example, Asked) else image
