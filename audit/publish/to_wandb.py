"""Weights & Biases: numbers in the summary of a run, documents as an artifact. `WANDB_MODE=offline` keeps them here."""

from __future__ import annotations

import wandb

from audit.publish.destination import Place, refusals
from audit.publish.parcel import Parcel

PROJECT = "fairaudit"


def send(parcel: Parcel, place: Place) -> str:
    """Log a parcel into a new run, or one that is there; nothing of this machine, its code or its console is sent."""
    settings = wandb.Settings(
        console="off",
        disable_code=True,
        disable_git=True,
        silent=True,
        x_disable_machine_info=True,
        x_disable_meta=True,
        x_disable_stats=True,
        **({"base_url": place.address} if place.address else {}),
    )
    with refusals("wandb", wandb.errors.Error, OSError):
        run = wandb.init(
            project=place.project or PROJECT,
            id=place.run,
            resume="allow" if place.run else None,
            name=None if place.run else parcel.name,
            job_type="fairness-audit",
            settings=settings,
        )
        try:
            run.config.update(parcel.facts, allow_val_change=True)
            run.summary.update(parcel.numbers)
            artifact = wandb.Artifact(f"fairaudit-{run.id}", type="fairness-audit", metadata=parcel.facts)
            artifact.add_dir(str(parcel.folder))
            run.log_artifact(artifact)
        except BaseException:
            run.finish(exit_code=1)
            raise
        run.finish()
    return str(run.url or f"offline run in {run.dir}; `wandb sync` sends it")
