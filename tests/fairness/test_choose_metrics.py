from __future__ import annotations

import pytest

from audit.errors import ConfigError
from audit.fairness.metrics.choosing import choose_metrics


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


def of(outcome: str, *asked: str) -> list[str]:
    return [m.name for m in choose_metrics(asked, outcome=outcome, labelled=True, scored=False)[0]]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    [
        *("false_positive_rate", "true_negative_rate", "false_omission_rate", "selection_rate", "accuracy"),
        *("balanced_accuracy", "hamming_loss", "demographic_parity", "equalized_odds"),
    ],
)
def test_of_entities_what_counts_true_negatives_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="there are no true negatives"):
        of("entities", name)


@pytest.mark.parametrize(("name", "needs"), [("auc", "one score per row"), ("mean_prediction", "one score per row")])
@pytest.mark.parametrize("outcome", ["entities", "labels"])
def test_several_decisions_of_a_row_have_no_one_score(outcome: str, name: str, needs: str) -> None:
    with pytest.raises(ConfigError, match=needs):
        of(outcome, name)


def test_of_labels_accuracy_is_refused_for_it_is_read_in_two_ways() -> None:
    with pytest.raises(ConfigError, match="one decision per row; of several, exact_match"):
        of("labels", "accuracy")
    with pytest.raises(ConfigError, match="macro_recall"):
        of("labels", "balanced_accuracy")


def test_what_is_of_several_decisions_is_refused_where_a_row_has_one() -> None:
    for name in ("micro_f1", "micro_recall", "micro_precision", "exact_match"):
        with pytest.raises(ConfigError, match=r"several decisions per row: set data\.outcome to entities or labels"):
            names(name)
    with pytest.raises(ConfigError, match=r"set data\.outcome to labels"):
        names("hamming_loss")
    with pytest.raises(ConfigError, match=r"needs data\.outcome: entities"):
        of("labels", "visible_characters")
    assert names("macro_recall", binary=False) == ["macro_recall"]


@pytest.mark.parametrize("outcome", ["entities", "labels"])
def test_all_defaults_can_be_asked_by_name(outcome: str) -> None:
    every = of(outcome)
    assert of(outcome, *every) == every
    assert {"micro_f1", "macro_f1", "exact_match", "f1_score"} <= set(every)
    assert of("entities", "equal_opportunity") == ["true_positive_rate"]
