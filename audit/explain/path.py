"""Adaptive integrated gradients for many decisions at once, each with its own error.

F is one scalar per decision, fixed before the path is walked: the probability of the predicted class, or its log-odds.
φ of a token is the *signed* integral of its gradient along the straight path from baseline to input, summed over the
embedding (Sundararajan et al. 2017).

Captum computes the integrand: on a segment whose midpoint is the node, its integrated gradients with one step are the
gradient at that node times the whole way. F at the node comes with the same pass.

Most of what bends along the path is the squashing of log-odds z into a probability, and that is known: the gradient of
F = σ(z) is σ′(z) times the gradient of z. So gradients are taken of z, whose own bends are mild, and the product is
integrated: z between nodes by Hermite's cubic (its derivative at a node is the sum of the gradient's parts), its
gradient by the polynomial through the five nodes of an interval. The same from every other node shows how much is
unsettled, in each half of the interval. Halves that hold most of it become intervals of their own, for two new nodes
each; nothing is computed twice. Decisions that are done leave the batch.

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
from scipy.special import expit

from audit.models.adapter import Adapter, Batch, Encoded
from audit.models.engine import BatchRunner

METHOD = "integrated_gradients"
Floats = npt.NDArray[np.float64]

#: Differences of F, and of φ in L1, below this are no error, whatever the contrast.
ERROR_FLOOR = 1e-3
#: The finer rule is far closer to the integral than to the coarser one. Replayed on 240 real decisions: with this share
#: of their distance as the error, no true error exceeds 3.9 %; with a quarter of it, 4 of them exceed 5 %. Until a
#: decision was refined once, all of the distance counts: one comparison does not show how fast the rule converges.
SHARE_OF_STEP = 0.4
#: Refining stops where what is left of the error is this share of what is allowed: halving rarely removes all of it.
LEFT_OVER = 0.7


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


def _lagrange(nodes: Floats, at: Floats) -> Floats:
    """Values at `at` of the polynomials that are one at one node and zero at the others, shape (at, nodes)."""
    return np.stack(
        [np.prod([(at - b) / (a - b) for b in nodes if b != a], axis=0) for a in nodes],
        axis=1,
    )


def _hermite(nodes: Floats, at: Floats) -> tuple[Floats, Floats]:
    """Weights of values and of derivatives in the piecewise cubic that has both at the nodes, each (at, nodes)."""
    values, slopes = np.zeros((len(at), len(nodes))), np.zeros((len(at), len(nodes)))
    for row, place in enumerate(at):
        k = int(np.clip(np.searchsorted(nodes, place, side="right") - 1, 0, len(nodes) - 2))
        h = nodes[k + 1] - nodes[k]
        u = (place - nodes[k]) / h
        values[row, k : k + 2] = 2 * u**3 - 3 * u**2 + 1, 3 * u**2 - 2 * u**3
        slopes[row, k : k + 2] = (u**3 - 2 * u**2 + u) * h, (u**3 - u**2) * h
    return values, slopes


class _Rule:
    """How integrals over an interval follow from its nodes: on each of its four quarters, by Gauss's six points."""

    NODES = np.arange(5) / 4

    def __init__(self) -> None:
        gauss, weight = np.polynomial.legendre.leggauss(6)
        places = ((np.arange(4)[:, None] + (gauss + 1) / 2) / 4).ravel()
        self.weight = np.tile(weight / 8, 4)
        self.fine, self.coarse = _lagrange(self.NODES, places), _lagrange(self.NODES[::2], places)
        self.z_fine, self.z_coarse = _hermite(self.NODES, places), _hermite(self.NODES[::2], places)

    def halves(self, gradient: Floats, z: Floats, width: float, scale: str) -> tuple[Floats, Floats]:
        """Integrate over both halves of an interval, with all nodes and with every other one.

        Parameters
        ----------
        gradient : array of shape (5, tokens)
            Of z along the path, token by token.
        z : array of shape (5,)
            Log-odds.

        Returns
        -------
        fine, coarse : array of shape (2, tokens)
        """
        slope = gradient.sum(1) * width
        out = []
        for weights, (of_z, of_slope), step in ((self.fine, self.z_fine, 1), (self.coarse, self.z_coarse, 2)):
            factor = self.weight
            if scale == "probability":
                between = of_z @ z[::step] + of_slope @ slope[::step]
                factor = factor * expit(between) * expit(-between)
            parts = (factor[:, None] * weights).reshape(2, -1, weights.shape[1]).sum(1)
            out.append(width * parts @ gradient[::step])
        return out[0], out[1]


