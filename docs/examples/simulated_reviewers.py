"""Fill in what `audit review export` wrote for the embedded sample, as three people might: a stand-in for reviewers.

They know which labels are wrong: by our making, one in eight "no" of women and one in thirty of the others. Each names
another class in 6 % of cases, and is unsure now and then.

    python docs/examples/simulated_reviewers.py runs/screener
"""

import csv
import random
import sys
from pathlib import Path

import pandas as pd

OTHER = {"yes": "no", "no": "yes"}


def main(run: Path) -> None:
    """Write `filled-*.csv` beside what was exported."""
    dice = random.Random(1)  # noqa: S311 - no secret
    key = pd.read_parquet(run / "review_key.parquet")[["review_id", "row_id"]]
    rows = key.merge(pd.read_parquet(run / "decisions.parquet"), on="row_id").set_index("review_id")
    true = {}
    for name, row in rows.iterrows():
        suspect = row["group:gender"] == "female" and row["y_true"] == "no"
        true[name] = OTHER[row["y_true"]] if dice.random() < (1 / 8 if suspect else 1 / 30) else row["y_true"]
    for path in sorted((run / "review").glob("reviewer-*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            table = list(csv.DictReader(stream))
        for line in table:
            name = line["review_id"]
            wrong = true[name] != rows.loc[name, "y_pred"]
            if "label" in line:
                said = true[name] if dice.random() > 0.06 else OTHER[true[name]]
                line["label"] = "unsure" if dice.random() < 0.04 else said
            if "biased" in line:
                unfair = wrong and rows.loc[name, "group:gender"] == "female"
                line["biased"] = "yes" if dice.random() < (0.45 if unfair else 0.08) else "no"
            if "reason_acceptable" in line:
                line["reason_acceptable"] = "no" if dice.random() < (0.5 if wrong else 0.2) else "yes"
        with path.with_name(f"filled-{path.name}").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, table[0].keys())
            writer.writeheader()
            writer.writerows(table)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
