"""Adaptive integrated gradients for many decisions at once, each with its own error.

F is one scalar per decision: the probability of the predicted class, or its log-odds where that is asked for or where
probabilities are saturated at both ends of the path, so that they show no contrast.
φ of an element (a token) is the *signed* integral of its gradient along the straight path from baseline to input,
summed over the embedding (Sundararajan et al. 2017); that of a unit (a whole word) is the sum over its elements.

Captum computes the integrand: on a segment whose midpoint is the node, its integrated gradients with one step are the
gradient at that node times the whole way. F at the node comes with the same pass.

Most of what bends along the path is the squashing of log-odds z into a probability, and that is known: the gradient of
F = σ(z) is σ′(z) times the gradient of z. So gradients are taken of z, whose own bends are mild, and the product is
integrated: z between nodes by Hermite's cubic (its derivative at a node is the sum of the gradient's parts), its
gradient by the cubic spline through all nodes. The same without the nodes that came last shows how much they changed,
gap by gap; and how far F rises over a gap is known, so that what Σφ lacks of it there is error for certain. The gaps
that hold most of the error are halved, at one new node each; nothing is computed twice. Decisions that are done leave
the batch.

A decision has *converged* when |Σφ − (F(x) − F(x′))| is at most the tolerance's share of |F(x) − F(x′)|, and the errors
of its gaps together are at most that share of φ in L1. They are estimates, no proof: between its nodes an integrand can
do anything. docs/explanations.md says how often they are wrong, and shows what fools them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from captum.attr import IntegratedGradients as CaptumIntegratedGradients
from scipy.interpolate import CubicHermiteSpline, CubicSpline
from scipy.special import expit

from audit.models.adapter import Adapter, Batch, Encoded
from audit.models.engine import BatchRunner

METHOD = "integrated_gradients"
Floats = npt.NDArray[np.float64]

#: Differences of F, and of φ in L1, below this are no error, whatever the contrast.
ERROR_FLOOR = 1e-3
#: The spline through all nodes is far closer to the integrand than to the spline without the last ones. Replayed on 250
#: real decisions: with this share of their distance as the error, no true error exceeds 3.2 %; with an eighth less,
#: one exceeds 5 %. Until a decision was refined once, all of the distance counts: one comparison shows no rate.
SHARE_OF_STEP = 0.2
#: Over a gap in which log-odds rise by more, F may turn sharply between two nodes, and all of the distance counts.
#: Replayed on 60 real decisions with logits × 4 to × 30, 28 of 651 converged falsely without it, and none with it.
STEEP = 3.0
#: Least contrast in log-odds, where probabilities show none. At a probability of .9 it is about .05 of that.
LEAST_LOG_ODDS = 0.5
#: How far one decision may miss the tolerance where only means over many are wanted.
ALONE = 4
#: Refining stops where what is left of the error is this share of what is allowed: halving does not remove all of it.
LEFT_OVER = 0.6
#: Where every path begins, and the nodes that the first comparison leaves out.
FIRST = (0.0, 0.25, 0.5, 0.75, 1.0)
#: Gaps that are not halved any more: below it, float32 hardly tells nodes apart.
NARROWEST = 2.0**-16
GAUSS, GAUSS_WEIGHT = np.polynomial.legendre.leggauss(6)


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
        Of φ of the elements, in L1: from how far φ moved by the last nodes, and what it lacks in any gap.
    gradients
        Gradients it took; each comes with a value of F.
    scale
        What F is: `probability` or `log_odds`.
    frame
        φ of all elements together that are part of no unit.
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


Nodes = tuple[float, ...]


@lru_cache(maxsize=128)
def _between(known: Nodes, nodes: Nodes) -> tuple[Floats, Floats, Floats]:
    """How what is known at nodes goes on between them: at Gauss's six points in each gap of `nodes`.

    Returns
    -------
    spline, value, slope : array of shape (6 × gaps, known)
        Weights of the nodes in the cubic spline, and of values and slopes in Hermite's cubic.
    """
    at, one, none = _places(nodes)[0], np.eye(len(known)), np.zeros((len(known), len(known)))
    return (
        CubicSpline(known, one)(at),
        CubicHermiteSpline(known, one, none)(at),
        CubicHermiteSpline(known, none, one)(at),
    )


def _places(nodes: Nodes) -> tuple[Floats, Floats]:
    """Gauss's six points in each gap, and their weights, each of shape (6 × gaps,)."""
    width = np.diff(nodes)[:, None]
    places = np.array(nodes[:-1])[:, None] + width * (GAUSS + 1) / 2
    return places.ravel(), (width * GAUSS_WEIGHT / 2).ravel()


