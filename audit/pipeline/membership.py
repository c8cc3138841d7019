"""Whether rows that the model was trained on can be told from others: which are asked about, what it comes to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from audit.data.examples import Plain, examples_of
from audit.data.sides import Side, Sides, find_sides
from audit.errors import ConfigError, ModelError, some
from audit.fairness.membership.attacks import RATES, attack
from audit.pipeline.case import Case
from audit.pipeline.clock import Clock
from audit.result import Membership, SideFacts
from audit.store.files import sha256_of_files
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder

if TYPE_CHECKING:
    from audit.models.adapter import Adapter

#: Share of all compared rows that count as unlike the others.
OUTLIERS = 0.1
BY_REFERENCE, BY_DISTANCE = "reference_loss", "distance"


def sides_asked(case: Case) -> Sides | None:
    """Look through the tables of members and held-out rows before anything is decided; None if nobody asks.

    Raises
    ------
    AuditError
        If they cannot be compared.
    """
    settings = case.config.probes.membership if case.config.probes else None
    if settings is None or case.adapter is None:
        return None
    columns = case.config.data.columns
    if columns.label is None and not columns.labels:
        raise ConfigError(
            "how well a model does on a row cannot be told without a true label",
            where="probes.membership",
            hint="name data.columns.label",
        )
    if settings.reference is not None and case.config.model is not None and case.config.model.callable:
        raise ConfigError(
            "a function of your own finds its model by itself, so that no second one can be given to it",
            where="probes.membership.reference",
            hint="leave it out, or audit a model that lies in a folder",
        )
    return find_sides(
        case.config,
        settings.members,
        settings.held_out,
        by=settings.by,
        sample=settings.sample,
        classes=case.classes,
        where="probes.membership",
    )


def fingerprint_of_sides(case: Case, sides: Sides) -> str:
    """Hash the files beside the audited data that decide the outcome."""
    settings = case.config.probes.membership if case.config.probes else None
    reference = [sha256_of_files(settings.reference)] if settings and settings.reference else []
    return hashlib.sha256(" ".join([sides.members.sha256, sides.held_out.sha256, *reference]).encode()).hexdigest()


def membership(
    case: Case, sides: Sides | None, folder: RunFolder, progress: Progress, clock: Clock
) -> Membership | None:
    """Tell members from other rows by how well the model does on them."""
    settings = case.config.probes.membership if case.config.probes else None
    if sides is None or settings is None or case.engine is None:
        return None
    from audit.probes.membership import losses_of, reference_losses

    table, computed, reused = losses_of(sides, case.engine, folder, progress)
    clock.computed += computed
    clock.reused += reused
    digest = None
    if settings.reference is not None:
        reference = _reference(case, settings.reference)
        digest = reference.facts().sha256
        found, computed, reused = reference_losses(sides, reference, folder, progress)
        clock.computed += computed
        clock.reused += reused
        found = found[["side", "row_id", "loss"]].rename(columns={"loss": "reference_loss"})
        table = table.merge(found, on=["side", "row_id"], how="left")
    usable = table["loss"].notna()
    if "reference_loss" in table:
        usable &= table["reference_loss"].notna()
    rows = table[usable].reset_index(drop=True)
    rows["member"] = rows["side"] == "members"
    if rows["label"].isna().any():
        rows = rows.drop(columns="label")
    by = _mark_outliers(rows, sides)
    names = [attribute.label for attribute in sides.attributes]
    attacked = attack(rows, names, case.config.level, case.config.seed)
    return Membership(
        attacks=attacked.attacks,
        rates=list(RATES),
        level=case.config.level,
        members=_facts(sides.members, rows[rows["member"]]),
        held_out=_facts(sides.held_out, rows[~rows["member"]]),
        held_out_is="audited" if sides.audited else "file",
        reference_sha256=digest,
        groups=names,
        values=attacked.values,
        outliers_by=by,
        outlier_share=OUTLIERS,
        outliers=attacked.outliers,
        comparisons=attacked.comparisons,
        pairs=attacked.pairs,
        roc=attacked.roc,
    )


def _reference(case: Case, path: Path) -> Adapter:
    """Load the second model, as the first one is loaded."""
    from audit.models.registry import load_adapter

    if case.config.model is None or case.adapter is None:
        raise ValueError("no model")
    reference = load_adapter(case.config.model.model_copy(update={"path": path, "base": None}), case.config)
    if set(reference.classes) != set(case.adapter.classes):
        raise ModelError(
            f"decides between {some(reference.classes)}, and the audited model between {some(case.adapter.classes)}",
            where=str(path),
            hint="probes.membership.reference names a model of the same task and classes",
        )
    return reference


def _mark_outliers(rows: pd.DataFrame, sides: Sides) -> str | None:
    """Mark the rows that are unlike the others, without a look at who is a member; return what tells."""
    if "reference_loss" in rows:
        rows["outlier"] = _largest(rows["reference_loss"])
        return BY_REFERENCE
    from audit.probes.outlying import distances

    examples = _examples(sides)
    keys = zip(rows["side"].tolist(), rows["row_id"].tolist(), strict=True)
    found = distances([examples[key] for key in keys])
    if found is None:
        return None
    rows["outlier"] = _largest(pd.Series(found))
    return BY_DISTANCE


def _largest(values: pd.Series) -> np.ndarray:
    return np.asarray(values > values.quantile(1 - OUTLIERS))


def _examples(sides: Sides) -> Mapping[tuple[str, str], Plain]:
    return {
        (name, row_id): example
        for name, side in sides.named.items()
        for batch in side.batches()
        for row_id, example in zip(batch["row_id"].to_pylist(), examples_of(batch), strict=True)
    }


def _facts(side: Side, rows: pd.DataFrame) -> SideFacts:
    return SideFacts(
        sha256=side.sha256,
        rows=side.rows,
        repeated=side.repeated,
        known=side.known,
        unlabelled=side.unlabelled,
        drawn=len(side.drawn),
        failed=len(side.drawn) - len(rows),
        compared=len(rows),
        mean_loss=float(rows["loss"].mean()) if len(rows) else None,
    )
