"""With many classes, sizes from derivatives are what resampling would give."""

from __future__ import annotations

import numpy as np
import pytest

from audit.fairness.bounds.linearised import linearised_sizes, too_many_to_draw
from audit.fairness.bounds.resample import Cells, Unseen, effective_sizes
from audit.fairness.metrics import forms


def cells(*, clusters: bool, seed: int = 0) -> Cells:
    rng = np.random.default_rng(seed)
    n, classes = 3000, 4
    truth = rng.integers(0, classes, n)
    predicted = np.where(rng.random(n) < 0.7, truth, rng.integers(0, classes, n))
    weight = rng.uniform(0.5, 2, n)
    cluster = rng.integers(0, 300, n) if clusters else None
    return Cells(rng.integers(0, 2, n), truth, predicted, weight, weight**2, (2, classes), cluster)


@pytest.mark.parametrize(
    ("clusters", "unseen"), [(False, "in_cells"), (False, "of_classes"), (False, "nothing"), (True, "nothing")]
)
@pytest.mark.parametrize(
    "form",
    [
        *(forms.balanced_accuracy, forms.macro_precision, forms.macro_f1),
        *(forms.macro_recall_of_labels, forms.macro_precision_of_labels, forms.macro_f1_of_labels, forms.micro_f1),
    ],
)
def test_sizes_agree_with_resampling(form: forms.Form, clusters: bool, unseen: Unseen) -> None:
    drawn = cells(clusters=clusters)
    ours, ours_r = linearised_sizes(drawn, form, unseen)
    theirs, theirs_r = effective_sizes(drawn, form, 4000, np.random.default_rng(1), unseen)
    # The spread of a standard deviation from 4,000 draws is 1.1 %, of a size 2.2 %: four of them, and curvature.
    np.testing.assert_allclose(ours, theirs, rtol=0.12)
    if clusters:
        assert ours_r is not None and theirs_r is not None
        np.testing.assert_allclose(ours_r, theirs_r, atol=0.1)


def test_only_many_classes_are_linearised() -> None:
    assert not too_many_to_draw((50, 2))
    assert not too_many_to_draw((4, 20))
    assert too_many_to_draw((50, 100))
