"""Run folders: a finished audit changed by somebody, then judged, rendered, compared, verified, explained."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import yaml

from audit.cli import call
from tests.fuzz.configurations import BASE, PARTS, merged, rows_csv
from tests.fuzz.odd import damage_bytes, damage_tree, odd
from tests.fuzz.outcome import Example


@cache
def finished() -> Path:
    """Audit once per process: a configuration, its data, a run and a baseline file."""
    place = Path(mkdtemp(prefix="fairaudit-fuzz-"))
    (place / "rows.csv").write_text(rows_csv())
    tree = merged(merged(BASE, PARTS[1]), PARTS[10])
    (place / "audit.yaml").write_text(yaml.safe_dump(tree))
    with contextlib.redirect_stdout(io.StringIO()):
        assert call(["run", str(place / "audit.yaml"), "--out", str(place / "run"), "--quiet"]) == 0
        call(["gate", str(place / "run"), "--save-baseline", str(place / "baseline.json")])
    shutil.copytree(place / "run", place / "other")
    return place


def make(random: Random, place: Path) -> Example:
    """Draw a changed run folder, and a command to read it with."""
    shutil.copytree(finished(), place, dirs_exist_ok=True)
    run, config, baseline = place / "run", place / "audit.yaml", place / "baseline.json"
    (place / "precious").write_text("keep me")
    for _ in range(random.choice([0, 1, 1, 2])):
        _change(run, place, random)
    if random.random() < 0.2:
        body = baseline.read_bytes()
        if random.random() < 0.5:
            baseline.write_text(json.dumps(damage_tree(json.loads(body), random)))
        else:
            baseline.write_bytes(damage_bytes(body, random))
    command = random.choice(
        [
            ["gate", str(run)],
            ["gate", str(run), "--baseline", str(baseline)],
            ["gate", str(run), "--baseline", str(place / "other"), "--out", str(place / "out")],
            ["gate", str(place / "other"), "--baseline", str(run)],
            ["report", str(run)],
            ["report", str(run), "--format", random.choice(["html", "md", "csv", "junit", "sarif"])],
            ["compare", str(baseline), str(run)],
            ["compare", str(run), str(place / "other"), "--format", "json"],
            ["explain", str(run), "--row", random.choice(["r1", "r99", "", "a/b"])],
            ["verify", str(run)],
            ["run", str(config), "--out", str(run), "--resume", "--quiet"],
            ["run", str(config), "--out", str(run), "--overwrite", "--quiet"],
        ]
    )
    keep = [place / "precious", place / "rows.csv", config, baseline, place / "other"]
    if command[0] in {"gate", "compare", "verify"}:
        keep.append(run)
    return Example(command, keep, [run] if command[0] in {"run", "report"} else [])


def _change(run: Path, place: Path, random: Random) -> None:
    files = sorted(path for path in run.iterdir() if path.is_file())
    heavy = [path for path in files if path.name in {"result.json", "manifest.json", "decisions.parquet"}]
    path = random.choice([*files, *heavy])
    kind = random.randrange(9)
    if kind == 0:
        path.unlink()
    elif kind == 1:
        path.unlink()
        path.symlink_to(random.choice([place / "precious", run, place / "nowhere"]))
    elif kind == 2:
        path.unlink()
        path.mkdir()
    elif kind == 3:
        (run / random.choice(["inputs.parquet", "attributions.parquet", "counterfactuals.parquet"])).write_bytes(
            b"PAR1"
        )
    elif kind == 4:
        work = run / ".work"
        if random.random() < 0.3:
            if not os.path.lexists(work):
                work.symlink_to(place / "other")
        else:
            work.mkdir(exist_ok=True)
            (work / random.choice(["state.json", "whole", "new"])).write_text(
                random.choice(["", "{}", "[", '{"data": "x"}'])
            )
    elif kind >= 6 and path.suffix == ".json":
        with contextlib.suppress(ValueError):
            path.write_text(json.dumps(damage_tree(json.loads(path.read_bytes()), random)))
    elif kind == 5:
        path.write_text(json.dumps(odd(random)))
    else:
        path.write_bytes(damage_bytes(path.read_bytes(), random))
    if random.random() < 0.3:
        sign(run)


def sign(run: Path) -> None:
    """Hash everything anew, as somebody who wants to hide a change would."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        manifest = json.loads((run / "manifest.json").read_text())
        for name in manifest["files"]:
            body = (run / name).read_bytes()
            manifest["files"][name] = {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
        (run / "manifest.json").write_text(json.dumps(manifest))