_RULE = _Rule()


@dataclass(frozen=True)
class _Piece:
    """Half of an interval of five nodes: φ on it, its L1 distance to the coarser rule's, and the known rise of F."""

    start: float
    end: float
    phi: Floats
    step: float
    rise: float


def _nodes(start: float, end: float) -> list[float]:
    return [start + (end - start) * k / 4 for k in range(5)]


@dataclass
class _Path:
    """One decision on its way."""

    item: Encoded
    target: int
    scale: str
    pieces: list[_Piece] = field(default_factory=list)
    wanted: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 1.0)])
    gradient: dict[float, Floats] = field(default_factory=dict)
    z: dict[float, float] = field(default_factory=dict)

    def missing(self) -> list[float]:
        """Nodes that were not computed yet."""
        nodes = {node for start, end in self.wanted for node in _nodes(start, end)}
        return sorted(nodes - self.gradient.keys())

    def f(self, node: float) -> float:
        """F at a node."""
        return float(expit(self.z[node])) if self.scale == "probability" else self.z[node]

    def integrate(self) -> None:
        """Turn the wanted intervals, whose nodes are known by now, into pieces."""
        for start, end in self.wanted:
            nodes = _nodes(start, end)
            gradient = np.array([self.gradient[node] for node in nodes])
            fine, coarse = _RULE.halves(gradient, np.array([self.z[node] for node in nodes]), end - start, self.scale)
            for half in (0, 1):
                a, b = nodes[2 * half], nodes[2 * half + 2]
                step = float(np.abs(fine[half] - coarse[half]).sum())
                self.pieces.append(_Piece(a, b, fine[half], step, self.f(b) - self.f(a)))
        self.wanted = []

    def attribution(self) -> Attribution:
        """Sum up what is known."""
        values = np.sum([piece.phi for piece in self.pieces], axis=0)
        share = SHARE_OF_STEP if len(self.gradient) > len(_RULE.NODES) else 1.0
        change = share * sum(piece.step for piece in self.pieces)
        return Attribution(values.astype(np.float32), self.f(1.0), self.f(0.0), change, len(self.gradient))

    def refine(self, tolerance: float, budget: int) -> bool:
        """Ask for nodes where most of the error is; say whether there is anything left to do."""
        self.integrate()
        found = self.attribution()
        if not np.isfinite(found.values).all() or found.converged(tolerance):
            return False
        change = max(tolerance * float(np.abs(found.values).sum()), ERROR_FLOOR)
        rise = max(tolerance * abs(found.contrast), ERROR_FLOOR)
        errors = [
            max(SHARE_OF_STEP * piece.step / change, abs(float(piece.phi.sum()) - piece.rise) / rise)
            for piece in self.pieces
        ]
        # The fewest pieces without which the rest is well within what is allowed.
        left, cut = sum(errors), set()
        for i in sorted(range(len(errors)), key=lambda i: -errors[i]):
            cut.add(i)
            left -= errors[i]
            if left <= LEFT_OVER:
                break
        if len(self.gradient) + 2 * len(cut) > budget:
            return False
        self.wanted = [(piece.start, piece.end) for i, piece in enumerate(self.pieces) if i in cut]
        self.pieces = [piece for i, piece in enumerate(self.pieces) if i not in cut]
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
        paths = [_Path(item, target, self._scale) for item, target in zip(encoded, targets, strict=True)]
        working = list(range(len(paths)))
        while working:
            asked = [(i, node) for i in working for node in paths[i].missing()]
            found = self._runner.run(
                asked, lambda pair: paths[pair[0]].item.length, lambda part: self._work(paths, part)
            )
            for (i, node), (gradient, z) in zip(asked, found, strict=True):
                paths[i].gradient[node], paths[i].z[node] = gradient, z
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
        z = self._seen.double().cpu().numpy() if self._seen is not None else np.full(len(asked), np.nan)
        self._seen = None
        return [(tokens[row, : item.length], float(z[row])) for row, item in enumerate(items)]

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
