"""MLflow: metrics, tags and documents in a run, a new one or that of the training."""

from __future__ import annotations

import time

from mlflow.entities import Metric, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from audit.publish.destination import Place, refusals
from audit.publish.parcel import Parcel

#: Of the tracking API, in one request.
MOST_METRICS = 1_000
ARTIFACTS = "fairaudit"
EXPERIMENT = "fairaudit"


def send(parcel: Parcel, place: Place) -> str:
    """Log a parcel; the server is `MLFLOW_TRACKING_URI` where no address is given."""
    with refusals("mlflow", MlflowException, OSError):
        client = MlflowClient(tracking_uri=place.address)
        run = place.run or _begin(client, parcel, place.project or EXPERIMENT)
        log(client, run, parcel)
        if place.run is None:
            client.set_terminated(run)
    return f"run {run}"


def log(client: MlflowClient, run: str, parcel: Parcel) -> None:
    """Log a parcel into a run that is there."""
    now = int(time.time() * 1000)
    metrics = [Metric(name, value, now, 0) for name, value in parcel.numbers.items()]
    client.log_batch(run, tags=[RunTag(name, value) for name, value in parcel.facts.items()])
    for start in range(0, len(metrics), MOST_METRICS):
        client.log_batch(run, metrics=metrics[start : start + MOST_METRICS])
    client.log_artifacts(run, str(parcel.folder), ARTIFACTS)


def _begin(client: MlflowClient, parcel: Parcel, name: str) -> str:
    known = client.get_experiment_by_name(name)
    experiment = known.experiment_id if known else client.create_experiment(name)
    made = client.create_run(experiment, run_name=parcel.name, tags={"mlflow.source.name": "audit publish"})
    return str(made.info.run_id)
