"""How an audit went: what a reader must know of it, what it cost, and where it ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from audit.pipeline.case import Case
from audit.pipeline.clock import Clock
from audit.pipeline.environment import environment
from audit.pipeline.facts import remarks
from audit.pipeline.options import option_notes
from audit.pipeline.precision import compiling_notes, precision_notes, precision_of, without_tiers
from audit.pipeline.probes import STAGE
from audit.result import AuditResult, Note, Record, Subject, Timings
from audit.store.runfolder import RunFolder

#: Stages that ask the model, and count what it cost.
COUNTED = (
    *("decisions", "counterfactuals", "names", "attributions", "contributions"),
    *("membership", "membership_reference", "canaries", "continuations"),
)


def record(case: Case, subject: Subject, folder: RunFolder, clock: Clock, noted: Sequence[Note]) -> Record:
    """Close the books, once all stages are done.

    Parameters
    ----------
    noted
        What stages noted while they ran.
    """
    work: Counter[str] = Counter()
    for stage in (*COUNTED, *(STAGE + probe.name for probe in case.probes)):
        work.update(folder.shards(stage).counters())
    tiers = precision_of(subject, work)
    return Record(
        notes=[
            *(*case.notes, *noted, *remarks(case, subject.data, work)),
            *(*option_notes(case, folder, work), *precision_notes(case, tiers), *compiling_notes(work)),
        ],
        work=dict(sorted(without_tiers(work).items())),
        decision_precision=tiers,
        environment=environment(torch_threads=case.adapter is not None),
        timings=Timings(
            started=clock.started,
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=clock.seconds,
            shards_computed=clock.computed,
            shards_reused=clock.reused,
            engine=case.engine.facts() if case.engine else None,
        ),
    )


def vouched(result: AuditResult) -> dict[str, Any]:
    """Collect what the manifest says beside the hashes of files."""
    model = result.model
    return {
        "tool_version": result.tool_version,
        "created": result.timings.finished,
        "configuration_sha256": result.config_sha256,
        "data_sha256": result.data.sha256,
        "model_sha256": model.sha256 if model else None,
        "peft": model.peft and {"base_sha256": model.peft.base_sha256, "adapter_sha256": model.peft.sha256}
        if model
        else None,
        "device": model.device if model else None,
        "dtype": model.dtype if model else None,
        "precision": model.precision if model else None,
        "seed": result.seed,
        "environment": result.environment.model_dump(),
    }
