"""Does the gate catch a planted regression, and nothing else?

`screener-next` repairs the gap of women and makes that of ethnic groups worse. Over regenerated sets of 6,000
applications, both models decide, and a policy of regression rules judges the candidate against the baseline: the gap of
true positive rates between any two genders, ethnicities or age groups must not be wider by more than two points. Groups
of less than 5 % are left out: on so few, such a set shows nothing. The model against itself must never fail.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import audit
from audit.config import PolicyConfig
from audit.policy.baseline import load_baseline
from audit.policy.comparison import compare_runs
from audit.policy.judge import judge as judge_result

SAMPLE = Path(__file__).parents[1] / "sample_data"
SETS = int(os.environ.get("BENCH_SETS", "20"))
ROWS = int(os.environ.get("BENCH_ROWS", "6000"))
RULES = [
    {"name": f"gap by {attribute}", "metric": "true_positive_rate", "of": "gap", "margin": 0.02, "over": [attribute],
     "min_share": 0.05}
    for attribute in ("gender", "ethnicity", "age")
]  # fmt: skip


def main() -> None:
    sys.path.insert(0, str(SAMPLE))
    from applicants import Planting, judge, make_applicants

    fails: Counter[str] = Counter()
    itself = 0
    for seed in range(1000, 1000 + SETS):
        people = make_applicants(ROWS, seed, "test", 1)
        people["shortlisted"] = judge(people, Planting(), seed + 1)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            people.to_csv(folder / "test.csv", index=False)

            def config(model: str, out: str, folder: Path = folder) -> dict[str, object]:
                return {
                    "model": {"path": str(SAMPLE / model)},
                    "data": {
                        "path": str(folder / "test.csv"),
                        "columns": {"input": "statement", "label": "shortlisted", "id": "application_id"},
                        "positive_label": "yes",
                    },
                    "attributes": ["gender", "ethnicity", {"column": "age", "bins": [40, 50]}],
                    "explanations": {"sample": 0},
                    "policy": {"rules": RULES},
                    "output": {"folder": str(folder / out)},
                }

            old = audit.run(config("screener", "old"))
            new = audit.run(config("screener-next", "new"), baseline=folder / "old").judgement
            comparison = compare_runs(old, folder / "old" / "decisions.parquet", load_baseline(folder / "old"))
            same = judge_result(
                old.model_copy(update={"comparison": comparison}), PolicyConfig.model_validate({"rules": RULES})
            )
            assert new is not None
            fails.update(rule.rule for rule in new.rules if rule.status == "fail")
            itself += any(rule.status == "fail" for rule in same.rules)
            shown = ", ".join(f"{rule.rule}: {rule.status} ({rule.value:+.3f})" for rule in new.rules)
            print(f"set {seed}: {shown}", flush=True)
    print(f"\nfailures over {SETS} evaluation sets: {dict(fails)}; the model against itself: {itself}")


if __name__ == "__main__":
    main()
