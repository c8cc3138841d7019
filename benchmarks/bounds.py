"""How long bounds and verdicts take: 7 metrics over 15 intersectional groups, beside Fairlearn's own bootstrap.

Ours is timed from a decision table on disk to verdicts: reading, tally, point values by Fairlearn on cells, 2,000
resamples, bounds, judging. Fairlearn's `n_boot` resamples rows; it runs with few resamples on 100,000 rows, and its
time is scaled to the same number, which is said.
"""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from sklearn import metrics as sm

from audit.config import PolicyConfig, RuleConfig
from audit.fairness.bounds.resample import RESAMPLES
from audit.fairness.compare.disparities import compare
from audit.fairness.compare.question import Question
from audit.fairness.metrics.choosing import choose_metrics, described
from audit.fairness.tally import Slicing, tally_columns, tally_decisions
from audit.policy.judge import judge
from audit.result import AuditResult
from audit.store.columns import group_column
from audit.store.decisions import decision_schema, decision_table, read_decisions

SEVEN = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy", "f1_score",
         "balanced_accuracy")  # fmt: skip
REPEATS = int(os.environ.get("BENCH_REPEATS", "5"))
FAIRLEARN_RESAMPLES = 3


def rows(n: int, groups: tuple[int, int] = (3, 5)) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    p = np.where(rng.random(n) < 0.8, y, 1 - y)
    a, b = (rng.integers(0, size, n) for size in groups)
    return pd.DataFrame({"y_true": y, "y_pred": p, "a": a, "b": b}).astype(str)


def write(frame: pd.DataFrame, path: Path) -> None:
    n = len(frame)
    called = {name: group_column(name) for name in ("a", "b")}
    given = {called.get(name, name): pa.array(frame[name]) for name in frame.columns}
    given |= {"row_id": pa.array(np.arange(n).astype(str)), "status": pa.array(np.full(n, "ok"))}
    given |= {"weight": pa.array(np.ones(n)), "count": pa.array(np.ones(n, np.int64))}
    pq.write_table(decision_table(given, decision_schema(["a", "b"])), path)


def ours(path: Path, metrics: tuple[str, ...]) -> None:
    slicing = Slicing(("a", "b"))
    chosen, criteria = choose_metrics(metrics, outcome="binary", labelled=True, scored=False)
    (tally,) = tally_decisions(read_decisions(path, tally_columns([slicing])), [slicing])
    done = compare(tally, Question(chosen, criteria, ["0", "1"], "1", 0.95))
    result = AuditResult.model_construct(
        level=0.95, config={}, slicings=[done.slicing], metrics=done.metrics, adjusted=[], comparison=None,
        metric_definitions=described(chosen), correlations=[],
    )  # fmt: skip
    rules = tuple(RuleConfig(metric=metric, limit=0.1, over=(("a", "b"),)) for metric in metrics)
    judge(result, PolicyConfig(rules=rules))


def fairlearn(frame: pd.DataFrame) -> float:
    """Seconds per resample."""
    functions = {
        "selection_rate": selection_rate, "true_positive_rate": true_positive_rate,
        "false_positive_rate": false_positive_rate, "precision": sm.precision_score, "accuracy": sm.accuracy_score,
        "f1_score": sm.f1_score, "balanced_accuracy": sm.balanced_accuracy_score,
    }  # fmt: skip
    t, p = frame["y_true"].astype(int), frame["y_pred"].astype(int)
    features = frame["a"] + "," + frame["b"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        began = time.perf_counter()
        MetricFrame(metrics=functions, y_true=t, y_pred=p, sensitive_features=features)
        plain = time.perf_counter() - began
        began = time.perf_counter()
        MetricFrame(
            metrics=functions, y_true=t, y_pred=p, sensitive_features=features, n_boot=FAIRLEARN_RESAMPLES,
            ci_quantiles=[0.025, 0.975], random_state=0,
        )  # fmt: skip
    return (time.perf_counter() - began - plain) / FAIRLEARN_RESAMPLES


def timed(path: Path, metrics: tuple[str, ...]) -> float:
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        ours(path, metrics)
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def main() -> None:
    print(f"{len(SEVEN)} metrics, 15 groups, {RESAMPLES} resamples; median of {REPEATS}\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "decisions.parquet"
        for n in (100_000, 1_000_000):
            frame = rows(n)
            write(frame, path)
            seconds = timed(path, SEVEN)
            print(f"{n:,} decisions, from the file to verdicts: {seconds:.2f} s", flush=True)
            if n == 100_000:
                each = fairlearn(frame)
                print(
                    f"Fairlearn, {n:,} rows: {each:.2f} s per resample, measured on {FAIRLEARN_RESAMPLES}; scaled to "
                    f"{RESAMPLES}: {each * RESAMPLES:,.0f} s, {each * RESAMPLES / seconds:,.0f} times ours",
                    flush=True,
                )
        write(rows(200_000, (10, 5)), path)
        many = (*SEVEN, "false_negative_rate", "true_negative_rate", "false_discovery_rate", "false_omission_rate",
                "macro_precision", "macro_f1", "worst_class_recall")  # fmt: skip
        print(f"200,000 decisions, 50 groups × {len(many)} metrics: {timed(path, many):.2f} s")


if __name__ == "__main__":
    main()
