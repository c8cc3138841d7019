"""Which rows are unlike the others? Asked of what rows say alone, never of what a model says of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

from audit.data.examples import Fields, Image, Plain, joined

Floats = npt.NDArray[np.float64]

#: A row is as far from the others as its neighbour of this rank: fewer near copies than this do not make it ordinary.
NEIGHBOUR = 5


def distances(examples: Sequence[Plain]) -> Floats | None:
    """Distance of each row from its fifth nearest neighbour; None where nothing tells it.

    Texts are compared by the cosine of their runs of three characters, weighted by how rare these are (TF-IDF), which
    works in any script. Rows of numbers are compared over features, each scaled by its quartiles. Pictures are not
    compared: how alike two of them are depends on what one looks at.
    """
    if len(examples) <= NEIGHBOUR or any(isinstance(example, Image) for example in examples):
        return None
    of_numbers = any(
        isinstance(example, Fields) and any(isinstance(value, float | int) for value in example.values)
        for example in examples
    )
    if of_numbers:
        table = _table([example for example in examples if isinstance(example, Fields)])
        nearest = NearestNeighbors(n_neighbors=NEIGHBOUR + 1).fit(table)
        return np.asarray(nearest.kneighbors(table)[0][:, -1], np.float64)
    texts = [joined(example) for example in examples]
    if not any(len(text) >= 3 for text in texts):
        return None
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(3, 3), dtype=np.float32).fit_transform(texts)
    nearest = NearestNeighbors(n_neighbors=NEIGHBOUR + 1, metric="cosine", algorithm="brute").fit(vectors)
    return np.asarray(nearest.kneighbors(vectors)[0][:, -1], np.float64)


def _table(rows: Sequence[Fields]) -> Floats:
    """Features as columns: numbers scaled by their quartiles, a column for each value of a category."""
    columns: list[Floats] = []
    for at in range(len(rows[0].names)):
        values = [row.values[at] for row in rows]
        if any(isinstance(value, str) for value in values):
            known = sorted({str(value) for value in values})
            columns += [np.array([str(value) == one for value in values], float) for one in known]
            continue
        numbers = np.array([np.nan if value is None else value for value in values], float)
        if not np.isfinite(numbers).any():
            continue
        low, middle, high = np.nanquantile(numbers, [0.25, 0.5, 0.75])
        spread = high - low if high > low else 1.0
        columns.append(np.nan_to_num((numbers - middle) / spread))
    return np.stack(columns, axis=1) if columns else np.zeros((len(rows), 1))
