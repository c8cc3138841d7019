"""Does a decision rest on identity terms? Suspected by attribution, and called so only once something else confirms it.

Attribution mass alone is no proof: identity terms are suspected of a decision where they carry a stated share of Σ|φ|.
Then they are masked. If the score falls by the threshold or the decision changes, masking confirms it; if exchanging
them moves the score so far, the exchange does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from audit.data.examples import said
from audit.explain.explanations import Explainer
from audit.explain.integrate.units import units_of
from audit.explain.verify.erasing import ErasedCase
from audit.result import Reliance
from audit.terms.lexicon import Lexicon, find_terms


class Moved(NamedTuple):
    """What one exchange did: the characters it replaced, and how far the score moved; infinite if the decision did."""

    places: list[tuple[int, int]]
    change: float


def find_reliance(
    explainer: Explainer,
    explained: pd.DataFrame,
    lexicons: Sequence[Lexicon],
    *,
    share: float,
    threshold: float,
    moved_by_exchange: Mapping[str, Sequence[Moved]],
) -> tuple[Reliance, pd.DataFrame]:
    """Look into explained decisions that name a group.

    Parameters
    ----------
    explained
        Columns of the attribution table, `input` and `y_pred`.
    share
        Least share of Σ|φ| on identity terms.
    threshold
        Least change of F that confirms.
    moved_by_exchange
        Row -> its exchanges. One that left the row's terms as they are, such as that of an age in another field, says
        nothing of them.

    Returns
    -------
    summary, suspected
        `row_id`, `share`, `masked` (F less F with the terms masked), `flips` (whether masking changes the decision),
        `confirmed_by` ("masking", "exchange", "both" or None) of each suspected decision.
    """
    decisions = 0
    suspected: list[dict[str, object]] = []
    cases: list[ErasedCase] = []
    erased: list[frozenset[int]] = []
    kinds: list[str] = []
    exchanged: list[float] = []
    usable = explained[~explained["reason"].isin(["failed", "no_input"])]
    units = units_of(usable, "attributions")
    for record, of in zip(usable.to_dict("records"), units.slices(len(usable)), strict=True):
        mentions = find_terms(lexicons, said(record["input"]))
        if not mentions:
            continue
        decisions += 1
        mine = np.unique(np.concatenate([units.touching(of, m.start, m.end) for m in mentions]))
        whole = float(np.abs(units.phi[of]).sum())
        carried = float(np.abs(units.phi[mine]).sum()) / whole if whole else 0.0
        if carried < share:
            continue
        (item,) = explainer.adapter.encode([record["input"]])
        target = explainer.adapter.classes.index(record["y_pred"])
        # Erasing answers on the scale of the audit, whichever this decision was explained on.
        f_input = record["f_input"]
        if record["scale"] != explainer.settings.target:
            f_input = float(expit(f_input))
        cases.append(ErasedCase(item, target, record["attributions"], f_input))
        erased.append(frozenset(units.numbers[mine].tolist()))
        kinds.append(record["baseline"])
        suspected.append({"row_id": record["row_id"], "share": carried})
        spans = [(mention.start, mention.end) for mention in mentions]
        exchanged.append(_most(moved_by_exchange.get(str(record["row_id"]), ()), spans))
    for kind in dict.fromkeys(kinds):
        chosen = [i for i, of in enumerate(kinds) if of == kind]
        explainer.eraser(kind).evaluate([cases[i] for i in chosen], [(k, erased[i]) for k, i in enumerate(chosen)])
    for found, case, units_masked, change in zip(suspected, cases, erased, exchanged, strict=True):
        f, predicted = case.known[units_masked]
        found["masked"], found["flips"] = case.f_input - f, predicted != case.target
        by_masking = predicted != case.target or case.f_input - f >= threshold
        by_exchange = change >= threshold
        names = {(True, True): "both", (True, False): "masking", (False, True): "exchange", (False, False): None}
        found["confirmed_by"] = names[by_masking, by_exchange]
    columns = ["row_id", "share", "masked", "flips", "confirmed_by"]
    table = pd.DataFrame(suspected, columns=columns)
    confirmed = table["confirmed_by"].tolist()
    summary = Reliance(
        share=share,
        threshold=threshold,
        decisions=decisions,
        suspected=len(table),
        confirmed_by_masking=sum(by in {"both", "masking"} for by in confirmed),
        confirmed_by_exchange=sum(by in {"both", "exchange"} for by in confirmed),
        unconfirmed=sum(by is None for by in confirmed),
    )
    return summary, table


def _most(moves: Sequence[Moved], spans: Sequence[tuple[int, int]]) -> float:
    """Largest change by an exchange that touched one of these places; 0 if none did."""
    return max(
        (
            move.change
            for move in moves
            if any(start < end and begin < stop for start, stop in move.places for begin, end in spans)
        ),
        default=0.0,
    )
