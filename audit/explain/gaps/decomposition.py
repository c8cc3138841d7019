"""What carries a gap: the exact decomposition of a gap in mean score into concepts.

Completeness of integrated gradients makes it exact. With F the score of one class, x′ one baseline rule for all, and δ
what the integration missed,

    mean_a F − mean_b F = [mean_a F(x′) − mean_b F(x′)] + Σ_c [mean_a Φ_c − mean_b Φ_c] + [mean_a δ − mean_b δ]

over *all* explained decisions of the two groups, whatever became of their explanation: leaving out the unexplained
would be a selection. Means are weighted by the inverse of the inclusion probability (Hájek 1971), so the parts add up
to the sample's estimate, and one more line, sampling, closes the distance to the gap over all decisions. Conditioned on
the true label it speaks of equal opportunity and equalized odds.

Intervals are by the Bayesian bootstrap over clusters (Rubin 1981), simultaneous over concepts: the quantile of the
largest studentised deviation (max-t, Westfall and Young 1993). They are given to the concepts that move scores most, by
Σw·φ², which is looked up without regard to groups, so that looking costs nothing; concepts in fewer than `LEAST`
decisions of the two groups are never among them, for their intervals would mean nothing. All others are the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix, hstack
from scipy.stats import norm

from audit.explain.gaps.concepts import Contributions
from audit.result import Closing, ConceptPush, GapPart

#: What rounding leaves of a part that is the same in all decisions, and no part of a gap.
ROUNDING = 1e-7
Kind = Literal["baseline", "identity", "lexicon", "word", "field", "region", "special", "rest", "residual", "sampling"]
Floats = npt.NDArray[np.float64]

#: Decisions that must hold a concept.
LEAST = 15
#: Concepts that get an interval of their own at most.
MOST_CONCEPTS = 150
#: Resamples at a time: what bounds memory.
BLOCK = 250
MOST_WORDS = 6


@dataclass(frozen=True)
class Decomposed:
    """A gap and its parts.

    Attributes
    ----------
    gap, lower, upper
        Gap in mean score as estimated from explained decisions, with its interval.
    concepts
        How many parts have an interval.
    """

    gap: float
    lower: float
    upper: float
    concepts: int
    parts: list[GapPart]


@dataclass(frozen=True)
class Attributed:
    """Explained decisions as numbers.

    Attributes
    ----------
    f, f_baseline, weight : array of shape (decisions,)
        Score at input and baseline, and the weight in the population.
    cluster : array of shape (decisions,)
        Code of the cluster; each decision its own if there are none.
    ids : list of str
    contributions
        Attributions by concept.
    """

    f: Floats
    f_baseline: Floats
    weight: Floats
    cluster: npt.NDArray[np.int64]
    ids: list[str]
    contributions: Contributions

    @classmethod
    def of(cls, table: pd.DataFrame, contributions: Contributions) -> Attributed:
        """Read the columns of the explanation table."""
        own = table["cluster"].astype(object).where(table["cluster"].notna(), [("row", i) for i in range(len(table))])
        return cls(
            table["score_input"].to_numpy(np.float64),
            table["score_baseline"].to_numpy(np.float64),
            1 / table["inclusion_probability"].to_numpy(np.float64) * table["weight"].to_numpy(np.float64),
            pd.factorize(own)[0].astype(np.int64),
            table["row_id"].astype(str).tolist(),
            contributions,
        )

    def matrix(self) -> csr_matrix:
        """Φ of every decision and concept, shape (decisions, concepts)."""
        found = self.contributions
        return csr_matrix((found.phi, (found.rows, found.concepts)), shape=(len(self.f), len(found.names)))


def decompose(
    data: Attributed,
    high: npt.NDArray[np.bool_],
    low: npt.NDArray[np.bool_],
    population_gap: float,
    *,
    alpha: float,
    resamples: int,
    seed: int,
) -> Decomposed:
    """Take a gap apart.

    Parameters
    ----------
    high, low : array of shape (decisions,)
        Decisions of the two groups.
    population_gap
        Gap in mean score over all decisions, explained or not.
    alpha
        One minus the level of the intervals; those of concepts hold it together.
    """
    phi = data.matrix()
    either = high | low
    holds = _holding(phi, either)
    moved = np.asarray(phi.power(2)[either].T @ data.weight[either]).ravel()
    kept = np.sort(np.argsort(np.where(holds >= LEAST, -moved, 0.0), kind="stable")[:MOST_CONCEPTS])
    kept = kept[holds[kept] >= LEAST]
    other = np.asarray(phi.sum(1)).ravel() - np.asarray(phi[:, kept].sum(1)).ravel()
    residual = data.f - data.f_baseline - np.asarray(phi.sum(1)).ravel()
    columns = _columns(data, phi, kept, other, residual)
    point = _gap(columns, data.weight * high) - _gap(columns, data.weight * low)
    drawn = _resampled(columns, data, high, low, resamples, seed)
    bounded = len(kept) + 2
    lower, upper = _simultaneous(point[:bounded], drawn[:, :bounded], alpha)
    error = drawn[:, -1].std(ddof=1)
    half = float(norm.isf(alpha / 2)) * float(error)
    gap = float(point[-1])
    rest, base = len(kept), len(kept) + 1
    held = int(((other != 0) & either).sum())
    parts = [
        _bounded("baseline", base, point, lower, upper, int(either.sum())),
        _bounded("rest", rest, point, lower, upper, held),
    ]
    parts += [
        _concept_part(
            data, phi, int(concept), high, low, (float(point[k]), float(lower[k]), float(upper[k])), int(holds[concept])
        )
        for k, concept in enumerate(kept)
    ]
    parts += [_line("residual", float(point[-2])), _line("sampling", population_gap - gap)]
    order = {"baseline": 0, "rest": 2, "residual": 3, "sampling": 4}
    parts.sort(key=lambda part: (order.get(part.kind, 1), -abs(part.value), part.name))
    return Decomposed(gap, gap - half, gap + half, len(kept), parts)


def closings(
    data: Attributed,
    high: npt.NDArray[np.bool_],
    low: npt.NDArray[np.bool_],
    falls: Floats,
    *,
    alpha: float,
    resamples: int,
    seed: int,
) -> list[Closing]:
    """By how much the gap closes, for every column of falls of F; intervals hold together.

    Parameters
    ----------
    falls : array of shape (decisions, columns)
        How far F falls once something is taken out of a decision.
    """
    columns = csr_matrix(falls)
    point = _gap(columns, data.weight * high) - _gap(columns, data.weight * low)
    lower, upper = _simultaneous(point, _resampled(columns, data, high, low, resamples, seed), alpha)
    bounds = zip(point, lower, upper, strict=True)
    return [Closing(value=float(value), lower=float(a), upper=float(b)) for value, a, b in bounds]


def _holding(phi: csr_matrix, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """How many of the chosen decisions hold each concept."""
    structure = csr_matrix((np.ones(len(phi.data)), phi.indices, phi.indptr), shape=phi.shape)
    return np.asarray(structure[chosen].sum(0)).ravel().astype(np.int64)


def _columns(
    data: Attributed, phi: csr_matrix, kept: npt.NDArray[np.int64], other: Floats, residual: Floats
) -> csr_matrix:
    """Concepts, the rest, baseline, residual, F: everything whose mean is compared."""
    more = np.column_stack([other, data.f_baseline, residual, data.f])
    return csr_matrix(hstack([phi[:, kept], csr_matrix(more)], format="csr"))


def _gap(columns: csr_matrix, weight: Floats) -> Floats:
    return np.asarray(np.asarray(columns.T @ weight).ravel() / weight.sum(), np.float64)


def _resampled(
    columns: csr_matrix,
    data: Attributed,
    high: npt.NDArray[np.bool_],
    low: npt.NDArray[np.bool_],
    resamples: int,
    seed: int,
) -> Floats:
    """Gaps of every column under random weights of clusters, shape (resamples, columns)."""
    rng = np.random.default_rng([seed, 8])
    out = np.empty((resamples, columns.shape[1]))
    at_high, at_low = np.flatnonzero(high), np.flatnonzero(low)
    parts = [(csr_matrix(columns[at].T), at) for at in (at_high, at_low)]
    clusters = int(data.cluster.max()) + 1
    for first in range(0, resamples, BLOCK):
        size = min(BLOCK, resamples - first)
        drawn = rng.standard_exponential((clusters, size))
        means = []
        for transposed, at in parts:
            weight = data.weight[at, None] * drawn[data.cluster[at]]
            means.append(np.asarray(transposed @ weight) / weight.sum(0))
        out[first : first + size] = (means[0] - means[1]).T
    return out


def _simultaneous(point: Floats, drawn: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Intervals that hold together with probability 1 − α."""
    error = drawn.std(0, ddof=1)
    scale = np.where(error > 0, error, 1.0)
    largest = (np.abs(drawn - point) / scale).max(1) if drawn.shape[1] else np.zeros(1)
    quantile = float(np.quantile(largest, 1 - alpha))
    return point - quantile * error, point + quantile * error


