"""Near duplicates: pairs of texts that have most of their pieces in common, found without comparing every pair.

A text is the set of its runs of characters: five in scripts with blanks between words, two in Chinese, Japanese, Thai
and their like. Two texts are near if the sets have at least a given share of their union in common (Jaccard 1901).

If they do, they share k of their rarest pieces: of the ⌊(1 − t)·n⌋ + k rarest ones of each text of n pieces, whatever k
is (prefix filtering; Chaudhuri, Ganti and Kaushik 2006; Wang, Li and Feng 2012). So only texts that share as many of
these are compared, and no pair is missed; hashing at random (MinHash) would miss some.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from audit.terms.scripts import UNSPACED as UNSPACED_SCRIPTS

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Characters of a piece, in scripts with and without blanks between words.
SPACED, UNSPACED = 5, 2
#: Pairs that are compared at most, which takes some ten seconds; texts whose pairs are found at a time, and pairs that
#: are compared at a time.
MOST_COMPARED = 5_000_000
ROWS, PAIRS = 256, 16_384
#: A text of so many pieces shares one more of the rarest.
SHARED = 10
_UNSPACED = re.compile(f"[{UNSPACED_SCRIPTS}]")


def pieces(text: str) -> frozenset[str]:
    """Cut a text into its overlapping pieces; case, width of characters and runs of blanks do not count."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    size = UNSPACED if 2 * len(_UNSPACED.findall(plain)) > len(plain) else SPACED
    if len(plain) <= size:
        return frozenset([plain] if plain else [])
    return frozenset(plain[at : at + size] for at in range(len(plain) - size + 1))


@dataclass(frozen=True)
class Near:
    """Which texts have a near duplicate.

    Attributes
    ----------
    found : array of shape (texts,)
        Texts that have one.
    contradicted : array of shape (texts,)
        Those of which one has another label.
    complete
        Whether every pair that may be near was compared.
    """

    found: Bools
    contradicted: Bools
    complete: bool


def near_duplicates(
    texts: Sequence[frozenset[str]], labels: Sequence[frozenset[str]], least: float, most: int = MOST_COMPARED
) -> Near:
    """Find texts that are near another one.

    Parameters
    ----------
    texts
        Pieces of each text; no text stands twice.
    labels
        Labels that each text has in the data; none where it is unlabelled.
    least
        Share that two near texts have in common at least.
    most
        Pairs to compare at most.
    """
    code = {label: at for at, label in enumerate(dict.fromkeys(labels), 1) if label}
    own = np.array([code.get(label, 0) for label in labels], np.int64)
    found, contradicted = np.zeros(len(texts), bool), np.zeros(len(texts), bool)

    def differ(one: Ints, other: Ints) -> Bools:
        return np.asarray((own[one] != own[other]) & (own[one] > 0) & (own[other] > 0))

    def wanted(one: Ints, other: Ints) -> Bools:
        known = found[one] & found[other]
        return np.asarray((one > other) & ~(known & (~differ(one, other) | (contradicted[one] & contradicted[other]))))

    pairs = _Pairs(texts, texts, least, most)
    for one, other in pairs.near(wanted):
        found[one] = found[other] = True
        apart = differ(one, other)
        contradicted[one[apart]] = contradicted[other[apart]] = True
    return Near(found, contradicted, pairs.complete)


def near_others(
    texts: Sequence[frozenset[str]], others: Sequence[frozenset[str]], least: float, most: int = MOST_COMPARED
) -> Near:
    """Find texts that are near one of some others."""
    found = np.zeros(len(texts), bool)
    pairs = _Pairs(texts, others, least, most)
    for one, _ in pairs.near(lambda one, other: ~found[one]):
        found[one] = True
    return Near(found, np.zeros(len(texts), bool), pairs.complete)


class _Pairs:
    """Pairs of a text and another one that may be near.

    Attributes
    ----------
    complete
        Whether all of them were compared.
    """

    def __init__(
        self, texts: Sequence[frozenset[str]], others: Sequence[frozenset[str]], least: float, most: int
    ) -> None:
        self._least, self._left = least, most
        self.complete = True
        frequency = Counter(
            piece for part in ((texts,) if others is texts else (texts, others)) for t in part for piece in t
        )
        # Rare pieces first; the alphabet decides between equals, so that all texts agree.
        rank = {piece: at for at, piece in enumerate(sorted(frequency, key=lambda piece: (frequency[piece], piece)))}
        self._texts, self._rarest = _matrices(texts, rank, least)
        self._others, self._rarest_of_others = (
            (self._texts, self._rarest) if others is texts else _matrices(others, rank, least)
        )

    def near(self, wanted: Callable[[Ints, Ints], Bools]) -> Iterator[tuple[Ints, Ints]]:
        """Yield near pairs, some at a time.

        Parameters
        ----------
        wanted
            Which of some pairs are still worth comparing.
        """
        sizes, others = (np.diff(part.indptr) for part in (self._texts, self._others))
        for start in range(0, self._rarest.shape[0], ROWS):
            shared = (self._rarest[start : start + ROWS] @ self._rarest_of_others.T).tocoo()
            one, other = shared.row.astype(np.int64) + start, shared.col.astype(np.int64)
            enough = shared.data >= np.minimum(_needed(sizes[one]), _needed(others[other]))
            one, other = one[enough], other[enough]
            few, many = np.minimum(sizes[one], others[other]), np.maximum(sizes[one], others[other])
            fits = few >= self._least * many - 1e-9
            one, other = one[fits], other[fits]
            for at in range(0, len(one), PAIRS):
                here = slice(at, at + PAIRS)
                asked = wanted(one[here], other[here])
                first, second = one[here][asked], other[here][asked]
                if len(first) > self._left:
                    self.complete = False
                    return
                self._left -= len(first)
                common = np.asarray(self._texts[first].multiply(self._others[second]).sum(1)).ravel()
                union = sizes[first] + others[second] - common
                # Rounding must not part two texts that have just that share in common.
                near = common >= self._least * union - 1e-9
                yield first[near], second[near]


def _needed(size: Any) -> Any:
    """How many of their rarest pieces two near texts share at least: the more, the fewer pairs are compared."""
    return np.maximum(np.asarray(size) // SHARED, 1)


def _matrices(texts: Sequence[frozenset[str]], rank: dict[str, int], least: float) -> tuple[csr_matrix, csr_matrix]:
    """Which pieces each text has, and which of them are its rarest."""
    own = [np.sort(np.fromiter((rank[piece] for piece in text), np.int64, len(text))) for text in texts]
    rarest = [ranks[: floor((1 - least) * len(ranks) + 1e-9) + int(_needed(len(ranks)))] for ranks in own]
    return _matrix(own, len(rank)), _matrix(rarest, len(rank))


def _matrix(rows: Sequence[Ints], columns: int) -> csr_matrix:
    ends = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    indices = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    return csr_matrix((np.ones(len(indices), np.int32), indices, ends), shape=(len(rows), columns))
