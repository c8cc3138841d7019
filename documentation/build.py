"""Building the site: gather pages, have Zensical write HTML of each language."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from documentation.stage import CHINESE, stage

SETTINGS = Path(__file__).parent


class BuildError(Exception):
    """Zensical found something wrong: a page that is not there, a link that leads nowhere."""


def build(out: Path) -> None:
    """Build the site into a folder, which is made anew.

    Parameters
    ----------
    out
        Folder of the site. The Chinese pages lie in `zh` within it.

    Raises
    ------
    BuildError
        If Zensical finds something wrong, with what it is and where.
    """
    with tempfile.TemporaryDirectory(prefix="fairaudit-site-") as folder:
        root = Path(folder)
        stage(root / "en")
        shutil.move(root / "en" / CHINESE, root / CHINESE)
        for language in ("en", CHINESE):
            shutil.copyfile(SETTINGS / f"{language}.toml", root / f"{language}.toml")
            _run(root, f"{language}.toml")
        shutil.rmtree(out, ignore_errors=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(root / "site", out)
        shutil.move(root / f"site-{CHINESE}", out / CHINESE)


def _run(root: Path, settings: str) -> None:
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "--config-file", settings]
    quiet = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(command, cwd=root, env=quiet, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BuildError(re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr))
