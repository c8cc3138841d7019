from __future__ import annotations

import pytest

from audit.errors import ConfigError
from audit.fairness.metrics.definitions import choose_metrics


def names(*asked: str, binary: bool = True, labelled: bool = True, scored: bool = True) -> list[str]:
    return [
        metric.name
        for metric in choose_metrics(asked, outcome="binary" if binary else "class", labelled=labelled, scored=scored)[
            0
        ]
    ]


def test_an_unknown_metric_suggests_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown metric 'selection_rat'.*\n.*did you mean 'selection_rate'"):
        names("selection_rat")


def test_a_criterion_pulls_in_its_parts() -> None:
    assert names("equalized_odds") == ["true_positive_rate", "false_positive_rate"]


def test_what_the_data_cannot_answer_is_refused_if_asked_for_and_left_out_by_default() -> None:
    with pytest.raises(ConfigError, match="needs labels"):
        names("accuracy", labelled=False)
    with pytest.raises(ConfigError, match="needs scores"):
        names("mean_prediction", scored=False)
    assert names(labelled=False, scored=False) == ["selection_rate"]
    assert "mean_prediction" not in names(scored=False)


def test_a_users_own_metric_by_dotted_name() -> None:
    assert names("sklearn.metrics:jaccard_score") == ["sklearn.metrics:jaccard_score"]
    with pytest.raises(ConfigError, match="cannot import"):
        names("sklearn.metrics:nothing")