def _bounded(kind: Kind, at: int, point: Floats, lower: Floats, upper: Floats, n: int) -> GapPart:
    low, high = float(lower[at]), float(upper[at])
    named = low > ROUNDING or high < -ROUNDING
    return GapPart(
        kind=kind, name="", value=float(point[at]), lower=low, upper=high, n=n, named=named, words={}, rows=[]
    )


def _line(kind: Kind, value: float) -> GapPart:
    return GapPart(
        kind=kind, name="", value=value, lower=None, upper=None, n=0, named=False, words={}, rows=[]
    )  # fmt: skip


def _concept_part(
    data: Attributed,
    phi: csr_matrix,
    concept: int,
    high: npt.NDArray[np.bool_],
    low: npt.NDArray[np.bool_],
    numbers: tuple[float, float, float],
    n: int,
) -> GapPart:
    kind, name = data.contributions.names[concept]
    value, lower, upper = numbers
    named = lower > ROUNDING or upper < -ROUNDING
    words: dict[str, float] = {}
    rows: list[str] = []
    if named:
        words = _words_of(data, concept, high, low)
        column = np.asarray(phi[:, [concept]].todense()).ravel()
        # Where it widens the gap: pushing the one group up, or the other down.
        acting = np.where(high, column, 0) - np.where(low, column, 0)
        best = np.argsort(-acting * np.sign(value), kind="stable")[:2]
        rows = [data.ids[i] for i in best if acting[i] * value > 0]
    return GapPart(
        kind=cast("Kind", kind),
        name=name,
        value=value,
        lower=lower,
        upper=upper,
        n=n,
        named=named,
        words=words,
        rows=rows,
    )


