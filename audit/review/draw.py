"""Which decisions reviewers are given: flagged ones, and others like them that are not, each with a known probability.

All flagged decisions are taken; or, where no more than so many are asked for, the worst for half of the places, and for
the rest any of the others with the same probability. Controls come from the strata of flagged decisions (predicted
class × groups): two thirds as the flagged ones lie, so that both can be compared, and one third as all decisions lie,
so that nobody is left out. Strata without flagged decisions are drawn from together. Every decision can be drawn, so
that shares among all decisions can be estimated by weighting each with one over its probability.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

FLAGGED, CONTROL = "flagged", "control"
#: Controls, if nobody says how many: as many as flagged decisions, and at least so many.
LEAST_CONTROLS = 50
#: Of the controls, the share that lies as flagged decisions lie.
MATCHED = 2 / 3
#: Of the places of flagged decisions, if there are fewer than decisions, the share that the worst are given.
CERTAIN = 0.5
#: Stratum of all controls from strata without flagged decisions.
REST = "(rest)"


def draw(
    decisions: pd.DataFrame,
    flagged: Sequence[str],
    columns: Sequence[str],
    *,
    most: int | None = None,
    controls: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Draw decisions for review.

    Parameters
    ----------
    decisions
        `row_id`, `y_pred` and the group columns of all decisions that may be reviewed.
    flagged
        Ids of the flagged ones among them, worst first.
    columns
        Group columns.
    most, controls
        How many flagged decisions at most, and how many controls; default: all, and as many again.
    seed
        Of the draw.

    Returns
    -------
    DataFrame
        `row_id`, `arm`, `stratum` and `inclusion_probability`, in the order of `decisions`.
    """
    rng = np.random.default_rng([seed, 1])
    strata = np.array([json.dumps(list(key), ensure_ascii=False) for key in _keys(decisions, columns)], object)
    rank = {row_id: at for at, row_id in enumerate(flagged)}
    places = decisions["row_id"].map(rank).to_numpy(np.float64)
    is_flagged = ~np.isnan(places)
    order = np.flatnonzero(is_flagged)[np.argsort(places[is_flagged], kind="stable")]
    chosen = [_worst(order, most, rng), *_controls(strata, is_flagged, controls, most, rng)]
    at = np.concatenate([found for found, _ in chosen])
    probability = np.concatenate([share for _, share in chosen])
    arm = np.where(is_flagged[at], FLAGGED, CONTROL)
    known = set(strata[is_flagged])
    out = pd.DataFrame(
        {
            "row_id": decisions["row_id"].to_numpy(object)[at],
            "arm": arm,
            "stratum": [stratum if stratum in known else REST for stratum in strata[at]],
            "inclusion_probability": probability,
        }
    )
    return out.iloc[np.argsort(at, kind="stable")].reset_index(drop=True)


def _keys(decisions: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, ...]]:
    names = ["y_pred", *columns]
    return list(zip(*(decisions[name].astype(str).tolist() for name in names), strict=True))


def _worst(order: np.ndarray, most: int | None, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Take the worst for certain, and some of the others."""
    if most is None or most >= len(order):
        return order, np.ones(len(order))
    certain = int(np.ceil(CERTAIN * most))
    others, left = order[certain:], most - certain
    drawn = rng.choice(others, left, replace=False)
    return np.concatenate([order[:certain], drawn]), np.r_[np.ones(certain), np.full(left, left / len(others))]


def _controls(
    strata: np.ndarray, is_flagged: np.ndarray, controls: int | None, most: int | None, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw controls from every stratum, with the probability of each."""
    taken = int(is_flagged.sum()) if most is None else min(int(is_flagged.sum()), most)
    wanted = max(taken, LEAST_CONTROLS) if controls is None else controls
    of_flagged = pd.Series(strata[is_flagged], dtype=object).value_counts().to_dict()
    matched = MATCHED if of_flagged else 0.0
    free = np.flatnonzero(~is_flagged)
    pools: dict[str, list[int]] = {}
    for place in free:
        pools.setdefault(strata[place] if strata[place] in of_flagged else REST, []).append(int(place))
    out = []
    for stratum, pool in sorted(pools.items()):
        share = matched * of_flagged.get(stratum, 0) / max(int(is_flagged.sum()), 1)
        share += (1 - matched) * len(pool) / len(free)
        size = min(int(np.ceil(wanted * share)), len(pool))
        if size:
            drawn = rng.choice(np.array(pool), size, replace=False)
            out.append((drawn, np.full(size, size / len(pool))))
    return out


def review_id(row_id: str, secret: str) -> str:
    """Name a decision so that the name tells nothing to whoever does not hold the secret."""
    return "d" + hmac.new(secret.encode(), row_id.encode(), hashlib.sha256).hexdigest()[:12]


def shuffled(ids: Sequence[str], reviewer: int, seed: int) -> list[str]:
    """Put decisions in an order of this reviewer's own."""
    order = np.random.default_rng([seed, 2, reviewer]).permutation(len(ids))
    return [ids[at] for at in order]


def shared_out(ids: Sequence[str], reviewers: int, overlap: float, seed: int) -> list[list[int]]:
    """Say which reviewers, counted from 1, are given each decision.

    Parameters
    ----------
    overlap
        Share of the decisions that all are given; each of the others goes to one of them.
    """
    everybody = list(range(1, reviewers + 1))
    order = np.random.default_rng([seed, 3]).permutation(len(ids))
    common = int(np.ceil(overlap * len(ids)))
    out = [everybody] * len(ids)
    for turn, at in enumerate(order[common:]):
        out[at] = [turn % reviewers + 1]
    return out
