"""`python -m release check | sbom | freeze`: one line for each thing that is held, and exit code 1 if one is wrong."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from release import installs, sbom, schemas, versions, wheels
from release.found import ROOT, Partly, Wrong


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
        steps += [(f"install {name}", _install(name, given.out)) for name in installs.VERSIONS]
    return run(steps, whole=given.what == "check" and versions.is_release())


def _install(version: str, out: Path) -> Callable[[], str]:
    def step() -> str:
        python = installs.interpreter(version)
        return Partly("no such interpreter here") if python is None else installs.check(python, out)

    return step


def run(steps: Sequence[tuple[str, Callable[[], str]]], *, whole: bool = False) -> int:
    """Go through all steps, whatever the ones before found.

    Parameters
    ----------
    whole
        Whether what could not be tried counts as wrong, as for a release.
    """
    wrong = partly = 0
    for name, step in steps:
        began = time.monotonic()
        try:
            said = step()
            mark = "PARTLY" if isinstance(said, Partly) else "ok"
            partly += mark == "PARTLY"
        except Wrong as error:
            said, mark = str(error), "WRONG"
            wrong += 1
        print(f"{mark:<6} {name:<14} {said} ({time.monotonic() - began:.0f} s)", flush=True)
    if partly and whole:
        print(f"WRONG  {'the release':<14} has to be tried whole: elsewhere, what could only be tried partly here")
    return 1 if wrong or (partly and whole) else 0


if __name__ == "__main__":
    sys.exit(main())
