"""`mlflow.models.evaluate(..., evaluators="fairaudit")`: an audit of the predictions that MLflow evaluates.

    mlflow.models.evaluate(
        data=frame, targets="label", predictions="prediction", model_type="classifier", evaluators="fairaudit",
        evaluator_config={"attributes": ["gender"], "policy": {"presets": ["four-fifths"]}},
    )

`evaluator_config` is a configuration of this tool, without what is audited: that are the targets and predictions of the
evaluation. `audience` (default: public) and `model_reads` (columns that the model is given, where one is evaluated;
default: all but the attributes) are said beside it.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from mlflow.models.evaluation.base import EvaluationResult, ModelEvaluator
from mlflow.tracking import MlflowClient

from audit.errors import ConfigError
from audit.pipeline.run import run as run_audit
from audit.publish.parcel import packed
from audit.publish.to_mlflow import log
from audit.store.runfolder import RunFolder

TARGET, PREDICTION = "fairaudit_target", "fairaudit_prediction"


class FairnessEvaluator(ModelEvaluator):  # type: ignore[misc]
    """Audits what MLflow evaluates, and logs metrics, tags and documents into the same run."""

    @classmethod
    def can_evaluate(cls, *, model_type: str, evaluator_config: dict[str, Any], **kwargs: Any) -> bool:
        """Classes are compared, and groups have to be named."""
        return model_type == "classifier" and bool((evaluator_config or {}).get("attributes"))

    def evaluate(
        self,
        *,
        model_type: str,
        dataset: Any,
        run_id: str,
        evaluator_config: dict[str, Any] | None,
        model: Any = None,
        **kwargs: Any,
    ) -> EvaluationResult:
        """Audit, and log into the run.

        Raises
        ------
        AuditError
            With what was wrong, where, and what to do.
        """
        config = dict(evaluator_config or {})
        audience, reads = config.pop("audience", "public"), config.pop("model_reads", None)
        table = _table(dataset, model, config, reads)
        columns = {"prediction": PREDICTION} | ({"label": TARGET} if TARGET in table else {})
        with TemporaryDirectory(prefix="fairaudit-") as temporary:
            data, folder = Path(temporary) / "data.parquet", Path(temporary) / "run"
            table.to_parquet(data)
            given = dict(config.pop("data", {}))
            given = {**given, "path": str(data), "columns": {**given.get("columns", {}), **columns}}
            result = run_audit({**config, "data": given, "output": {**config.get("output", {}), "folder": str(folder)}})
            with packed(RunFolder(folder), result, audience=audience) as parcel:
                log(MlflowClient(), run_id, parcel)
                return EvaluationResult(metrics=parcel.numbers, artifacts={})


def _table(dataset: Any, model: Any, config: dict[str, Any], reads: list[str] | None) -> pd.DataFrame:
    features = dataset.features_data
    if not isinstance(features, pd.DataFrame):
        raise ConfigError(
            "evaluates tables with named columns alone", where="mlflow evaluator fairaudit", hint="give a pandas frame"
        )
    table = features.copy()
    if model is None:
        predicted = dataset.predictions_data
    else:
        names = [entry if isinstance(entry, str) else entry["column"] for entry in config["attributes"]]
        predicted = model.predict(features[reads] if reads else features.drop(columns=names, errors="ignore"))
    table[PREDICTION] = _classes(predicted)
    if dataset.labels_data is not None:
        table[TARGET] = _classes(dataset.labels_data)
    return table


def _classes(values: Any) -> list[str]:
    """Name classes as text: targets and predictions may come in different types of number."""
    plain = pd.Series(list(values)).convert_dtypes()
    return [str(value) for value in plain]
