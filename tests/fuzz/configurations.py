"""Configurations: valid ones damaged as data and as YAML text."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import yaml

from tests.fuzz.odd import TEXTS, damage_bytes, damage_tree, odd
from tests.fuzz.outcome import Example

ROWS = 24
HEADER = "id,y,p,s,g,h,age,c,w,k,t"


def rows_csv() -> str:
    """A small table that has a column for everything."""
    lines = [HEADER]
    for i in range(ROWS):
        y, p = i % 2, (i // 2) % 2
        cells = [f"r{i}", y, p, round((i * 7 % 10) / 10 + 0.01, 2), "abc"[i % 3], "uv"[i // 3 % 2], 20 + 2 * i]
        cells += ["kl"[i // 6 % 2], 1 + i % 3, f"u{i // 2}", "She told him that he was late."]
        lines.append(",".join(map(str, cells)))
    return "\n".join(lines) + "\n"


BASE: dict[str, Any] = {
    "data": {
        "path": "rows.csv",
        "columns": {"label": "y", "prediction": "p", "id": "id"},
        "positive_label": "1",
    },
    "attributes": ["g", {"column": "age", "bins": [30, 50]}],
}
PARTS: list[dict[str, Any]] = [
    {"crossings": [["g", "age"]]},
    {"controls": ["c"]},
    {"metrics": ["selection_rate", "true_positive_rate", "equalized_odds"]},
    {"metrics": ["accuracy", "f1_score"], "level": 0.9, "seed": 7},
    {"data": {"columns": {"label": "y", "score": "s"}, "threshold": 0.4}},
    {"data": {"columns": {"label": "y", "prediction": "p", "weight": "w", "cluster": "k"}}},
    {"data": {"columns": {"prediction": "p", "count": "w"}}},
    {"data": {"where": {"h": ["u", "v"]}, "label_map": {"0": "0", "1": "1"}, "missing_values": ["", "NA"]}},
    {"attributes": [{"column": "g", "name": "grp", "values": {"a": "A"}, "outside_gaps": ["c"]}]},
    {"attributes": ["h"], "discovery": {"columns": ["c"], "depth": 2}},
    {"policy": {"presets": ["four-fifths"], "rules": [{"metric": "selection_rate", "limit": 0.2}]}},
    {
        "policy": {
            "rules": [{"name": "r", "metric": "false_positive_rate", "limit": 0.1, "over": ["g"], "exempt": ["c"]}],
            "waivers": [
                {
                    **{"rule": "r", "ceiling": 0.5, "reason": "x", "owner": "a", "approver": "b"},
                    **{"granted": "2026-01-01", "expires": "2026-02-01"},
                }
            ],
            "on_inconclusive": "fail",
        }
    },
    {"explanations": {"sample": 4, "shown": 2, "which": "sample"}, "gaps": {"sample": 10, "concepts": {"x": ["late"]}}},
    {"output": {"title": "T", "intended_use": "none", "contact": "me"}},
    {"data": {"outcome": "number", "columns": {"label": "age", "score": "w"}, "positive_label": None}},
]


def merged(base: Any, more: Any) -> Any:
    """Lay one tree over another."""
    if isinstance(base, dict) and isinstance(more, dict):
        return base | {key: merged(base.get(key), value) for key, value in more.items()}
    return more


def configuration(random: Random) -> dict[str, Any]:
    """Draw a configuration that is valid, or nearly."""
    tree: dict[str, Any] = BASE
    for part in random.sample(PARTS, random.randrange(4)):
        tree = merged(tree, part)
    return tree


def make(random: Random, place: Path) -> Example:
    """Draw a damaged configuration, and a command to read it with."""
    (place / "rows.csv").write_text(rows_csv())
    tree = configuration(random)
    if random.random() < 0.9:
        tree = damage_tree(tree, random)
    try:
        text = yaml.safe_dump(tree, allow_unicode=random.random() < 0.5, default_flow_style=random.random() < 0.2)
    except (yaml.YAMLError, ValueError):  # a value that YAML cannot hold
        text = repr(tree)
    body = text.encode("utf-8", "surrogatepass")
    if random.random() < 0.35:
        body = _yaml_oddity(body, random)
    (place / "audit.yaml").write_bytes(body)
    keep = [place / "rows.csv", place / "audit.yaml"]
    config, out = str(place / "audit.yaml"), str(place / "run")
    if random.random() < 0.1:
        key = random.choice(
            ["level", "data.threshold", "seed", "attributes", "policy.rules", "x", "", "data", "output.title"]
        )
        value = random.choice(TEXTS)
        return Example(["validate", config, "--no-data", "--set", f"{key}={value}"], keep)
    if random.random() < 0.75:
        return Example(["validate", config, *(["--no-data"] if random.random() < 0.5 else [])], keep)
    gate = ["--gate"] if random.random() < 0.5 else []
    return Example(["run", config, "--out", out, "--quiet", *gate], keep, [place / "run"])


def _yaml_oddity(body: bytes, random: Random) -> bytes:
    text = body.decode("utf-8", "replace")
    lines = text.split("\n")
    at = random.randrange(len(lines))
    kind = random.randrange(12)
    if kind == 0:  # a key given twice
        lines.insert(at, lines[at])
    elif kind == 1:
        lines[at] = lines[at].replace(":", ": &a", 1)
        lines.append("x: *a")
    elif kind == 2:
        bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        bomb += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
        lines = [*bomb, *lines, "attributes: *a8"]
    elif kind == 3:
        bomb = ["m0: &m0 {k: v}", *(f"m{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 9)}]}}" for i in range(1, 9))]
        lines = [*bomb, *lines]
    elif kind == 4:
        lines[at] = lines[at].replace(" ", "\t")
    elif kind == 5:
        lines.insert(
            at, random.choice(["---", "...", "%YAML 1.1", "? x", "- ", "!!python/object:os.system x", "<<: {a: b}"])
        )
    elif kind == 6:
        lines[at] += random.choice(
            [" !!binary x", " !!set {a}", " !!timestamp 2026", ' "\\ud800"', " 0o17", " .inf", " 190:20:30"]
        )
    elif kind == 7:
        return text.encode(random.choice(["utf-16", "utf-8-sig", "latin-1", "utf-32"]), "replace")
    elif kind == 8:
        return text.replace("\n", random.choice(["\r\n", "\r", "\n\n", "\u2028"])).encode()
    elif kind == 9:
        lines.append("deep: " + "[" * random.choice([10, 3_000]))
    elif kind == 10:
        lines.append(f"attributes: {odd(random)!r}")
    else:
        return damage_bytes(body, random)
    return "\n".join(lines).encode("utf-8", "surrogatepass")
