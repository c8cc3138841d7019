"""What most reviewers say, how often they err, and which labels are wrong."""

from __future__ import annotations

import numpy as np
import pytest

from audit.fairness.metrics.agreement import krippendorff_alpha
from audit.review.label_errors import label_errors
from audit.review.panel import LABEL, UNSURE, Votes
from audit.review.reviewer_error import majority_error, reviewer_error
from tests.review.panels import panel


def test_the_majority_decides_and_a_tie_does_not() -> None:
    made = panel(
        [("a", "yes", "yes")] * 5,
        [["yes", "yes", "no"], ["yes", "no", None], ["no", UNSURE, None], [UNSURE, None, None], ["no", "no", "no"]],
    )
    votes = made.says(LABEL, "yes")
    assert votes.yes.tolist() == [2, 1, 0, 0, 0] and votes.of.tolist() == [3, 2, 1, 0, 3]
    assert votes.decided.tolist() == [True, False, True, False, True]
    assert votes.majority.tolist() == [True, False, False, False, False]
    assert votes.tied.tolist() == [False, True, False, False, False]
    assert made.says(LABEL, np.array(["no"] * 5, object)).yes.tolist() == [1, 1, 1, 0, 3]


def test_answers_agree_as_krippendorff_published() -> None:
    """Four observers, twelve units with missing answers: α = .743 (Krippendorff 2011, example C)."""
    told = [
        [1, 1, None, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
        [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [None, 5, 5, 5], [None, None, 1, 1], [None, 3, None, None],
    ]  # fmt: skip
    made = panel([("a", "1", "1")] * 12, [[None if one is None else str(one) for one in row] for row in told])
    found = krippendorff_alpha(made.ratings(LABEL).tolist(), alpha=0.05)
    assert round(found.value or 0, 3) == 0.743
    assert (found.units, found.ratings) == (11, 40)


def test_an_error_rate_follows_from_how_often_two_differ() -> None:
    """Of 100 decisions two reviewers differ in 18: 2·0.1·0.9."""
    votes = Votes(np.array([1] * 18 + [2] * 82), np.full(100, 2))
    found = reviewer_error(votes, np.ones(100, bool), 0.025)
    assert found.value == pytest.approx(0.1)
    assert 0.1 < found.upper < 0.2 and found.pairs == 100
    assert reviewer_error(votes, np.ones(100, bool), 0.025, assumed=0.03).upper == 0.03
    assert reviewer_error(Votes(np.ones(9, int), np.ones(9, int)), np.ones(9, bool), 0.025).pairs == 0


def test_a_majority_errs_less_than_its_members() -> None:
    one, weight = np.array([1]), np.ones(1)
    assert majority_error(0.1, one, weight) == pytest.approx(0.1)
    assert majority_error(0.1, 2 * one, weight) == pytest.approx(0.01 / 0.82)
    assert majority_error(0.1, 3 * one, weight) == pytest.approx(0.028)
    assert majority_error(0.5, one, weight) == 0.5


def test_oversampled_decisions_do_not_make_labels_look_worse() -> None:
    """Of 40 flagged decisions all labels are wrong; of 360 others none, of which every ninth was drawn."""
    rows = [("a", "yes", "no")] * 40 + [("a", "no", "no")] * 40
    made = panel(rows, [["no"]] * 80, inclusion_probability=[1.0] * 40 + [1 / 9] * 40)
    (found,) = label_errors(made, [([], [], np.ones(80, bool))], 0.95)
    assert found.differs.rate == pytest.approx(0.1)
    assert (found.differs.n, found.differs.hits) == (80, 40)
    assert found.lower == found.differs.lower and found.upper == found.differs.upper


def test_reviewers_who_err_explain_some_wrong_labels() -> None:
    rows = [("a", "yes", "yes")] * 200
    answers = [["no"]] * 20 + [["yes"]] * 180
    (right,) = label_errors(panel(rows, answers), [([], [], np.ones(200, bool))], 0.95)
    (erring,) = label_errors(panel(rows, answers), [([], [], np.ones(200, bool))], 0.95, assumed=0.1)
    assert right.lower is not None and right.lower > 0.05
    assert erring.lower == 0.0
    assert erring.upper is not None and right.upper is not None and erring.upper > right.upper
