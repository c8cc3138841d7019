"""What an explanation says of one decision: φ of its units, and how far it may be wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: Differences of F, and of φ in L1, below this are no error, whatever the contrast.
ERROR_FLOOR = 1e-3


@dataclass(frozen=True)
class Attribution:
    """The explanation of one decision.

    Attributes
    ----------
    values : array of shape (units,)
        φ of each unit, in units of F, signed.
    f_input, f_baseline
        F at both ends of the path.
    estimated_error
        Of φ, in L1: of integrated gradients, from how far φ of the elements moved by the last nodes, and what it lacks
        in any gap; of sampled Shapley values, of units, from how φ varies between orders.
    gradients
        Gradients it took; each comes with a value of F.
    scale
        What F is: `probability` or `log_odds`.
    frame
        φ of all elements together that are part of no unit.
    calls
        Variants of the input that the model was asked about, where it has no gradients.
    of_elements
        Σ|φ| over elements; that of units and frame if left out.
    """

    values: npt.NDArray[np.float32]
    f_input: float
    f_baseline: float
    estimated_error: float
    gradients: int
    scale: str = "probability"
    frame: float = 0.0
    of_elements: float | None = None
    calls: int = 0

    @property
    def mass(self) -> float:
        """Σ|φ|, of elements where they are known."""
        if self.of_elements is not None:
            return self.of_elements
        return float(np.abs(self.values).sum()) + abs(self.frame)

    @property
    def contrast(self) -> float:
        """F(x) − F(x′): what there is to explain."""
        return self.f_input - self.f_baseline

    @property
    def convergence_delta(self) -> float:
        """Σφ − (F(x) − F(x′)): zero for exact integration."""
        return float(self.values.astype(np.float64).sum()) + self.frame - self.contrast

    @property
    def error_share(self) -> float | None:
        """Estimated error as a share of all attribution: of Σ|φ|, or of the contrast where φ does not find it."""
        whole = max(self.mass, abs(self.contrast))
        return self.estimated_error / whole if whole > 0 else None

    def converged(self, tolerance: float) -> bool:
        """Whether sum and estimated error are within the tolerance."""
        delta = abs(self.convergence_delta)
        return bool(
            np.isfinite(delta)
            and delta <= max(tolerance * abs(self.contrast), ERROR_FLOOR)
            and self.estimated_error <= max(tolerance * self.mass, ERROR_FLOOR)
        )
