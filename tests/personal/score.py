"""Recall and precision of the finders on a labelled corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from audit.personal import find_personal


def scored(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return kind -> recall, precision, and the texts that were wrong. What is found must be the very place."""
    true, hit, said = Counter[str](), Counter[str](), Counter[str]()
    wrong: dict[str, list[str]] = {}
    for row in rows:
        found = {(item.start, item.end, item.kind) for item in find_personal(row["text"])}
        wanted = {(row["start"], row["end"], row["kind"])} if row["kind"] else set()
        for _, _, kind in wanted:
            true[kind] += 1
            hit[kind] += wanted <= found
        for item in found:
            said[item[2]] += 1
        for _, _, kind in wanted ^ found:
            wrong.setdefault(kind, []).append(f"{row['sort']}: {row['text']} {sorted(found)}")
    return {
        kind: {"true": true[kind], "said": said[kind], "recall": hit[kind] / true[kind],
               "precision": hit[kind] / said[kind] if said[kind] else 0.0, "wrong": wrong.get(kind, [])}
        for kind in true
    }  # fmt: skip


if __name__ == "__main__":
    import sys

    from tests.personal.make_corpus import corpus

    for name, line in scored(corpus(int(sys.argv[1]))).items():
        print(name, line["true"], line["said"], round(line["recall"], 3), round(line["precision"], 3), sep="\t")
        if len(sys.argv) > 2:
            print(*(f"    {text}" for text in line["wrong"]), sep="\n")
