"""Integrated gradients of one scalar per decision, by Captum, over batches of decisions.

F is the probability of the predicted class, fixed before the path is walked. φ of a token is the *signed* sum over its
embedding. The completeness error compares Σφ with F(x) − F(x′), both ends computed on the path that was integrated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from captum.attr import IntegratedGradients as CaptumIntegratedGradients

from audit.models.adapter import Adapter, Batch, Encoded
from audit.models.engine import BatchRunner

METHOD = "integrated_gradients"
RULE = "gausslegendre"


@dataclass(frozen=True)
class Attribution:
    """The explanation of one decision.

    Attributes
    ----------
    values : array of shape (length,)
        φ of each token, in units of F, signed.
    f_input, f_baseline
        F at both ends of the path.
    """

    values: npt.NDArray[np.float32]
    f_input: float
    f_baseline: float

    @property
    def contrast(self) -> float:
        """F(x) − F(x′): what there is to explain."""
        return self.f_input - self.f_baseline

    @property
    def convergence_delta(self) -> float:
        """Σφ − (F(x) − F(x′)): zero for exact integration."""
        return float(self.values.astype(np.float64).sum()) - self.contrast


class IntegratedGradients:
    """Explain decisions of one model, batched.

    Parameters
    ----------
    n_steps
        Gauss–Legendre nodes on the straight path from baseline to input.
    baseline
        Kind of baseline, resolved by the adapter.
    budget
        Padded tokens per batch; a decision costs its length times `n_steps`.
    """

    def __init__(self, adapter: Adapter, *, n_steps: int, baseline: str, budget: int) -> None:
        self._adapter, self._n_steps, self._baseline = adapter, n_steps, baseline
        self._runner = BatchRunner(budget)
        self._captum = CaptumIntegratedGradients(self._forward, multiply_by_inputs=True)

    def attribute(
        self, encoded: list[Encoded], targets: list[int], advance: Callable[[int], object] = lambda done: None
    ) -> tuple[list[Attribution], dict[str, int]]:
        """Explain each decision's target class; also return the gradients and forwards spent."""
        batches = self._runner.batches
        items = list(zip(encoded, targets, strict=True))
        done = self._runner.run(items, lambda item: item[0].length * self._n_steps, self._work, advance)
        spent = {
            "gradients": len(items) * self._n_steps,
            "endpoint_forwards": 2 * len(items),
            "gradient_batches": self._runner.batches - batches,
        }
        return done, spent

    def _forward(
        self,
        embedded: torch.Tensor,
        ids: torch.Tensor,
        mask: torch.Tensor | None,
        types: torch.Tensor | None,
        target: torch.Tensor,
    ) -> torch.Tensor:
        return self._adapter.probability(embedded, Batch(ids, mask, types), target)

    def _work(self, items: list[tuple[Encoded, int]]) -> list[Attribution]:
        encoded = [item for item, _ in items]
        batch = self._adapter.collate(encoded)
        target = torch.tensor([cls for _, cls in items], device=batch.ids.device)
        given = (batch.ids, batch.mask, batch.type_ids, target)
        with torch.no_grad():
            x = self._adapter.embed(batch)
            baseline = self._adapter.baseline(encoded, batch, self._baseline)
            f_input, f_baseline = self._forward(x, *given), self._forward(baseline, *given)
        phi = self._captum.attribute(
            inputs=x, baselines=baseline, additional_forward_args=given, n_steps=self._n_steps, method=RULE
        )
        # Padding is the same at both ends of the path, so its φ is exactly zero.
        tokens = phi.detach().sum(-1).float().cpu().numpy()
        return [
            Attribution(tokens[row, : item.length], float(f_input[row]), float(f_baseline[row]))
            for row, item in enumerate(encoded)
        ]
