"""`audit metrics`: what there is, what it says, and what it needs, as the audit itself holds it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit.cli import call
from audit.errors import ConfigError
from audit.fairness.metrics.choosing import DEFAULTS, choose_metrics
from audit.fairness.metrics.definitions import BUILT_IN, Outcome
from audit.fairness.metrics.names import CRITERIA
from audit.fairness.metrics.needs import listed
from audit.models.tasks import FUNCTION_TASKS, OUTCOMES, TASKS
from audit.policy.outcomes import outcome_units


def told(capsys: pytest.CaptureFixture[str], *more: str) -> Any:
    assert call(["metrics", "--format", "json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_metric_is_listed_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    found = {item["name"]: item for item in told(capsys)}
    of_rules = outcome_units(exchanged=True, named=True, labelled=True, explained=True, flagging=True)
    assert {metric.name for metric in BUILT_IN} | {*CRITERIA, *of_rules, "explained_rate"} <= set(found)
    built_in = [found[metric.name] for metric in BUILT_IN]
    assert all(item["sentence"].endswith(".") and item["outcomes"] for item in built_in)
    assert {name for name, item in found.items() if item["rules_only"]} == {*of_rules, "explained_rate"}


@pytest.mark.parametrize("outcome", list(DEFAULTS))
def test_what_is_said_to_be_needed_is_what_an_audit_asks_for(outcome: Outcome) -> None:
    for item in listed():
        if item.rules_only or outcome not in item.outcomes:
            continue
        for lacking in ("labels", "scores", "probabilities"):
            there = {
                "labelled": lacking != "labels",
                "scored": lacking != "scores",
                "probabilities": lacking != "probabilities",
            }
            needs = {"scores" if need == "probabilities" and lacking == "scores" else need for need in item.needs}
            # Predicted numbers are no probabilities, and nothing is computed of them without a score.
            if outcome == "number" and lacking != "labels":
                continue
            if lacking in needs:
                with pytest.raises(ConfigError, match="needs"):
                    choose_metrics((item.name,), outcome=outcome, **there)
            else:
                choose_metrics((item.name,), outcome=outcome, **there)


def test_defaults_are_those_of_an_audit() -> None:
    for outcome, names in DEFAULTS.items():
        assert {item.name for item in listed() if outcome in item.default} == set(names)


def test_one_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    auc = told(capsys, "auc")
    assert (auc["needs"], auc["outcomes"]) == (["labels", "scores"], ["binary"])
    assert call(["metrics", "auc"]) == 0
    assert "needs labels, scores" in capsys.readouterr().out
    assert call(["metrics", "acuracy"]) == 2
    assert "did you mean 'accuracy'?" in capsys.readouterr().err


def test_the_tasks_of_models_that_a_metric_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    tasks = {item["name"]: set(item["tasks"]) for item in told(capsys)}
    one_class = {task for task, outcome in OUTCOMES.items() if outcome == "class"}
    assert tasks["auc"] == one_class
    assert tasks["micro_recall"] == {"token-classification", "multi-label-classification"}
    assert tasks["hamming_loss"] == {"multi-label-classification"}
    assert tasks["flag_rate:name_flip"] == {"token-classification"}
    assert tasks["flip_rate"] == set(OUTCOMES)
    numbers = [item.name for item in listed() if item.outcomes == ("number",)]
    assert numbers
    assert not any(tasks[name] for name in numbers)
    call(["metrics", "auc"])
    assert "of models for text-classification" in capsys.readouterr().out
    call(["metrics", numbers[0]])
    assert "of stored predictions alone" in capsys.readouterr().out


def test_of_every_task_it_is_known_what_its_decisions_are() -> None:
    assert {*TASKS, *FUNCTION_TASKS.values()} == set(OUTCOMES)


def test_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["metrics", "selection_rate", "--lang", "zh"]) == 0
    assert "适用于" in capsys.readouterr().out
