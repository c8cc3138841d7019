"""Attributions of one class for many decisions, without tests: what gaps in the mean score are made of.

Tests of faithfulness take ten times as many passes as the attributions themselves. A gap needs many decisions and no
verdict on single ones, so it has a sample of its own: one class, one baseline for all, none left out.
"""

from __future__ import annotations

from itertools import count, pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from audit.config import AuditConfig
from audit.explain.explanations import Explainer, words_of
from audit.explain.sampling import draw, outcome_strata
from audit.explain.stage import PART_DECISIONS, PART_DECISIONS_ACCELERATED, fetch, read_strata
from audit.progress import Progress
from audit.runfolder import RunFolder

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
    names = [attribute.label for attribute in config.attributes]
    decisions = read_strata(folder, names)
    usable = np.flatnonzero(decisions["status"] != "failed")
    # Other decisions than those that are tested, where there are enough: a sample of its own.
    sample = draw(outcome_strata(decisions.iloc[usable], names), config.gaps.sample, config.seed + 1)
    rows = fetch(config, folder, usable[sample.positions], names).reset_index(drop=True)
    rows["inclusion_probability"] = sample.inclusion_probability
    shards = folder.shards("contributions")
    computed = reused = 0
    size = PART_DECISIONS if explainer.adapter.device.type == "cpu" else PART_DECISIONS_ACCELERATED
    with progress.stage("attributions", len(rows), "decisions") as bar:
        edges = [*range(0, len(rows), size), len(rows)]
        for number, (first, last) in zip(count(), pairwise(edges), strict=False):
            if shards.done(number):
                reused += 1
                bar.update(last - first)
            else:
                shards.write(number, *_part(explainer, rows.iloc[first:last], positive, bar.update))
                computed += 1
    shards.join(folder.contributions, SCHEMA)
    found = pq.read_table(folder.contributions).to_pandas().drop(columns=["row_id", "inclusion_probability"])
    return pd.concat([rows, found], axis=1), computed, reused


def _part(explainer: Explainer, rows: pd.DataFrame, positive: str, advance: Any) -> tuple[pa.Table, dict[str, int]]:
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
