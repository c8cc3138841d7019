"""Proxies: columns and words that tell the group of rows that were held out.

The rows are cut in two halves, with clusters whole. On each half it is learned to tell a group from all others, and the
other half says how well that works: the AUC, with an interval that knows weights and clusters. The two AUCs and their
bounds are averaged on the scale of log-odds. How the halves depend on each other nobody knows; an average of two
estimates spreads at most as much as the two do on average, so the bounds hold in any case. What cross-fitting in more
parts would lend, its interval would owe (`audit.explain.gaps.treatment`).

A column is learned value by value, or, of numbers, in twenty bins: the share of the group among the rows of the half
that learns, drawn towards the share of all. So it need not rise or fall with the group. Words are learned by a logistic
regression on which words a text holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import regex
from scipy.special import expit, logit

from audit.data_audit.rates import Looks
from audit.data_audit.rows import Grouped
from audit.fairness.bounds.auc import weighted_auc
from audit.personal.masking import without_personal
from audit.result import Proxy, TellingWord, ToldGroup
from audit.terms.scripts import is_unspaced
from audit.terms.segments import cut_into_words

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Groups of an attribute that are told apart, the largest.
MOST_GROUPS = 12
#: Clusters inside and outside of a group that each half must hold.
LEAST = 20
#: Bins of a column of numbers; rows of all that a value or bin is drawn by.
BINS, PRIOR = 20, 5.0
#: Words that are learned from, the most frequent; rows that must hold each; and telling ones that are named of a group.
MOST_WORDS, LEAST_ROWS, MOST_NAMED = 5_000, 10, 8
#: Columns that are looked at.
MOST_COLUMNS = 100
#: Standard errors by which a telling word is more common in the group.
CLEARLY = 3.0
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}'’_-]*")

#: Learns from some rows, and returns a score of all.
Learner = Callable[[Bools, Ints], Floats]


@dataclass(frozen=True)
class _Question:
    """One group against all others, in the rows of the sample."""

    attribute: str
    group: str
    label: Ints
    halves: Bools


def proxies(looks: Looks) -> tuple[list[Proxy], int]:
    """Ask of every attribute which columns, and whether words, tell its groups.

    Returns
    -------
    proxies, comparisons
        The bounds hold for all comparisons together (Bonferroni).
    """
    rows = looks.rows
    questions = {name: _questions(looks, name, grouped) for name, grouped in rows.groups.items()}
    words = _Words.of(rows.texts) if rows.texts and rows.empty is not None else None
    named = list(rows.columns)[:MOST_COLUMNS]
    columns = {name: rows.columns[name].iloc[rows.sample].reset_index(drop=True) for name in named}
    columns = {name: values for name, values in columns.items() if values.nunique(dropna=False) > 1}
    asked = [
        (name, column, question)
        for name, mine in questions.items()
        for column in (*columns, *([None] if words else []))
        if column != name
        for question in mine
    ]
    tail = looks.alpha / max(len(asked), 1)
    found: dict[tuple[str, str | None], Proxy] = {}
    for name, column, question in asked:
        learner = words.learner() if column is None and words else _levels(columns[str(column)])
        told = _held_out(looks, question, learner, tail)
        if told is None:
            continue
        kind: Any = "words" if column is None else _kind(columns[column])
        part = found.setdefault((name, column), Proxy(attribute=name, column=column, kind=kind, groups=[], words=[]))
        part.groups.append(told)
        if column is None and words and told.lower > 0.5:
            part.words += words.telling(question)
    return list(found.values()), len(asked)


def _kind(values: pd.Series) -> str:
    return "category" if isinstance(values.dtype, pd.CategoricalDtype) else "number"


def _questions(looks: Looks, name: str, grouped: Grouped) -> list[_Question]:
    """Groups that are large enough, each against the others; of two groups one says it all."""
    rows = looks.rows
    inside = [code for code in range(len(grouped.names)) if grouped.inside[code]]
    member = np.full(rows.size, -1, np.int64)
    sure = (grouped.share >= 0.5) & grouped.inside[grouped.group]
    member[grouped.row[sure]] = grouped.group[sure]
    member = member[rows.sample]
    sizes = {code: int((member == code).sum()) for code in inside}
    largest = sorted(inside, key=lambda code: (-sizes[code], code))[:MOST_GROUPS]
    present = [code for code in largest if sizes[code]]
    if len(present) < 2:
        return []
    clusters = _clusters(looks)
    asked = [present[1]] if len(present) == 2 else sorted(present)
    out = []
    for code in asked:
        label = np.where(member < 0, -1, (member == code).astype(np.int64))
        halves = _halves(label, clusters, np.random.default_rng([looks.seed, 44, code]))
        enough = all(
            len(np.unique(clusters[(halves == half) & (label == side)])) >= LEAST for half in (0, 1) for side in (0, 1)
        )
        if enough:
            out.append(_Question(name, grouped.names[code], label, halves.astype(bool)))
    return out


def _clusters(looks: Looks) -> Ints:
    """Clusters of the sample, every row its own where there are none."""
    rows = looks.rows
    if rows.cluster is None:
        return np.arange(len(rows.sample))
    own = rows.cluster[rows.sample]
    alone = own < 0
    return np.where(alone, own.max(initial=0) + 1 + np.arange(len(own)), own)


def _halves(label: Ints, cluster: Ints, rng: np.random.Generator) -> Ints:
    """Cut in two halves with like shares of the group, clusters whole."""
    code = np.unique(cluster, return_inverse=True)[1]
    share = np.bincount(code, label == 1) / np.maximum(np.bincount(code), 1)
    order = np.lexsort((rng.random(len(share)), share))
    half = np.zeros(len(share), np.int64)
    half[order[::2]] = 1
    return np.asarray(half[code], np.int64)


def _held_out(looks: Looks, question: _Question, learn: Learner, tail: float) -> ToldGroup | None:
    """Learn on each half, and look at the other one."""
    rows = looks.rows
    weight = (rows.weight * rows.count)[rows.sample]
    clusters = np.unique(_clusters(looks), return_inverse=True)[1]
    ends = []
    for half in (False, True):
        known = (question.label >= 0) & (weight > 0)
        score = learn((question.halves == half) & known, question.label)
        out = (question.halves != half) & known
        if len(np.unique(question.label[out])) < 2:
            return None
        ends.append(weighted_auc(score[out], question.label[out], weight[out], clusters[out], tail))
    auc, lower, upper = (float(end) for end in expit(logit(np.clip(np.array(ends), 1e-6, 1 - 1e-6)).mean(0)))
    n = int((question.label == 1).sum())
    return ToldGroup(group=question.group, n=n, auc=auc, lower=lower, upper=upper)


def _levels(values: pd.Series) -> Learner:
    """Learn the share of the group at every value."""

    def learn(half: Bools, label: Ints) -> Floats:
        if isinstance(values.dtype, pd.CategoricalDtype):
            level = values.cat.codes.to_numpy(np.int64) + 1
        else:
            level = _binned(values.to_numpy(np.float64), half)
        size = int(level.max(initial=0)) + 1
        n = np.bincount(level[half], minlength=size)
        hits = np.bincount(level[half], label[half] == 1, size)
        overall = hits.sum() / max(n.sum(), 1)
        return np.asarray(((hits + PRIOR * overall) / (n + PRIOR))[level], np.float64)

    return learn


def _binned(numbers: Floats, half: Bools) -> Ints:
    """Put numbers into bins of as many rows of one half each; what is missing is a bin of its own."""
    known = numbers[half & ~np.isnan(numbers)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.zeros(0)
    return np.where(np.isnan(numbers), 0, 1 + np.searchsorted(edges, numbers, side="right"))


@dataclass(frozen=True)
class _Words:
    """Which words each text holds."""

    names: Sequence[str]
    held: Any

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Words | None:
        """Count words; None where no word is in enough texts."""
        from sklearn.feature_extraction.text import CountVectorizer

        if len(texts) < 4 * LEAST:
            return None
        counter = CountVectorizer(analyzer=words_of, binary=True, min_df=LEAST_ROWS, max_features=MOST_WORDS)
        try:
            held = counter.fit_transform(texts)
        except ValueError:  # no word is left
            return None
        return cls(list(counter.get_feature_names_out()), held.tocsr().astype(np.float64))

    def learner(self) -> Learner:
        """Learn to tell a group by which words a text holds."""

        def learn(half: Bools, label: Ints) -> Floats:
            return np.asarray(self.held @ self._weights(half, label), np.float64)

        return learn

    def _weights(self, half: Bools, label: Ints) -> Floats:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=0.3, solver="liblinear", class_weight="balanced", max_iter=200, random_state=0)
        model.fit(self.held[half], label[half])
        return np.asarray(model.coef_[0], np.float64)

    def telling(self, question: _Question) -> list[TellingWord]:
        """Name words that speak for the group in both halves, the strongest first."""
        known = question.label >= 0
        weights = [self._weights((question.halves == half) & known, question.label) for half in (False, True)]
        mine, rest = (np.asarray(self.held[question.label == side].mean(0)).ravel() for side in (1, 0))
        total = np.asarray(self.held[known].sum(0)).ravel()
        share, sides = total / known.sum(), [(question.label == side).sum() for side in (1, 0)]
        apart = (mine - rest) / np.sqrt(np.maximum(share * (1 - share), 1e-12) * (1 / sides[0] + 1 / sides[1]))
        # What speaks for it in both halves, and is clearly more common in it.
        speaks = (np.minimum(*weights) > 0) & (apart > CLEARLY)
        order = [at for at in np.argsort(-apart, kind="stable") if speaks[at]][:MOST_NAMED]
        return [
            TellingWord(
                group=question.group, word=str(self.names[at]), n=int(total[at]), share=float(mine[at]),
                rest=float(rest[at]),
            )
            for at in order
        ]  # fmt: skip


def words_of(text: str) -> list[str]:
    """Words of a text, in lower case, but those of personal data; of scripts without blanks, as jieba cuts them."""
    found = []
    for run in _WORD.findall(without_personal(text).casefold()):
        if any(map(is_unspaced, run)):
            found += [word for word in cut_into_words(run) if word.strip()]
        else:
            found.append(run)
    return found
