"""Adaptive integrated gradients for many decisions at once, each with its own error.

F is one scalar per decision, fixed before the path is walked: the probability of the predicted class, or its log-odds.
φ of a token is the *signed* integral of its gradient along the straight path from baseline to input, summed over the
embedding (Sundararajan et al. 2017).

Captum computes the integrand: on a segment whose midpoint is the node, its integrated gradients with one step are the
gradient at that node times the whole way. F at the node comes with the same pass. Nodes of many decisions fill one
batch. The rule is nested, so nothing is computed twice: an interval holds five nodes, which give Simpson's rule on the
whole and on its halves, and their extrapolation, Boole's rule, which is used. Where the two Simpson values differ in
L1, or where the sum misses the known rise of F from end to end, the interval is halved, for four new nodes; intervals
that are done are left alone. Decisions that are done leave the batch.

A decision has *converged* when |Σφ − (F(x) − F(x′))| is at most the tolerance's share of |F(x) − F(x′)|, and the last
refinement left φ unsettled by at most that share in L1. That is an error estimate, no proof: between its nodes an
integrand can do anything. docs/explanations.md says how often it is wrong, and shows what fools it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from captum.attr import IntegratedGradients as CaptumIntegratedGradients

from audit.models.adapter import Adapter, Batch, Encoded
from audit.models.engine import BatchRunner

METHOD = "integrated_gradients"
Floats = npt.NDArray[np.float64]

#: Differences of F, and of φ in L1, below this are no error, whatever the contrast.
ERROR_FLOOR = 1e-3
#: Intervals that a path begins with.
FIRST_INTERVALS = 2
#: Boole's rule is far closer than the step from Simpson's coarse value to its fine one. Measured on 103 real decisions:
#: with the whole step as the error, no true error exceeds 1 %; with this share of it, none exceeds 5 %.
SHARE_OF_STEP = 0.45


@dataclass(frozen=True)
class Attribution:
    """The explanation of one decision.

    Attributes
    ----------
    values : array of shape (length,)
        φ of each token, in units of F, signed.
    f_input, f_baseline
        F at both ends of the path.
    change
        L1 change of φ by the last refinement: the estimate of its error.
    gradients
        Gradients it took; each comes with a value of F.
    """

    values: npt.NDArray[np.float32]
    f_input: float
    f_baseline: float
    change: float
    gradients: int

    @property
    def contrast(self) -> float:
        """F(x) − F(x′): what there is to explain."""
        return self.f_input - self.f_baseline

    @property
    def convergence_delta(self) -> float:
        """Σφ − (F(x) − F(x′)): zero for exact integration."""
        return float(self.values.astype(np.float64).sum()) - self.contrast

    def converged(self, tolerance: float) -> bool:
        """Whether sum and last change are within the tolerance."""
        delta, whole = abs(self.convergence_delta), float(np.abs(self.values).sum())
        return bool(
            np.isfinite(delta)
            and delta <= max(tolerance * abs(self.contrast), ERROR_FLOOR)
            and self.change <= max(tolerance * whole, ERROR_FLOOR)
        )


class Interval:
    """Part of a path: five evenly spaced nodes, each with the integrand there and F."""

    def __init__(self, start: float, end: float) -> None:
        self.start, self.end = start, end

    @property
    def nodes(self) -> list[float]:
        """Places of the nodes on the path."""
        return [self.start + (self.end - self.start) * k / 4 for k in range(5)]

    def halves(self) -> list[Interval]:
        """Cut it in two; the nodes it has are five of the nine they need."""
        middle = self.start + (self.end - self.start) / 2
        return [Interval(self.start, middle), Interval(middle, self.end)]


@dataclass
class _Path:
    """One decision on its way."""

    item: Encoded
    target: int
    intervals: list[Interval] = field(default_factory=list)
    integrand: dict[float, Floats] = field(default_factory=dict)
    f: dict[float, float] = field(default_factory=dict)

    def missing(self) -> list[float]:
        """Nodes that were not computed yet."""
        wanted = {node for interval in self.intervals for node in interval.nodes}
        return sorted(wanted - self.integrand.keys())

    def rules(self, interval: Interval) -> tuple[Floats, Floats]:
        """Boole's value of φ on an interval, and how far it is from being settled, token by token."""
        g = [self.integrand[node] for node in interval.nodes]
        width = interval.end - interval.start
        coarse = width / 6 * (g[0] + 4 * g[2] + g[4])
        fine = width / 12 * (g[0] + 4 * g[1] + 2 * g[2] + 4 * g[3] + g[4])
        return fine + (fine - coarse) / 15, SHARE_OF_STEP * (fine - coarse)

    def attribution(self) -> Attribution:
        """Sum up what is known."""
        values, change = np.zeros(self.item.length), 0.0
        for interval in self.intervals:
            phi, step = self.rules(interval)
            values += phi
            change += float(np.abs(step).sum())
        return Attribution(values.astype(np.float32), self.f[1.0], self.f[0.0], change, len(self.integrand))

    def refine(self, tolerance: float, budget: int) -> bool:
        """Halve the intervals that hold most of the error; say whether there is anything left to do."""
        found = self.attribution()
        if not np.isfinite(found.values).all() or found.converged(tolerance):
            return False
        whole, contrast = float(np.abs(found.values).sum()), abs(found.contrast)
        share_of_change = max(tolerance * whole, ERROR_FLOOR) / len(self.intervals)
        share_of_rise = max(tolerance * contrast, ERROR_FLOOR) / len(self.intervals)
        errors = []
        for interval in self.intervals:
            phi, step = self.rules(interval)
            rise = self.f[interval.end] - self.f[interval.start]
            errors.append(
                max(float(np.abs(step).sum()) / share_of_change, abs(float(phi.sum()) - rise) / share_of_rise)
            )
        # Errors of intervals may cancel in the sums above and not in the shares, or the other way round.
        worst = max(errors)
        cut = [error > min(1.0, worst / 2) for error in errors]
        if len(self.integrand) + 4 * sum(cut) > budget:
            return False
        self.intervals = [
            part
            for interval, is_cut in zip(self.intervals, cut, strict=True)
            for part in (interval.halves() if is_cut else [interval])
        ]
        return True


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
    precision
        `float32`; `tf32` (CUDA) or `bf16`: faster and coarser.
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
        precision: str = "float32",
    ) -> None:
        self._adapter, self._baseline = adapter, baseline
        self._tolerance, self._most, self._scale, self._precision = tolerance, most_gradients, scale, precision
        self._runner = BatchRunner(budget)
        self._captum = CaptumIntegratedGradients(self._forward, multiply_by_inputs=True)
        self._seen: torch.Tensor | None = None

    def attribute(
        self, encoded: Sequence[Encoded], targets: Sequence[int], advance: Callable[[int], object] = lambda done: None
    ) -> tuple[list[Attribution], dict[str, int]]:
        """Explain each decision's target class; also return what it took."""
        batches = self._runner.batches
        first = [Interval(k / FIRST_INTERVALS, (k + 1) / FIRST_INTERVALS) for k in range(FIRST_INTERVALS)]
        paths = [_Path(item, target, intervals=list(first)) for item, target in zip(encoded, targets, strict=True)]
        working = list(range(len(paths)))
        while working:
            asked = [(i, node) for i in working for node in paths[i].missing()]
            found = self._runner.run(
                asked, lambda pair: paths[pair[0]].item.length, lambda part: self._work(paths, part)
            )
            for (i, node), (integrand, f) in zip(asked, found, strict=True):
                paths[i].integrand[node], paths[i].f[node] = integrand, f
            still = [i for i in working if paths[i].refine(self._tolerance, self._most)]
            advance(len(working) - len(still))
            working = still
        done = [path.attribution() for path in paths]
        spent = {"gradients": sum(a.gradients for a in done), "gradient_batches": self._runner.batches - batches}
        return done, spent

    def _work(self, paths: list[_Path], asked: list[tuple[int, float]]) -> list[tuple[Floats, float]]:
        items = [paths[i].item for i, _ in asked]
        batch = self._adapter.collate(items)
        target = torch.tensor([paths[i].target for i, _ in asked], device=batch.ids.device)
        with torch.no_grad():
            x, baseline = self._adapter.embed(batch), self._adapter.baseline(items, batch, self._baseline)
            way = x - baseline
            at = torch.tensor([node for _, node in asked], device=x.device, dtype=x.dtype).view(-1, 1, 1)
            middle = baseline + at * way
        with self._at_precision(batch.ids.device):
            phi = self._captum.attribute(
                inputs=middle + way / 2,
                baselines=middle - way / 2,
                additional_forward_args=(batch, target),
                n_steps=1,
                method="gausslegendre",
            )
        # Padding is the same at both ends of the path, so its φ is exactly zero.
        tokens = phi.detach().sum(-1).double().cpu().numpy()
        f = self._seen.double().cpu().numpy() if self._seen is not None else np.full(len(asked), np.nan)
        self._seen = None
        return [(tokens[row, : item.length], float(f[row])) for row, item in enumerate(items)]

    def _forward(self, embedded: torch.Tensor, batch: Batch, target: torch.Tensor) -> torch.Tensor:
        f = score(self._adapter.logits(batch, embedded), target, self._scale)
        self._seen = f.detach()
        return f

    def _at_precision(self, device: torch.device) -> torch.autocast | _TF32:
        if self._precision == "bf16":
            return torch.autocast(device.type, torch.bfloat16)
        return _TF32(enabled=self._precision == "tf32" and device.type == "cuda")


class _TF32:
    """Let matrix products round their factors to ten bits for a while, where the card can."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled, self._before = enabled, "highest"

    def __enter__(self) -> None:
        self._before = torch.get_float32_matmul_precision()
        if self._enabled:
            torch.set_float32_matmul_precision("high")

    def __exit__(self, *_: object) -> None:
        if self._enabled:
            torch.set_float32_matmul_precision(self._before)


def score(logits: torch.Tensor, target: torch.Tensor, scale: str) -> torch.Tensor:
    """F: probability or log-odds of each row's target class, shape (batch,).

    Log-odds are log p − log(1 − p), computed without forming p.
    """
    chosen = target.unsqueeze(1)
    if scale == "probability":
        return logits.softmax(-1).gather(1, chosen).squeeze(1)
    others = logits.scatter(1, chosen, float("-inf"))
    return logits.gather(1, chosen).squeeze(1) - others.logsumexp(-1)
