"""Run folders whose result was changed within its published schema, and whose hashes were made anew."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

import yaml

from audit.cli import call
from audit.result import AuditResult
from tests.fuzz.checkpoints import tiny
from tests.fuzz.configurations import BASE, PARTS, merged, rows_csv
from tests.fuzz.odd import places
from tests.fuzz.outcome import Example
from tests.fuzz.runs import sign

ROWS = 40
#: Draws of a change that the schema refuses, before another example is drawn.
PATIENCE = 40
#: Values with everything stored; scores with strata; and a model with all there is to say of one.
STORED = merged(merged(BASE, PARTS[1]), PARTS[10])
SCORED = merged(merged(merged(BASE, PARTS[4]), PARTS[0]), {"discovery": {"columns": ["c"], "depth": 2}})
MODEL: dict[str, Any] = {
    "data": {"path": "texts.csv", "columns": {"input": "t", "label": "y", "id": "id"}, "positive_label": "yes"},
    "attributes": ["g"],
    "explanations": {"sample": 6, "shown": 3, "sanity": 0},
    "gaps": {"metrics": ["selection_rate"], "resamples": 200, "sample": 20, "concepts": {"late": ["late"]}},
    "exchange": {"shown": 4},
    "policy": {
        "rules": [
            {"metric": "selection_rate", "limit": 0.2},
            {"metric": "flip_rate", "at_most": 0.1},
            {"metric": "selection_rate", "margin": 0.1},
        ]
    },
}


@cache
def finished(name: str) -> Path:
    """Audit once per process: a run, a second one that was compared with it, and a baseline file."""
    place = Path(mkdtemp(prefix="fairaudit-fuzz-"))
    (place / "rows.csv").write_text(rows_csv())
    texts = ["she told him that he was late .", "he was good", "she was late", "good bad late"]
    lines = [f"r{i},{texts[i * 7 % 4]},{'yes' if i % 3 else 'no'},{'ab'[i % 2]}" for i in range(ROWS)]
    (place / "texts.csv").write_text("\n".join(["id,t,y,g", *lines]) + "\n")
    tree = {"STORED": STORED, "SCORED": SCORED, "MODEL": MODEL}[name]
    if name == "MODEL":
        tree = tree | {"model": {"path": str(tiny())}}
    (place / "audit.yaml").write_text(yaml.safe_dump(tree))
    run = ["run", str(place / "audit.yaml"), "--quiet", "--out"]
    with contextlib.redirect_stdout(io.StringIO()):
        assert call([*run, str(place / "other")]) == 0
        assert call([*run, str(place / "run"), "--baseline", str(place / "other")]) == 0
        call(["gate", str(place / "run"), "--save-baseline", str(place / "baseline.json")])
    return place


def make(random: Random, place: Path) -> Example:
    """Draw a forged run folder, and a command to read it with."""
    source = finished(random.choice(["STORED", "SCORED", "MODEL"]))
    shutil.copytree(source, place, dirs_exist_ok=True)
    run, other, baseline = place / "run", place / "other", place / "baseline.json"
    plain = json.loads((run / "result.json").read_bytes())
    (run / "result.json").write_text(json.dumps(forge(plain, random)))
    sign(run)
    shown = AuditResult.model_validate(plain).flags.shown
    command = random.choice(
        [
            ["gate", str(run)],
            ["gate", str(run), "--baseline", str(baseline)],
            ["gate", str(other), "--baseline", str(run), "--out", str(place / "out")],
            ["gate", str(run), "--save-baseline", str(place / "saved.json")],
            ["report", str(run)],
            ["report", str(run)],
            ["compare", str(baseline), str(run)],
            ["compare", str(other), str(run)],
            ["explain", str(run), "--row", random.choice(["r1", "r99", *shown])],
            ["verify", str(run)],
        ]
    )
    keep = [other, baseline] + ([run] if command[0] in {"gate", "compare", "verify"} else [])
    return Example(command, keep, [])


def forge(tree: Any, random: Random) -> Any:
    """Change values in one to three places so that the schema still holds."""
    for _ in range(random.choice([1, 1, 2, 3])):
        known = places(tree)
        for _ in range(PATIENCE):
            holder, key = _anywhere(tree, known, random)
            before = holder[key]
            known_of_kind = [h[k] for h, k in random.sample(known, min(400, len(known))) if type(h[k]) is type(before)]
            undo = _change(holder, key, known_of_kind, random)
            if _fits(tree):
                break
            undo()
    return tree


def _anywhere(tree: Any, known: list[tuple[Any, Any]], random: Random) -> tuple[Any, Any]:
    """Draw a place; as often a short way down as among all of them, so that long lists do not take every draw."""
    if random.random() < 0.3:
        return random.choice(known)
    holder = tree
    key = random.choice(list(holder))
    while isinstance(holder[key], dict | list) and holder[key] and random.random() < 0.8:
        holder = holder[key]
        key = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    return holder, key


def _change(holder: Any, key: Any, alike: list[Any], random: Random) -> Callable[[], None]:
    """Change one value; return what undoes it."""
    before = json.dumps(holder)

    def undo() -> None:
        old = json.loads(before)
        holder.clear()
        holder.extend(old) if isinstance(holder, list) else holder.update(old)

    value = holder[key]
    if random.random() < 0.1:
        holder[key] = None
    elif isinstance(value, list) and value:
        at = random.randrange(len(value))
        holder[key] = random.choice(
            [[], value[:at] + value[at + 1 :], value[::-1], [*value, value[at]], value[:1], [*value, *value]]
        )
    elif isinstance(value, dict) and value:
        name = random.choice(list(value))
        rest = {k: v for k, v in value.items() if k != name}
        holder[key] = random.choice([{}, rest, {**rest, random.choice(["x", "yes", "g"]): value[name]}])
    elif isinstance(value, bool):
        holder[key] = not value
    elif isinstance(value, int | float):
        holder[key] = random.choice([0, -1, 1, -value, value + 1, value * 1000, 10**30, 0.5, 1e-300, 1e300, *alike[:3]])
    elif isinstance(value, str):
        holder[key] = random.choice(["", "x", value + "x", "\u202ea", "<b>", *alike[:12]])
    elif value is None:
        holder[key] = random.choice([0, -1, 0.5, "x", "g", [], ["x"], {}])
    return undo


def _fits(tree: Any) -> bool:
    try:
        AuditResult.model_validate_json(json.dumps(tree))
    except (ValueError, RecursionError):
        return False
    return True