@dataclass
class _Path:
    """One decision on its way.

    Attributes
    ----------
    least_contrast
        In probability: with less of it, the log-odds are explained instead, if they have contrast.
    nodes, before
        All nodes, rising, and those without the last ones.
    gradient, z
        Node -> gradient of z along the path, element by element, and z.
    phi : array of shape (gaps, elements)
        What is gathered between one node and the next.
    steps : array of shape (gaps,)
        The most that φ of each moved in L1, by nodes that came, since it was last halved.
    lacking : array of shape (gaps,)
        By how much each Σφ misses the rise of F.
    """

    item: Encoded
    target: int
    scale: str
    least_contrast: float = 0.0
    nodes: Nodes = FIRST
    before: Nodes = FIRST[::2]
    gradient: dict[float, Floats] = field(default_factory=dict)
    z: dict[float, float] = field(default_factory=dict)
    phi: Floats = field(init=False)
    steps: Floats = field(default_factory=lambda: np.zeros(len(FIRST) - 1))
    lacking: Floats = field(init=False)

    def missing(self) -> list[float]:
        """Nodes that were not computed yet."""
        return [node for node in self.nodes if node not in self.gradient]

    def f(self, node: float) -> float:
        """F at a node."""
        return float(expit(self.z[node])) if self.scale == "probability" else self.z[node]

    def attribution(self) -> Attribution:
        """Sum up what is known."""
        share = self._share_of_step() if len(self.nodes) > len(FIRST) else 1.0
        error = float(np.maximum(share * self.steps, self.lacking).sum())
        elements = self.phi.sum(0)
        values, frame = self.item.by_unit(elements)
        mass, f = float(np.abs(elements).sum()), (self.f(1.0), self.f(0.0))
        return Attribution(values.astype(np.float32), *f, error, len(self.gradient), self.scale, frame, mass)

    def _share_of_step(self) -> Floats:
        """What counts as error of the distance that each gap moved."""
        rise = np.abs(np.diff([self.z[node] for node in self.nodes]))
        return np.where((rise > STEEP) & (self.scale == "probability"), 1.0, SHARE_OF_STEP)

    def _choose_scale(self) -> None:
        """Explain log-odds where probabilities are saturated at both ends; no node is lost by it."""
        rise = abs(self.z[1.0] - self.z[0.0])
        if self.scale == "probability" and abs(self.f(1.0) - self.f(0.0)) < self.least_contrast:
            self.scale = "log_odds" if rise >= LEAST_LOG_ODDS else self.scale

    def refine(self, tolerance: float, budget: int) -> bool:
        """Integrate, all nodes being known, and ask for more where the error is; say whether it asked."""
        if len(self.nodes) == len(FIRST):
            self._choose_scale()
        self._integrate()
        found = self.attribution()
        if not np.isfinite(found.mass) or found.converged(tolerance):
            return False
        share = self._share_of_step() if len(self.nodes) > len(FIRST) else SHARE_OF_STEP
        errors = np.maximum(
            share * self.steps / max(tolerance * found.mass, ERROR_FLOOR),
            self.lacking / max(tolerance * abs(found.contrast), ERROR_FLOOR),
        )
        # The fewest gaps without which the rest is well within what is allowed.
        order = np.argsort(-errors, kind="stable")
        order = order[np.diff(self.nodes)[order] > NARROWEST]
        enough = np.flatnonzero(errors.sum() - np.cumsum(errors[order]) <= LEFT_OVER)
        if not len(enough) or len(self.gradient) + enough[0] + 1 > budget:
            return False
        halved = np.sort(order[: enough[0] + 1])
        middles = (np.array(self.nodes)[halved] + np.array(self.nodes)[halved + 1]) / 2
        self.before, self.nodes = self.nodes, tuple(np.insert(self.nodes, halved + 1, middles).tolist())
        self.steps[halved] = 0.0
        self.steps = np.insert(self.steps, halved, 0.0)
        return True

    def _integrate(self) -> None:
        self.phi = self._gathered(self.nodes)
        self.steps = np.maximum(self.steps, np.abs(self.phi - self._gathered(self.before)).sum(1))
        self.lacking = np.abs(self.phi.sum(1) - np.diff([self.f(node) for node in self.nodes]))

    def _gathered(self, known: Nodes) -> Floats:
        """φ between one node and the next, by what is known at some of them, shape (gaps, elements)."""
        gradient = np.array([self.gradient[node] for node in known])
        z = np.array([self.z[node] for node in known])
        spline, value, slope = _between(known, self.nodes)
        weight = _places(self.nodes)[1]
        if self.scale == "probability":
            between = value @ z + slope @ gradient.sum(1)
            weight = weight * expit(between) * expit(-between)
        weights = (weight[:, None] * spline).reshape(-1, len(GAUSS), len(known)).sum(1)
        return np.asarray(weights @ gradient, np.float64)


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
        least_contrast: float = 0.0,
        precision: str = "float32",
    ) -> None:
        self._adapter, self._baseline = adapter, baseline
        self._tolerance, self._most, self._scale, self._precision = tolerance, most_gradients, scale, precision
        self._least_contrast = least_contrast
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
            Only means over decisions are wanted: each may miss its tolerance by `ALONE`, as long as the errors of all
            are together within the tolerance of all their attribution.
        """
        batches = self._runner.batches
        paths = [
            _Path(item, target, self._scale, self._least_contrast)
            for item, target in zip(encoded, targets, strict=True)
        ]
        working, first = list(range(len(paths))), True
        tolerance = self._tolerance * (ALONE if together else 1)
        while working:
            asked = [(i, node) for i in working for node in paths[i].missing()]
            found = self._runner.run(
                asked, lambda pair: paths[pair[0]].item.length, lambda part: self._work(paths, part)
            )
            for (i, node), (gradient, z) in zip(asked, found, strict=True):
                paths[i].gradient[node], paths[i].z[node] = gradient, z
            still = [i for i in working if paths[i].refine(tolerance, self._most)]
            if first:
                advance(len(working) - len(still))
            working = still
            if not working and tolerance > self._tolerance and not self._settled(paths):
                tolerance, first = tolerance / 2, False
                working = [i for i, path in enumerate(paths) if path.refine(tolerance, self._most)]
        done = [path.attribution() for path in paths]
        spent = {"gradients": sum(a.gradients for a in done), "gradient_batches": self._runner.batches - batches}
        return done, spent

    def _settled(self, paths: Sequence[_Path]) -> bool:
        """Whether the errors of all paths together are within the tolerance of all that they attribute."""
        done = [path.attribution() for path in paths]
        finite = [item for item in done if np.isfinite(item.convergence_delta)]
        error = sum(max(item.estimated_error, abs(item.convergence_delta)) for item in finite)
        return error <= self._tolerance * sum(item.mass for item in finite)

    def _work(self, paths: list[_Path], asked: list[tuple[int, float]]) -> list[tuple[Floats, float]]:
        items = [paths[i].item for i, _ in asked]
        batch = self._adapter.collate(items)
        target = torch.tensor([paths[i].target for i, _ in asked], device=self._adapter.device)
        with torch.no_grad():
            x, baseline = self._adapter.embed(batch), self._adapter.baseline(items, batch, self._baseline)
            way = x - baseline
            at = torch.tensor([node for _, node in asked], device=x.device, dtype=x.dtype).view(-1, 1, 1)
            middle = baseline + at * way
        with self._at_precision(self._adapter.device):
            phi = self._captum.attribute(
                inputs=middle + way / 2,
                baselines=middle - way / 2,
                additional_forward_args=(batch, target),
                n_steps=1,
                method="gausslegendre",
            )
        # Padding is the same at both ends of the path, so its φ is exactly zero.
        elements = phi.detach().sum(-1).double().cpu().numpy()
        z = self._seen.double().cpu().numpy() if self._seen is not None else np.full(len(asked), np.nan)
        self._seen = None
        return [(elements[row, : item.length], float(z[row])) for row, item in enumerate(items)]

    def _forward(self, embedded: torch.Tensor, batch: Batch, target: torch.Tensor) -> torch.Tensor:
        z = score(self._adapter.logits(batch, embedded), target, "log_odds")
        self._seen = z.detach()
        return z

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
