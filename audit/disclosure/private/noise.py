"""Discrete Laplace noise: how it is drawn, and how large sums of it are."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from audit.errors import AuditError

#: Of a count of cells and a scale, whole numbers of noise.
Drawing = Callable[[int, float], list[int]]


def drawn(n: int, scale: float) -> list[int]:
    """Draw noise exactly, from the secrets of the operating system: OpenDP; nothing that is public could repeat it.

    Parameters
    ----------
    scale
        The probability of k is proportional to exp(-|k| / scale).

    Raises
    ------
    AuditError
        If OpenDP is not installed.
    """
    library()
    from opendp.mod import enable_features

    enable_features("contrib")
    return list(_measurement(scale)([0] * n)) if n else []


def library() -> str:
    """Name and version of what draws.

    Raises
    ------
    AuditError
        If it is not installed.
    """
    try:
        return f"opendp {version('opendp')}"
    except PackageNotFoundError:
        raise AuditError(
            "differentially private counts need OpenDP, which is not installed",
            hint="pip install 'fairaudit[dp]'",
            code="package",
        ) from None


def scale_for(epsilon: float, sensitivity: int) -> float:
    """Find the least scale that OpenDP proves to cost no more than ε.

    Parameters
    ----------
    sensitivity
        By how much all counts together change, at most, when one row or cluster comes or goes.
    """
    library()
    from opendp.mod import enable_features

    enable_features("contrib")
    scale = sensitivity / epsilon
    while _measurement(scale).map(sensitivity) > epsilon:
        scale = math.nextafter(scale, math.inf)
    return scale


def _measurement(scale: float) -> Any:
    from opendp.domains import atom_domain, vector_domain
    from opendp.measurements import make_laplace
    from opendp.metrics import l1_distance

    return make_laplace(vector_domain(atom_domain(T=int)), l1_distance(T=int), scale)


@cache
def largest_sum(cells: int, scale: float, alpha: float) -> int:
    """Return what the noise of several cells together exceeds, either way, with probability α at most.

    The distribution of the sum is computed from its characteristic function, which has a closed form.
    """
    if not cells:
        return 0
    q = math.exp(-1 / scale)
    # Wide enough that what is cut off is less than the last digit of a probability.
    size = 1 << math.ceil(math.log2(scale * (90 + 20 * math.sqrt(2 * cells)) + 64))
    angles = 2 * np.pi * np.arange(size) / size
    single = (1 - q) ** 2 / (1 - 2 * q * np.cos(angles) + q * q)
    pmf = np.fft.ifft(single**cells).real.clip(0)
    half = size // 2
    # P(|S| > t) for t = 0, 1, …: two equal tails.
    tails = 2 * np.cumsum(pmf[1:half][::-1])[::-1]
    return int(np.argmax(tails <= alpha)) if np.any(tails <= alpha) else half
