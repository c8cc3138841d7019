"""`python -m documentation`: build the site into a folder, and hold its links; what `make docs` does."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from documentation.build import BuildError, build
from documentation.links import broken

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/site"), help="default: %(default)s")
    out = parser.parse_args().out
    try:
        build(out)
    except BuildError as found:
        sys.exit(str(found))
    if wrong := broken(out):
        sys.exit("\n".join([*wrong, f"{len(wrong)} links are wrong"]))
    sys.stdout.write(f"The site: {out / 'index.html'}\n")
