"""Other methods, all by Captum, so that a reader sees whether they agree: on request, for single decisions.

Each gives one number per unit (whole word). Occlusion and Shapley value sampling replace units by the baseline; input ×
gradient looks at the slope at the input alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from captum.attr import FeatureAblation, InputXGradient, ShapleyValueSampling

from audit.explain.integrate.score import score
from audit.models.adapter import Adapter, Encoded

METHODS = ("input_x_gradient", "occlusion", "shapley")
SHAPLEY_SAMPLES = 25
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Other:
    """Other methods on one decision."""

    adapter: Adapter
    baseline: str
    scale: str
    seed: int = 0

    def attribute(self, item: Encoded, target: int, method: str) -> Floats:
        """Return one number per unit."""
        units = len(item.places)
        batch = self.adapter.collate([item])
        chosen = torch.tensor([target], device=self.adapter.device)
        with torch.no_grad():
            x, blank = self.adapter.embed(batch), self.adapter.baseline([item], batch, self.baseline)

        if method == "input_x_gradient":
            # Against a baseline that is not zero, the way to the input stands for the input.
            def along(way: torch.Tensor) -> torch.Tensor:
                return score(self.adapter.logits(batch, blank + way), chosen, self.scale)

            phi = InputXGradient(along).attribute((x - blank).requires_grad_())
            return item.by_unit(self.adapter.by_element(phi.detach(), batch)[0].double().cpu().numpy())[0]

        def kept(on: torch.Tensor) -> torch.Tensor:
            rows, erased = [item] * len(on), [np.flatnonzero(row < 0.5).tolist() for row in on.cpu().numpy()]
            many = self.adapter.collate(rows)
            mixed = self.adapter.erase(rows, many, self.baseline, erased)
            return score(self.adapter.logits(many, mixed), chosen.expand(len(on)), self.scale)

        if not units:
            return np.zeros(0)
        everything = torch.ones((1, units), device=x.device)
        with torch.no_grad():
            if method == "occlusion":
                found = FeatureAblation(kept).attribute(everything, perturbations_per_eval=16)
            else:
                torch.manual_seed(self.seed)
                found = ShapleyValueSampling(kept).attribute(
                    everything, n_samples=SHAPLEY_SAMPLES, perturbations_per_eval=16
                )
        return np.asarray(found[0].double().cpu().numpy())
