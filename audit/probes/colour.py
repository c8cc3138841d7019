"""Colours of pictures in CIELAB, in which equal distances look alike, and the ten tones of the Monk scale.

References
----------
IEC 61966-2-1:1999, sRGB; CIE 015:2018, CIELAB, with the white of D65.
Monk 2019, Monk Skin Tone Scale, https://skintone.google, doi:10.31235/osf.io/pdf4c.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

#: The published sRGB colours of the tones 1 to 10.
MONK_SRGB = tuple(
    (int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16))
    for code in ("f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "3a312a", "292420")
)
#: Linear sRGB to XYZ.
_XYZ = np.array(
    [
        [0.4123907992659595, 0.3575843393838780, 0.1804807884018343],
        [0.2126390058715104, 0.7151686787677559, 0.0721923153607337],
        [0.0193308187155918, 0.1191947797946259, 0.9505321522496608],
    ]
)
#: What white is in XYZ, so that grey has no colour.
_WHITE = _XYZ.sum(axis=1)
_RGB = np.linalg.inv(_XYZ)
#: Below the cube of this, CIELAB is linear.
_KNEE = 6 / 29


def _linear(share: Floats) -> Floats:
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


#: Light of each of 256 bytes, and where one byte becomes the next: looked up, for powers of every pixel take long.
_LIGHT, _EDGES = _linear(np.arange(256) / 255), _linear((np.arange(255) + 0.5) / 255)


def to_lab(rgb: npt.NDArray[Any]) -> Floats:
    """Convert 8-bit sRGB to CIELAB.

    Parameters
    ----------
    rgb : array of shape (..., 3)
        From 0 to 255.

    Returns
    -------
    array of shape (..., 3)
        L* from 0 to 100, a*, b*.
    """
    ratio = _LIGHT[np.asarray(rgb)] @ _XYZ.T / _WHITE
    f = np.where(ratio > _KNEE**3, np.cbrt(ratio), ratio / (3 * _KNEE**2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def from_lab(lab: Floats) -> Bytes:
    """Convert CIELAB to 8-bit sRGB; what no screen shows becomes the nearest value of each channel."""
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    ratio = np.where(f > _KNEE, f**3, 3 * _KNEE**2 * (f - 4 / 29))
    return np.asarray(np.searchsorted(_EDGES, (ratio * _WHITE) @ _RGB.T, side="right"), np.uint8)


def monk_lab(tone: int) -> Floats:
    """CIELAB of a tone of the Monk scale, from 1 to 10."""
    return to_lab(np.array(MONK_SRGB[tone - 1]))
