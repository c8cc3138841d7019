"""Which words push decisions, over all explained ones, per predicted class and per group."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from audit.data.places import Grid
from audit.explain.integrate.units import FRAME, units_of
from audit.explain.verify.outcome import has_content
from audit.result import WordInfluence
from audit.store.columns import group_column

#: Words in fewer explained decisions are left out: their mean says little, and they may point to a person.
LEAST_DECISIONS = 5
MOST_WORDS = 10


def influential_words(
    explained: pd.DataFrame, attributes: Sequence[str], grid: Grid | None = None
) -> list[WordInfluence]:
    """Rank words by mean φ for the predicted class, over the decisions that hold them.

    Parameters
    ----------
    explained
        Columns of the attribution table, `input`, and the groups by the attributes; usable decisions only.
    """
    units = units_of(explained, "attributions")
    words = units.called(list(explained["input"]), grid)
    flat = pd.DataFrame({"at": units.rows, "word": words, "phi": units.phi})
    named = {word: has_content(word) for word in set(flat["word"])}
    flat = flat[(units.numbers != FRAME) & flat["word"].map(named).to_numpy(bool)]
    if flat.empty:
        return []
    # A word that stands twice in a text counts once, with both its shares.
    flat = flat.groupby(["at", "word"], as_index=False)["phi"].sum()
    flat["cls"] = explained["y_pred"].astype(object).to_numpy()[flat["at"]]
    flat["weight"] = 1 / explained["inclusion_probability"].to_numpy()[flat["at"]]
    out = []
    for cls in sorted(set(flat["cls"])):
        mine = flat[flat["cls"] == cls]
        out += _ranked(mine, str(cls), None, None)
        for name in attributes:
            groups = explained[group_column(name)].astype(object).to_numpy()[mine["at"]]
            for group in sorted(set(groups)):
                out += _ranked(mine[groups == group], str(cls), name, str(group))
    return out


def _ranked(flat: pd.DataFrame, cls: str, attribute: str | None, group: str | None) -> list[WordInfluence]:
    flat = flat.assign(weighted=flat["phi"] * flat["weight"])
    words = flat.groupby("word").agg(n=("at", "nunique"), total=("weighted", "sum"), weight=("weight", "sum"))
    words = words[words["n"] >= LEAST_DECISIONS]
    words["mean"] = words["total"] / words["weight"]
    ordered = words.reindex(words["mean"].abs().sort_values(ascending=False, kind="stable").index)[:MOST_WORDS]
    described = {"cls": cls, "attribute": attribute, "group": group}
    return [
        WordInfluence(**described, word=word, n=int(n), mean=round(float(mean), 6))
        for word, n, mean in zip(ordered.index.astype(str), ordered["n"], ordered["mean"], strict=True)
    ]
