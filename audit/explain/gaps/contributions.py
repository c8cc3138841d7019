"""Attributions of one class for many decisions, without tests: what gaps in the mean score are made of.

Tests of faithfulness take ten times as many passes as the attributions themselves. A gap needs many decisions and no
verdict on single ones, so it has a sample of its own: one class, one baseline for all, none left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from audit.config import AuditConfig, ExplanationConfig
from audit.engine.job import Advance, Done, Engine
from audit.explain.explanations import Explainer
from audit.explain.integrate.attribution import Attribution
from audit.explain.parts import Explaining, draw_rows, in_parts
from audit.models.adapter import Adapter
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder
from audit.store.tables import read_table

SCHEMA = pa.schema(
    [
        pa.field("row_id", pa.string(), nullable=False),
        ("score_input", pa.float64()),
        ("score_baseline", pa.float64()),
        ("inclusion_probability", pa.float64()),
        ("gradients", pa.int32()),
        ("starts", pa.list_(pa.int32())),
        ("ends", pa.list_(pa.int32())),
        ("score_attributions", pa.list_(pa.float32())),
        ("frame", pa.float64()),
    ]
)


@dataclass(frozen=True)
class AttributingScores:
    """The job of attributing the score of one class: of rows, and what is known of some of them already."""

    settings: ExplanationConfig
    baseline: str
    seed: int
    positive: str

    def start(self, adapter: Adapter) -> Explaining:
        """Make ready to attribute scores of this model."""
        explainer = Explainer(adapter, self.settings, self.baseline, self.seed)

        def do(given: tuple[pd.DataFrame, dict[str, Attribution]], advance: Advance) -> Done:
            rows, known = given
            return attribute(explainer, rows, self.positive, advance, known)

        return Explaining(do)


def attribute_sample(
    config: AuditConfig,
    engine: Engine,
    explainer: Explainer,
    positive: str,
    folder: RunFolder,
    progress: Progress,
    known: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, int, int]:
    """Attribute the score of a stratified sample; write `contributions.parquet`.

    Parameters
    ----------
    known
        Decisions explained already, whose attributions are taken over where they are of this score.

    Returns
    -------
    table, computed, reused
        Its columns with decision, groups and `input`; and the parts that were computed or taken over.
    """
    # By the numbers that rows have by their ids, so that it holds what is explained already, as far as strata allow.
    rows = draw_rows(config, folder, config.gaps.sample, config.seed).rows
    shards = folder.shards("contributions")
    usable = _usable(explainer, positive, known)

    def with_known(part: pd.DataFrame) -> Any:
        return part, {row: usable[row] for row in part["row_id"].astype(str) if row in usable}

    job = AttributingScores(explainer.settings, explainer.baseline, explainer.seed, positive)
    with progress.stage("attributions", len(rows), "decisions") as bar:
        computed, reused = in_parts(engine, job, shards, rows, bar, with_known)
    shards.join(folder.contributions, SCHEMA)
    found = read_table(folder.contributions).to_pandas().drop(columns=["row_id", "inclusion_probability"])
    return pd.concat([rows, found], axis=1), computed, reused


def _usable(explainer: Explainer, positive: str, known: pd.DataFrame | None) -> dict[str, Attribution]:
    """Explanations of this score among those of predicted classes: of two classes, each says what the other does."""
    if known is None:
        return {}
    same = (known["baseline"] == explainer.baseline) & (known["scale"] == explainer.settings.target)
    same &= ~known["reason"].isin(["failed", "not_converged"])
    mine = known["target_class"] == positive
    if len(explainer.adapter.classes) > 2:
        same &= mine
    out = {}
    for record, own in zip(known[same].to_dict("records"), mine[same], strict=True):
        values = np.asarray(record["attributions"], np.float32)
        f_input, f_baseline, frame = (float(record[name]) for name in ("f_input", "f_baseline", "frame"))
        if not own:
            whole = 1.0 if explainer.settings.target == "probability" else 0.0
            values, frame, f_input, f_baseline = -values, -frame, whole - f_input, whole - f_baseline
        out[str(record["row_id"])] = Attribution(values, f_input, f_baseline, 0.0, 0, record["scale"], frame)
    return out


def attribute(
    explainer: Explainer,
    rows: pd.DataFrame,
    positive: str,
    advance: Callable[[int], object],
    known: Mapping[str, Attribution] | None = None,
) -> tuple[pa.Table, dict[str, int]]:
    """Attribute the score of some decisions; return a table of `SCHEMA` in the order of the rows, and what it cost.

    Only means over them are wanted, so that single ones may be less exact than explanations.
    """
    encoded = explainer.adapter.encode(list(rows["input"]))
    target = explainer.adapter.classes.index(positive)
    found: list[Attribution | None] = [(known or {}).get(str(row)) for row in rows["row_id"]]
    new = [i for i, item in enumerate(found) if item is None]
    advance(len(rows) - len(new))
    computed, spent = explainer.integrator(explainer.baseline).attribute(
        [encoded[i] for i in new], [target] * len(new), advance, together=True
    )
    for i, item in zip(new, computed, strict=True):
        found[i] = item
    done = [item for item in found if item is not None]
    records = [
        {
            "row_id": row_id,
            "score_input": item.f_input,
            "score_baseline": item.f_baseline,
            "inclusion_probability": probability,
            "gradients": item.gradients,
            "starts": of.places[:, 0].tolist(),
            "ends": of.places[:, 1].tolist(),
            "score_attributions": item.values.tolist(),
            "frame": item.frame,
        }
        for row_id, probability, of, item in zip(
            rows["row_id"], rows["inclusion_probability"], encoded, done, strict=True
        )
    ]
    return pa.Table.from_pylist(records, schema=SCHEMA), spent
