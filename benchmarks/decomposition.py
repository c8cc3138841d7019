"""How long it takes to take a gap apart, from 10,000 explained decisions.

10,000 generated applications, all attributed by an audit of `screener`; then, apart from the model: sorting words
into concepts, and for each gap the decomposition with its 1,000 resamples and the test of equal treatment.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import audit
from audit.explain.gaps.concepts import sum_by_concept
from audit.explain.gaps.decomposition import Attributed, decompose
from audit.explain.gaps.treatment import equal_treatment
from audit.store.columns import group_column, group_columns
from audit.terms.loading import load_lexicons

SAMPLE = Path(__file__).parents[1] / "sample_data"
ROWS = int(os.environ.get("BENCH_ROWS", "10000"))
GAPS = (("gender", "male", "female"), ("ethnicity", "White", "Hispanic or Latino"), ("age", "<40", "≥50"))


def main() -> None:
    sys.path.insert(0, str(SAMPLE))
    from applicants import Planting, judge, make_applicants

    people = make_applicants(ROWS, 3, "test", 1)
    people["shortlisted"] = judge(people, Planting(), 4)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        people.to_csv(folder / "test.csv", index=False)
        audit.run(
            {
                "model": {"path": str(SAMPLE / "screener")},
                "data": {
                    "path": str(folder / "test.csv"),
                    "columns": {"input": "statement", "label": "shortlisted", "id": "application_id"},
                    "positive_label": "yes",
                },
                "attributes": ["gender", "ethnicity", {"column": "age", "bins": [40, 50]}],
                "explanations": {"sample": 1, "sanity": 0, "shown": 0, "most_flagged": 0},
                "gaps": {"sample": ROWS},
                "output": {"folder": str(folder / "run")},
            }
        )
        table = pd.read_parquet(folder / "run" / "contributions.parquet")
        decisions = pd.read_parquet(folder / "run" / "decisions.parquet")
    assert (table["row_id"] == decisions["row_id"]).all()
    columns = [*group_columns(["gender", "ethnicity", "age"]), "weight", "cluster"]
    table = pd.concat([table, decisions[columns]], axis=1).assign(input=people["statement"].to_numpy())
    began = time.perf_counter()
    data = Attributed.of(table, sum_by_concept(table, load_lexicons(["en"]), {}))
    sorting = time.perf_counter() - began
    units, concepts = len(data.contributions.rows), len(data.contributions.names)
    print(f"{len(table):,} decisions, {units:,} words, {concepts:,} concepts: sorted in {sorting:.2f} s")
    for attribute, high, low in GAPS:
        at = [(table[group_column(attribute)] == group).to_numpy() for group in (high, low)]
        gap = float(np.average(data.f[at[0]]) - np.average(data.f[at[1]]))
        began = time.perf_counter()
        found = decompose(data, at[0], at[1], gap, alpha=0.05, resamples=1000, seed=1)
        parted = time.perf_counter()
        equal_treatment(data, at[0], at[1], alpha=0.05, seed=1)
        tested = time.perf_counter()
        print(
            f"{attribute}, {at[0].sum() + at[1].sum():,} decisions, {found.concepts} concepts with an interval: "
            f"taken apart in {parted - began:.2f} s, equal treatment tested in {tested - parted:.2f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
