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

from audit.explain.integrate.path import score
from audit.explain.integrate.units import unit_codes, unit_sums
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
        codes = unit_codes(item)
        batch = self.adapter.collate([item])
        chosen = torch.tensor([target], device=batch.ids.device)
        with torch.no_grad():
            x, blank = self.adapter.embed(batch), self.adapter.baseline([item], batch, self.baseline)

        if method == "input_x_gradient":
            # Against a baseline that is not zero, the way to the input stands for the input.
            def along(way: torch.Tensor) -> torch.Tensor:
                return score(self.adapter.logits(batch, blank + way), chosen, self.scale)

            phi = InputXGradient(along).attribute((x - blank).requires_grad_())
            return unit_sums(phi.detach().sum(-1)[0].float().cpu().numpy(), codes)

        def kept(units: torch.Tensor) -> torch.Tensor:
            on = torch.ones((len(units), item.length), device=x.device)
            for column in range(units.shape[1]):
                at = torch.from_numpy(codes == column).to(x.device)
                on[:, at] = units[:, column : column + 1].to(on.dtype)
            rows = [item] * len(units)
            many = self.adapter.collate(rows) if len(units) > 1 else batch
            mixed = torch.where(on.unsqueeze(-1) > 0.5, x.expand(len(units), -1, -1), blank)
            return score(self.adapter.logits(many, mixed), chosen.expand(len(units)), self.scale)

        units = int(codes.max(initial=-1)) + 1
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
