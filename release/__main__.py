"""`python -m release check | sbom | freeze`: one line for each thing that is held, and exit code 1 if one is wrong."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from release import installs, sbom, schemas, versions, wheels
from release.found import ROOT, Wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    parser.add_argument("what", choices=["check", "sbom", "freeze"])
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="where wheel, sdist and SBOM are left")
    parser.add_argument("--no-install", action="store_true", help="leave out clean environments, which need an index")
    given = parser.parse_args(arguments)
    if given.what == "freeze":
        print(f"published schemas are kept in {schemas.freeze()}")
        return 0
    steps: list[tuple[str, Callable[[], str]]] = []
    if given.what == "check":
        steps += [
            ("versions", versions.check),
            ("schemas", schemas.check),
            ("wheel", lambda: wheels.check(given.out)),
        ]
    steps.append(("sbom", lambda: sbom.check(given.out)))
    if given.what == "check" and not given.no_install:
        steps += [
            (f"install {name}", lambda python=python: installs.check(python, given.out))  # type: ignore[misc]
            for name, python in installs.interpreters().items()
        ]
    return run(steps)


def run(steps: Sequence[tuple[str, Callable[[], str]]]) -> int:
    """Go through all steps, whatever the ones before found."""
    wrong = 0
    for name, step in steps:
        began = time.monotonic()
        try:
            said, mark = step(), "ok"
        except Wrong as error:
            said, mark = str(error), "WRONG"
            wrong += 1
        print(f"{mark:<6} {name:<14} {said} ({time.monotonic() - began:.0f} s)", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
