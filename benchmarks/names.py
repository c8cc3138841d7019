"""Are persons found as often under names of one group as of another? All of WNUT-17's test set, under a real model.

Every person that has a plain name gets four names of each of fourteen groups; figures are those of the audit.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

SHARED = Path(__file__).parents[2] / "shared"
#: Tweets and posts of fewer words than this are one group of rows: an audit needs some.
SHORT = 16


def main() -> None:
    model, sentences = SHARED / "models" / "minilm-wnut17", SHARED / "data" / "wnut17_test.jsonl"
    if not (model.exists() and sentences.exists()):
        print("skipped: needs the shared models and data")
        return
    import audit

    with tempfile.TemporaryDirectory() as folder:
        rows = [json.loads(line) for line in sentences.read_text(encoding="utf-8").splitlines()]
        lines = [json.dumps(row | {"words": len(row["tokens"])}) for row in rows]
        path = Path(folder) / "wnut17.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
        result = audit.run(
            {
                "model": {"path": str(model)},
                "data": {
                    "path": str(path),
                    "outcome": "entities",
                    "columns": {"input": "tokens", "label": "tags", "id": "id"},
                },
                "attributes": [{"column": "words", "name": "length", "bins": [SHORT]}],
                "exchange": {"names": {"sample": len(rows)}},
                "explanations": {"which": "none"},
                "policy": {
                    "rules": [
                        {"metric": "name_recall", "limit": 0.1},
                        {"metric": "name_recall", "limit": 0.2, "over": [["name_origin", "name_gender"]]},
                    ]
                },
                "output": {"folder": str(Path(folder) / "run")},
            }
        )
    names = result.names
    if names is None or result.judgement is None:
        raise AssertionError("an audit of entities with a probe exchanges names and judges them")
    print(f"{names.exchanged} of {names.persons} persons, {names.decisions:,} decisions; left: {names.refused}")
    print(f"under their own names {names.own.rate:.1%} ({names.own.lower:.1%} to {names.own.upper:.1%})")
    print(f"found by all names of one group and none of another: {names.by_group}")
    tokens = {tuple(group.group): group.tokens for group in names.groups}
    print("| names | found | left visible | tokens |\n|---|---|---|---|")
    visible = {tuple(v.group): v.value for v in names.metrics if v.metric == "name_visible"}
    for value in names.metrics:
        if value.metric == "name_recall" and None not in {value.value, value.lower, value.upper}:
            key = tuple(value.group)
            pieces = f"{tokens[key]:.2f}" if key in tokens else ""
            found = f"{value.value:.1%} ({value.lower:.1%} to {value.upper:.1%})"
            print(f"| {' × '.join(key) or 'all'} | {found} | {visible[key]:.1%} | {pieces} |")
    for rule in result.judgement.rules:
        print(f"{rule.status}: {rule.rule}, {' × '.join(rule.attributes)}: {rule.value} ({rule.lower} to {rule.upper})")


if __name__ == "__main__":
    main()