def _words_of(
    data: Attributed, concept: int, high: npt.NDArray[np.bool_], low: npt.NDArray[np.bool_]
) -> dict[str, float]:
    """What the words of a category add, strongest first; nothing for a word that is its own concept."""
    found = data.contributions
    if found.names[concept].kind not in {"identity", "lexicon", "field"}:
        return {}
    at = np.flatnonzero(found.concepts == concept)
    share = data.weight * high / (data.weight * high).sum() - data.weight * low / (data.weight * low).sum()
    sums = pd.Series(share[found.rows[at]] * found.phi[at]).groupby(np.array(found.words, object)[at]).sum()
    ordered = sums.reindex(sums.abs().sort_values(ascending=False, kind="stable").index)[:MOST_WORDS]
    return {str(word): float(value) for word, value in ordered.items()}


def pushes(data: Attributed, *, alpha: float) -> list[ConceptPush]:
    """Mean attribution toward the class of each identity group's terms, over decisions that hold them.

    Intervals are Bonferroni's over groups, by linearisation over clusters.
    """
    found, phi = data.contributions, data.matrix()
    holds = _holding(phi, np.ones(len(data.f), bool))
    chosen = [i for i, concept in enumerate(found.names) if concept.kind == "identity" and holds[i] >= LEAST]
    out = []
    for concept in chosen:
        at = np.unique(found.rows[found.concepts == concept])
        values = np.asarray(phi[at][:, [concept]].todense()).ravel()
        weight = data.weight[at]
        mean = float((weight * values).sum() / weight.sum())
        residual = np.bincount(data.cluster[at], weight * (values - mean))
        blocks = len(np.unique(data.cluster[at]))
        error = float(np.sqrt(blocks / max(blocks - 1, 1) * (residual**2).sum()) / weight.sum())
        half = float(norm.isf(alpha / 2 / len(chosen))) * error
        axis, _, group = found.names[concept].name.partition(": ")
        everyone = np.ones(len(data.f), bool)
        words = _mean_by_word(data, concept, everyone)
        out.append(
            ConceptPush(axis=axis, group=group, n=len(at), mean=mean, lower=mean - half, upper=mean + half, words=words)
        )
    return sorted(out, key=lambda push: -push.mean)


def _mean_by_word(data: Attributed, concept: int, chosen: npt.NDArray[np.bool_]) -> dict[str, float]:
    found = data.contributions
    at = np.flatnonzero((found.concepts == concept) & chosen[found.rows])
    frame = pd.DataFrame(
        {"word": np.array(found.words, object)[at], "phi": found.phi[at], "w": data.weight[found.rows[at]]}
    )
    frame["phi"] *= frame["w"]
    sums = frame.groupby("word").agg(n=("phi", "size"), phi=("phi", "sum"), w=("w", "sum"))
    means = (sums["phi"] / sums["w"])[sums["n"] >= LEAST // 3]
    ordered = means.reindex(means.abs().sort_values(ascending=False, kind="stable").index)[:MOST_WORDS]
    return {str(word): float(value) for word, value in ordered.items()}
