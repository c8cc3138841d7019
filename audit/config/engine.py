"""Keys of the configuration that say who does the heavy work. None of them changes what an audit finds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from audit.config.part import ConfigPart


class EngineConfig(ConfigPart):
    """Who does the heavy work: this process, several of this machine, or workers of Ray on many."""

    kind: Literal["local", "ray"] = Field(
        "local", description="`local`: on this machine; `ray`: workers of Ray, on one machine or many."
    )
    workers: int = Field(
        1, ge=1, description="Processes with a model of their own each. With `local`, 1 is this process itself."
    )
    gpus_per_worker: float | None = Field(
        None,
        gt=0,
        description="Graphics cards of each worker; a part of one lets several workers share it. Default: one, where "
        "the model is on a graphics card.",
    )
    ray_address: str | None = Field(
        None,
        min_length=1,
        description="Of a running Ray: `auto`, or host:port of its head. Default: one is started on this machine, and "
        "ended with the audit.",
    )

    @field_validator("gpus_per_worker")
    @classmethod
    def _whole_or_a_part(cls, gpus: float | None) -> float | None:
        if gpus is not None and gpus > 1 and not gpus.is_integer():
            raise ValueError("a part of one graphics card, or a whole number of them")
        return gpus

    @model_validator(mode="after")
    def _agrees(self) -> EngineConfig:
        if self.ray_address is not None and self.kind != "ray":
            raise ValueError("ray_address: goes with `kind: ray`")
        return self
