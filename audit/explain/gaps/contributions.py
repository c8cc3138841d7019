"""Attributions of one class for many decisions, without tests: what gaps in the mean score are made of.

Tests of faithfulness take ten times as many passes as the attributions themselves. A gap needs many decisions and no
verdict on single ones, so it has a sample of its own: one class, one baseline for all, none left out.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from audit.config import AuditConfig
from audit.explain.explanations import Explainer
from audit.explain.integrate.units import words_of
from audit.explain.parts import draw_rows, in_parts
from audit.store.progress import Progress
from audit.store.runfolder import RunFolder

SCHEMA = pa.schema(
    [
        pa.field("row_id", pa.string(), nullable=False),
        ("score_input", pa.float64()),
        ("score_baseline", pa.float64()),
        ("inclusion_probability", pa.float64()),
        ("gradients", pa.int32()),
        ("starts", pa.list_(pa.int32())),
        ("ends", pa.list_(pa.int32())),
        ("special", pa.list_(pa.bool_())),
        ("words", pa.list_(pa.int32())),
        ("score_attributions", pa.list_(pa.float32())),
    ]
)


def attribute_sample(
    config: AuditConfig, explainer: Explainer, positive: str, folder: RunFolder, progress: Progress
) -> tuple[pd.DataFrame, int, int]:
    """Attribute the score of a stratified sample; write `contributions.parquet`.

    Returns
    -------
    table, computed, reused
        Its columns with decision, groups and `input`; and the parts that were computed or taken over.
    """
    # Other decisions than those that are tested, where there are enough: a sample of its own.
    rows = draw_rows(config, folder, config.gaps.sample, config.seed + 1).rows
    shards = folder.shards("contributions")

    def work(part: pd.DataFrame, advance: Callable[[int], object]) -> tuple[pa.Table, dict[str, int]]:
        return attribute(explainer, part, positive, advance)

    with progress.stage("attributions", len(rows), "decisions") as bar:
        computed, reused = in_parts(shards, rows, explainer.adapter.device, work, bar)
    shards.join(folder.contributions, SCHEMA)
    found = pq.read_table(folder.contributions).to_pandas().drop(columns=["row_id", "inclusion_probability"])
    return pd.concat([rows, found], axis=1), computed, reused


def attribute(
    explainer: Explainer, rows: pd.DataFrame, positive: str, advance: Callable[[int], object]
) -> tuple[pa.Table, dict[str, int]]:
    """Attribute the score of some decisions; return a table of `SCHEMA` in the order of the rows, and what it cost."""
    encoded = explainer.adapter.encode(list(rows["input"]))
    target = explainer.adapter.classes.index(positive)
    found, spent = explainer.integrator(explainer.baseline).attribute(encoded, [target] * len(rows), advance)
    records = [
        {
            "row_id": row_id,
            "score_input": item.f_input,
            "score_baseline": item.f_baseline,
            "inclusion_probability": probability,
            "gradients": item.gradients,
            "starts": of.spans[:, 0].tolist(),
            "ends": of.spans[:, 1].tolist(),
            "special": of.special.tolist(),
            "words": words_of(of).tolist(),
            "score_attributions": item.values.tolist(),
        }
        for row_id, probability, of, item in zip(
            rows["row_id"], rows["inclusion_probability"], encoded, found, strict=True
        )
    ]
    return pa.Table.from_pylist(records, schema=SCHEMA), spent
