"""Adaptive integrated gradients for many decisions at once, each with its own error.

F is one scalar per decision: the probability of the predicted class, or its log-odds where that is asked for or where
probabilities are saturated at both ends of the path, so that they show no contrast.
φ of an element (a token, a patch, a number) is the *signed* integral of its gradient along the straight path from
baseline to input, summed over what it is made of (Sundararajan et al. 2017); that of a unit (a whole word) is the sum
over its elements.

Captum computes the integrand: on a segment whose midpoint is the node, its integrated gradients with one step are the
gradient at that node times the whole way. F at the node comes with the same pass. Decisions that are done leave the
batch.
Where the gradients are taken, and when a decision is done, `refining` says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from captum.attr import IntegratedGradients as CaptumIntegratedGradients

from audit.explain.integrate.attribution import Attribution
from audit.explain.integrate.estimates import refine_each, refine_together
from audit.explain.integrate.refining import (
    SHARE_OF_JUMPS,
    SHARE_OF_STEP,
    SHARE_TOGETHER,
    Floats,
    GradientPath,
)
from audit.explain.integrate.score import score
from audit.models.adapter import Adapter, Batch, Encoded
from audit.models.engine import BatchRunner
from audit.models.precision import at_precision

METHOD = "integrated_gradients"


class PathIntegrator:
    """Explain decisions of one model.

    Parameters
    ----------
    baseline
        Kind of baseline, resolved by the adapter.
    budget
        Padded tokens per batch.
    tolerance, most_gradients
        When a decision is done, and when it is given up.
    scale
        `probability` of the target class, or its `log_odds`.
    least_contrast
        With a smaller difference of probabilities, log-odds are explained if they differ by `LEAST_LOG_ODDS`; 0 never.
    precision
        `float32`; `tf32` (CUDA) or `bf16`: faster and coarser. The ends of a path are always computed in float32.
    """

    def __init__(
        self,
        adapter: Adapter,
        *,
        baseline: str,
        budget: int,
        tolerance: float = 0.05,
        most_gradients: int = 129,
        scale: str = "probability",
        least_contrast: float = 0.0,
        precision: str = "float32",
    ) -> None:
        self._adapter, self._baseline = adapter, baseline
        self._tolerance, self._most, self._scale = tolerance, most_gradients, scale
        self._precision = "float32" if precision == "tf32" and adapter.device.type != "cuda" else precision
        self._least_contrast = least_contrast
        # Optional, since most networks are smooth.
        self._share = SHARE_OF_JUMPS if getattr(adapter, "jumps", False) else SHARE_OF_STEP
        self._runner = BatchRunner(budget)
        self._captum = CaptumIntegratedGradients(self._forward, multiply_by_inputs=True)
        self._seen: torch.Tensor | None = None

    def attribute(
        self,
        encoded: Sequence[Encoded],
        targets: Sequence[int],
        advance: Callable[[int], object] = lambda done: None,
        *,
        together: bool = False,
    ) -> tuple[list[Attribution], dict[str, int]]:
        """Explain each decision's target class; also return what it took.

        Parameters
        ----------
        together
            Only means over decisions are wanted (`refine_together`).
        """
        batches = self._runner.batches
        shares = (self._share * SHARE_TOGETHER, SHARE_TOGETHER) if together else (self._share, 1.0)
        paths = [
            GradientPath(item, target, self._scale, self._least_contrast, *shares)
            for item, target in zip(encoded, targets, strict=True)
        ]
        refine = refine_together if together else refine_each
        done = refine(
            paths,
            lambda asked: self._ask(paths, asked),
            tolerance=self._tolerance, budget=self._most, advance=advance,
        )  # fmt: skip
        spent = {"gradients": sum(a.gradients for a in done), "gradient_batches": self._runner.batches - batches}
        return done, spent

    def _ask(self, paths: list[GradientPath], asked: list[tuple[int, float]]) -> list[tuple[Floats, float]]:
        """Gradient and z at nodes of paths; at their ends always in float32, so that the contrast is exact."""
        exact = [self._precision == "float32" or node in {0.0, 1.0} for _, node in asked]
        out: dict[int, tuple[Floats, float]] = {}
        for precision, wanted in (("float32", True), (self._precision, False)):
            at = [k for k, one in enumerate(exact) if one == wanted]
            found = self._runner.run(
                [asked[k] for k in at],
                lambda pair: paths[pair[0]].item.cost,
                partial(self._work, paths, precision),
            )
            out |= dict(zip(at, found, strict=True))
        return [out[k] for k in range(len(asked))]

    def _work(
        self, paths: list[GradientPath], precision: str, asked: list[tuple[int, float]]
    ) -> list[tuple[Floats, float]]:
        items = [paths[i].item for i, _ in asked]
        batch = self._adapter.collate(items)
        target = torch.tensor([paths[i].target for i, _ in asked], device=self._adapter.device)
        with torch.no_grad():
            x, baseline = self._adapter.embed(batch), self._adapter.baseline(items, batch, self._baseline)
            way = x - baseline
            at = torch.tensor([node for _, node in asked], device=x.device, dtype=x.dtype)
            at = at.view(-1, *[1] * (x.dim() - 1))
            middle = baseline + at * way
        with at_precision(precision, self._adapter.device):
            phi = self._captum.attribute(
                inputs=middle + way / 2,
                baselines=middle - way / 2,
                additional_forward_args=(batch, target),
                n_steps=1,
                method="gausslegendre",
            )
        # Padding is the same at both ends of the path, so its φ is exactly zero.
        elements = self._adapter.by_element(phi.detach(), batch).double().cpu().numpy()
        z = self._seen.double().cpu().numpy() if self._seen is not None else np.full(len(asked), np.nan)
        self._seen = None
        return [(elements[row, : item.length], float(z[row])) for row, item in enumerate(items)]

    def _forward(self, embedded: torch.Tensor, batch: Batch, target: torch.Tensor) -> torch.Tensor:
        z = score(self._adapter.logits(batch, embedded), target, "log_odds")
        self._seen = z.detach()
        return z
