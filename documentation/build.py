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
        pages = stage(root / "en")
        shutil.move(root / "en" / CHINESE, root / CHINESE)
        for language in ("en", CHINESE):
            settings = (SETTINGS / f"{language}.toml").read_text(encoding="utf-8")
            own = [page for page in pages if page.startswith(f"{CHINESE}/") == (language == CHINESE)]
            named = with_the_rest(settings, [page.removeprefix(f"{CHINESE}/") for page in own])
            (root / f"{language}.toml").write_text(named, encoding="utf-8")
            _run(root, f"{language}.toml")
        shutil.rmtree(out, ignore_errors=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(root / "site", out)
        shutil.move(root / f"site-{CHINESE}", out / CHINESE)


def with_the_rest(settings: str, pages: list[str]) -> str:
    """Put pages that no menu names at the end of the menu, so that none can only be found by a search."""
    rest = "".join(f'    "{page}",\n' for page in pages if f'"{page}"' not in settings)
    if not rest:
        return settings
    return re.sub(r"(^nav = \[\n.*?)^\]", rf'\1  {{ "More" = [\n{rest}  ] }},\n]', settings, count=1, flags=re.M | re.S)


def _run(root: Path, settings: str) -> None:
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "--config-file", settings]
    quiet = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(command, cwd=root, env=quiet, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BuildError(re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr))
