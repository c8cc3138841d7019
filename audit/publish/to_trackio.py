"""Trackio: numbers, facts and documents of a run on this machine, or in a Space of the Hub."""

from __future__ import annotations

import trackio

from audit.publish.destination import Place, refusals
from audit.publish.parcel import Parcel

PROJECT = "fairaudit"


def send(parcel: Parcel, place: Place) -> str:
    """Log a parcel; the address is a Space (`user/name`), default: the files of Trackio on this machine."""
    project = place.project or PROJECT
    with refusals("trackio", OSError, ValueError, RuntimeError):
        run = trackio.init(
            project=project,
            name=place.run or parcel.name,
            space_id=place.address,
            config=dict(parcel.facts),
            resume="allow",
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )
        run.log(dict(parcel.numbers))
        artifact = trackio.Artifact("fairaudit", type="fairness-audit")
        artifact.add_dir(str(parcel.folder))
        run.log_artifact(artifact)
        run.finish()
    return f"run {place.run or parcel.name} of {project}"
