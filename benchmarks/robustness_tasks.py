"""Robustness beyond one class for a text: real models of entities, of several labels, and of pictures.

The first 150 sentences of WNUT-17's test part, the first 90 comments of ETHOS's, and the test part of 540 faces of
FairFace; 120 decisions of each are asked about. Groups are short and long inputs, and the sexes of the faces.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.robustness import SHARED, asked, tell

SAMPLE = 120
SENTENCES, LONG_SENTENCE = 150, 16
COMMENTS, LONG_COMMENT = 90, 90


def entities(folder: Path) -> dict[str, Any]:
    """Names in sentences."""
    path = folder / "wnut17.jsonl"
    with (SHARED / "data" / "wnut17_test.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file][:SENTENCES]
    told = [
        {"id": row["id"], "tokens": row["tokens"], "tags": row["tags"],
         "length": "short" if len(row["tokens"]) < LONG_SENTENCE else "long"}
        for row in rows
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in told), encoding="utf-8")
    return {"path": str(path), "outcome": "entities", "columns": {"input": "tokens", "label": "tags", "id": "id"}}


def labels(folder: Path) -> dict[str, Any]:
    """Eight labels of a comment."""
    frame = pd.read_csv(SHARED / "data" / "ethos_multilabel_test.csv").head(COMMENTS)
    names = [name for name in frame.columns if name != "comment"]
    frame["length"] = ["short" if len(text) < LONG_COMMENT else "long" for text in frame["comment"]]
    frame.assign(id=range(len(frame))).to_csv(folder / "ethos.csv", index=False)
    columns = {"input": "comment", "id": "id", "labels": {name: name for name in names}}
    return {"path": str(folder / "ethos.csv"), "outcome": "labels", "columns": columns}


def pictures(folder: Path) -> dict[str, Any]:
    """Minor or adult, by a face."""
    path = SHARED / "data" / "fairface_540.parquet"
    columns = {"image": "image", "label": "label"}
    return {"path": str(path), "columns": columns, "positive_label": "adult", "where": {"split": "test"}}


TASKS = (
    ("minilm-wnut17", entities, "length", [1, 3]),
    ("minilm-ethos-multilabel", labels, "length", [1, 3]),
    ("resnet-adult-fairface", pictures, "gender", [1, 3, 5]),
)


def main() -> None:
    """Print a table for each model."""
    if not SHARED.exists():
        print("skipped: needs the shared models and data")
        return
    for model, data, attribute, severities in TASKS:
        print(f"\n{model}")
        with tempfile.TemporaryDirectory() as folder:
            given = data(Path(folder))
            tell(asked(SHARED / "models" / model, given, [attribute], {"severities": severities}, SAMPLE))


if __name__ == "__main__":
    main()
