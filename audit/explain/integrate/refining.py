"""The integral of one decision along its path: where it needs more gradients, and when it is done.

Most of what bends along the path is the squashing of log-odds z into a probability, and that is known: the gradient of
F = σ(z) is σ′(z) times the gradient of z. So gradients are taken of z, whose own bends are mild, and the product is
integrated: z between nodes by Hermite's cubic (its derivative at a node is the sum of the gradient's parts), its
gradient by the cubic spline through all nodes. The same without the nodes that came last shows how much they changed,
gap by gap; and how far F rises over a gap is known, so that what Σφ lacks of it there is error for certain. The gaps
that hold most of the error are halved, at one new node each; nothing is computed twice.

A decision has *converged* when |Σφ − (F(x) − F(x′))| is at most the tolerance's share of |F(x) − F(x′)|, and the errors
of its gaps together are at most that share of φ in L1. They are estimates, no proof: between its nodes an integrand can
do anything. docs/explanations.md says how often they are wrong, and shows what fools them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicHermiteSpline, CubicSpline
from scipy.special import expit

from audit.explain.integrate.attribution import ERROR_FLOOR, Attribution
from audit.models.adapter import Encoded

Floats = npt.NDArray[np.float64]
Nodes = tuple[float, ...]

#: The spline through all nodes is far closer to the integrand than to the spline without the last ones. Replayed on 250
#: real decisions: with this share of their distance as the error, no true error exceeds 3.2 %; with an eighth less,
#: one exceeds 5 %. Until a decision was refined once, all of the distance counts: one comparison shows no rate.
SHARE_OF_STEP = 0.2
#: The same where gradients jump along the path, as those of rectifiers (ReLU) do: each new node may find a jump that no
#: spline foresees. Of 48 decisions about faces, 4 converged falsely with the share above, and none with this one.
SHARE_OF_JUMPS = 0.4
#: Over a gap in which log-odds rise by more, F may turn sharply between two nodes, and all of the distance counts.
#: Replayed on 60 real decisions with logits × 4 to × 30, 28 of 651 converged falsely without it, and none with it.
STEEP = 3.0
#: Where only means over decisions are wanted, outliers among errors count little. `benchmarks explain` holds what half
#: of the shares tells against the truth, on four models.
SHARE_TOGETHER = 0.5
#: Least contrast in log-odds, where probabilities show none. At a probability of .9 it is about .05 of that.
LEAST_LOG_ODDS = 0.5
#: Refining stops where what is left of the error is this share of what is allowed: halving does not remove all of it.
LEFT_OVER = 0.6
#: Where every path begins, and the nodes that the first comparison leaves out.
FIRST = (0.0, 0.25, 0.5, 0.75, 1.0)
#: Gaps that are not halved any more: below it, float32 hardly tells nodes apart.
NARROWEST = 2.0**-16
GAUSS, GAUSS_WEIGHT = np.polynomial.legendre.leggauss(6)


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
class GradientPath:
    """One decision on its way.

    Attributes
    ----------
    least_contrast
        In probability: with less of it, the log-odds are explained instead, if they have contrast.
    share_of_step
        What counts as error of the distance between two splines, one with the last nodes and one without.
    share_of_first
        The same until the decision was refined once.
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
    share_of_step: float = SHARE_OF_STEP
    share_of_first: float = 1.0
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

    def learn(self, node: float, answer: tuple[Floats, float]) -> None:
        """Take gradient and z at a node."""
        self.gradient[node], self.z[node] = answer

    def f(self, node: float) -> float:
        """F at a node."""
        return float(expit(self.z[node])) if self.scale == "probability" else self.z[node]

    def attribution(self) -> Attribution:
        """Sum up what is known."""
        error = float(self.errors().sum())
        elements = self.phi.sum(0)
        values, frame = self.item.by_unit(elements)
        mass, f = float(np.abs(elements).sum()), (self.f(1.0), self.f(0.0))
        return Attribution(values.astype(np.float32), *f, error, len(self.gradient), self.scale, frame, mass)

    def take_in(self, budget: int) -> bool:
        """Integrate, all nodes being known."""
        if len(self.nodes) == len(FIRST):
            self._choose_scale()
        self._integrate()
        return False

    def errors(self) -> Floats:
        """What may be wrong with what is gathered between one node and the next, in L1."""
        share = self._share_of_step() if len(self.nodes) > len(FIRST) else self.share_of_first
        return np.maximum(share * self.steps, self.lacking)

    def refine(self, tolerance: float, budget: int) -> bool:
        """Integrate, all nodes being known, and ask for more where the error is; say whether it asked."""
        self.take_in(budget)
        found = self.attribution()
        if not np.isfinite(found.mass) or found.converged(tolerance):
            return False
        share = self._share_of_step() if len(self.nodes) > len(FIRST) else self.share_of_step
        errors = np.maximum(
            share * self.steps / max(tolerance * found.mass, ERROR_FLOOR),
            self.lacking / max(tolerance * abs(found.contrast), ERROR_FLOOR),
        )
        # The fewest gaps without which the rest is well within what is allowed.
        order = np.argsort(-errors, kind="stable")
        order = order[np.diff(self.nodes)[order] > NARROWEST]
        enough = np.flatnonzero(errors.sum() - np.cumsum(errors[order]) <= LEFT_OVER)
        return len(enough) > 0 and self.work_on(np.sort(order[: enough[0] + 1]), budget)

    def work_on(self, pieces: npt.NDArray[np.int64], budget: int) -> bool:
        """Halve some gaps; say whether there is anything to ask."""
        halved = pieces[np.diff(self.nodes)[pieces] > NARROWEST]
        if not len(halved) or len(self.gradient) + len(halved) > budget:
            return False
        middles = (np.array(self.nodes)[halved] + np.array(self.nodes)[halved + 1]) / 2
        self.before, self.nodes = self.nodes, tuple(np.insert(self.nodes, halved + 1, middles).tolist())
        self.steps[halved] = 0.0
        self.steps = np.insert(self.steps, halved, 0.0)
        return True

    def _share_of_step(self) -> Floats:
        """What counts as error of the distance that each gap moved."""
        rise = np.abs(np.diff([self.z[node] for node in self.nodes]))
        return np.where((rise > STEEP) & (self.scale == "probability"), 1.0, self.share_of_step)

    def _choose_scale(self) -> None:
        """Explain log-odds where probabilities are saturated at both ends; no node is lost by it."""
        rise = abs(self.z[1.0] - self.z[0.0])
        if self.scale == "probability" and abs(self.f(1.0) - self.f(0.0)) < self.least_contrast:
            self.scale = "log_odds" if rise >= LEAST_LOG_ODDS else self.scale

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
