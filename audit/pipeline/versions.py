"""An audit held against an earlier one: which rows changed, and what the two versions rest on."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.config import READ
from audit.explain.agreement import compare_explanations
from audit.explain.sampling import tickets_of
from audit.fairness.compare.paired import joint_batches, same_decisions
from audit.policy.baseline import Reference
from audit.policy.comparison import compare_runs
from audit.result import AuditResult, Comparison, DataFacts, DimensionMove, Note
from audit.store.decisions import BATCH_ROWS, read_decisions, windows
from audit.store.manifest import read_manifest
from audit.store.runfolder import RunFolder, fingerprint_of


def compare_versions(
    result: AuditResult, folder: RunFolder, reference: Reference, *, other_rows: bool = False
) -> Comparison:
    """Compare decisions, as `compare_runs` does, and then explanations, where both run folders hold some.

    Raises
    ------
    ConfigError
        If the baseline cannot be compared, with the difference named.
    """
    found = compare_runs(result, folder.decisions, reference, other_rows=other_rows)
    if reference.folder is None:
        return found
    before = reference.folder.read_result()
    found = found.model_copy(update={"dimensions": moved_dimensions(result, before)})
    if not found.paired:
        return found
    if result.explanations is None or before.explanations is None:
        return found
    if not _same_texts(result, before):
        # Places of words mean nothing in another text.
        return found.model_copy(update={"notes": [*found.notes, Note(code="explanations_of_other_texts")]})
    attributes = [slicing.attributes[0] for slicing in result.slicings if len(slicing.attributes) == 1]
    explained = compare_explanations(folder, reference.folder, result.classes, attributes, result.level)
    return found.model_copy(update={"explanations": explained})


def moved_dimensions(result: AuditResult, before: AuditResult) -> list[DimensionMove]:
    """Hold dimensions of risk against those of a baseline that one scorecard scored too.

    A dimension has moved where the two ranges share no value: neither chance nor what is unknown can be all of it.
    """
    now, then = result.scorecard, before.scorecard
    if now is None or then is None or now.sha256 != then.sha256:
        return []
    was = {item.code: item for item in then.dimensions}
    return [
        DimensionMove(
            code=item.code, baseline_lowest=was[item.code].lowest, baseline_highest=was[item.code].highest,
            lowest=item.lowest, highest=item.highest,
            moved="up" if item.lowest > was[item.code].highest
            else "down" if item.highest < was[item.code].lowest else None,
        )
        for item in now.dimensions
    ]  # fmt: skip


def _same_texts(one: AuditResult, other: AuditResult) -> bool:
    return one.data.sha256 == other.data.sha256 and all(
        one.config["data"]["columns"][name] == other.config["data"]["columns"][name] for name in (*READ, "input_pair")
    )


def changed_rows(folder: RunFolder, data: DataFacts, reference: Reference | None, seed: int) -> list[str]:
    """Rows whose decision is another than in the baseline, in the order in which they are worth explaining.

    The order is of their ids and the seed alone, so that two versions held against each other choose the same.
    """
    if reference is None or reference.folder is None or reference.baseline.rows_sha256 != data.rows_sha256:
        return []
    if not same_decisions(folder.decisions, reference.folder.decisions):
        return []
    columns = ["row_id", "y_pred", "status", "score"]
    tables = (windows(read_decisions(at.decisions, columns), BATCH_ROWS) for at in (folder, reference.folder))
    parts = []
    for batch in joint_batches(zip(*tables, strict=True)):
        changed = pc.fill_null(pc.not_equal(batch["y_pred"], batch["y_before"]), False)
        parts.append(batch.filter(changed).select(["row_id"]))
    whole = pa.concat_tables(parts) if parts else pa.table({"row_id": pa.array([], pa.string())})
    # Not by the tickets of the sample, which would then lack just those that are drawn here.
    order = np.argsort(tickets_of([whole], seed + 2), kind="stable")
    return list(whole["row_id"].take(pa.array(order)).to_pylist())


def fingerprint_of_baseline(reference: Reference | None) -> str:
    """Hash of the decisions that changes are told against: which rows are explained depends on them."""
    if reference is None:
        return ""
    if reference.folder is None:
        return fingerprint_of(reference.baseline.model_dump(mode="json", by_alias=True))
    return read_manifest(reference.folder.path).files[reference.folder.decisions.name].sha256
