"""MLflow, with stores on this disk."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from audit.cli import call
from audit.errors import ExitCode
from tests.publish.conftest import predictions

pytest.importorskip("mlflow", reason="needs fairaudit[mlflow]")
pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning:mlflow"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:mlflow"),
]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store of files, which MLflow without a database still reads and writes."""
    import mlflow

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    address = (tmp_path / "mlruns").as_uri()
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(address)
    yield address
    mlflow.set_tracking_uri(before)


def test_a_new_run_holds_numbers_facts_and_documents(
    audited: Path, store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlflow.tracking import MlflowClient

    assert call(["publish", str(audited), "--to", "mlflow", "--project", "gate", "--address", store]) == 0
    said = capsys.readouterr().out
    client = MlflowClient(store)
    experiment = client.get_experiment_by_name("gate")
    (run,) = client.search_runs([experiment.experiment_id])
    assert f"mlflow: run {run.info.run_id}" in said
    assert run.info.status == "FINISHED"
    assert run.data.metrics["groups/gender/female/true_positive_rate"] == 0.5
    assert run.data.tags["fairaudit.verdict"] == "fail"
    assert {item.path for item in client.list_artifacts(run.info.run_id, "fairaudit")} >= {
        "fairaudit/report.html", "fairaudit/result.json",
    }  # fmt: skip


def test_the_run_of_the_training_is_added_to(audited: Path, store: str) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(store)
    training = client.create_run(client.create_experiment("training")).info.run_id
    assert call(["publish", str(audited), "--to", "mlflow", "--run", training]) == 0
    run = client.get_run(training)
    assert run.info.status == "RUNNING", "whoever began a run ends it"
    assert run.data.tags["fairaudit.verdict"] == "fail"


def test_what_the_server_refuses_is_told(audited: Path, store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["publish", str(audited), "--to", "mlflow", "--run", "0" * 32]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert "audit: mlflow: did not take the audit:" in error
    assert "audit errors destination" in error


def test_mlflow_evaluates_with_it(store: str) -> None:
    import mlflow
    from mlflow.models.evaluation.evaluator_registry import _model_evaluation_registry

    from audit.publish.mlflow_evaluator import FairnessEvaluator

    _model_evaluation_registry.register("fairaudit", FairnessEvaluator)
    frame = predictions(1, 0)
    config: dict[str, Any] = {"attributes": ["gender"], "data": {"positive_label": "1"}}
    config["policy"] = {"rules": [{"metric": "true_positive_rate", "limit": 0.1}]}
    with mlflow.start_run() as run:
        found = mlflow.models.evaluate(
            data=frame, targets="label", predictions="prediction", model_type="classifier",
            evaluators="fairaudit", evaluator_config=config,
        )  # fmt: skip
    assert found.metrics["gaps/gender/true_positive_rate/difference"] == pytest.approx(0.35)
    logged = mlflow.get_run(run.info.run_id).data
    assert logged.metrics["gaps/gender/true_positive_rate/difference"] == pytest.approx(0.35)
    assert logged.tags["fairaudit.verdict"] == "fail"


def test_a_model_is_asked_without_the_attributes(store: str) -> None:
    from types import SimpleNamespace

    from audit.publish.mlflow_evaluator import _table

    asked = []

    class Model:
        def predict(self, frame: pd.DataFrame) -> list[int]:
            asked.append(list(frame.columns))
            return [1] * len(frame)

    features = pd.DataFrame({"gender": ["f", "m"], "age": [30, 40], "note": ["a", "b"]})
    dataset = SimpleNamespace(features_data=features, labels_data=[1, 0])
    table = _table(dataset, Model(), {"attributes": ["gender", {"column": "age", "bins": [35]}]}, None)
    assert asked == [["note"]]
    assert list(table["fairaudit_target"]) == ["1", "0"]
    _table(dataset, Model(), {"attributes": ["gender"]}, ["age"])
    assert asked[-1] == ["age"]


def test_the_package_is_named_where_it_is_missing(
    audited: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in list(sys.modules):
        if name == "mlflow" or name.startswith("mlflow.") or name.startswith("audit.publish.to_"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.setitem(sys.modules, "mlflow.entities", None)
    assert call(["publish", str(audited), "--to", "mlflow"]) == ExitCode.USAGE
    assert "pip install 'fairaudit[mlflow]'" in capsys.readouterr().err
