"""Gathering the pages of the site in one folder, with links that hold there.

Pages are read on the web where the repository shows them and on the site. A link of a page is therefore one that holds
in the repository; here those that lead out of `docs/` are turned to where the site keeps the file.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from documentation.reference import pages as reference_pages

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
#: Pages of the repository that the site shows too: where they stand -> where the site has them.
BESIDE = {
    "README.md": "project/readme.md",
    "CHANGELOG.md": "project/changes.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "sample_data/DATASHEET.md": "samples/applications.md",
    "sample_data/lesions/DATASHEET.md": "samples/pictures.md",
    "sample_data/loans/DATASHEET.md": "samples/loans.md",
}
#: The folder of the Chinese pages, which are a site of their own with menus in Chinese.
CHINESE = "zh"
LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2[ \t]*$", re.M | re.S)


def stage(folder: Path) -> list[str]:
    """Write every page of both languages below a folder, with the files that they lead to.

    Returns
    -------
    The places of all pages, below the folder.
    """
    written: list[str] = []
    for source in sorted(DOCS.rglob("*")):
        if source.is_dir():
            continue
        place = source.relative_to(DOCS)
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            target.write_text(_turned(source, place.as_posix(), folder), encoding="utf-8")
            written.append(place.as_posix())
        else:
            shutil.copyfile(source, target)
    for name, place in BESIDE.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_turned(ROOT / name, place, folder), encoding="utf-8")
        written.append(place)
    generated = reference_pages() | {"examples/all.md": _examples()}
    for place, text in generated.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return [*written, *generated]


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """Change a page, but not what stands in its blocks of code."""
    parts, start = [], 0
    for fence in FENCE.finditer(text):
        parts += [change(text[start : fence.start()]), fence[0]]
        start = fence.end()
    return "".join([*parts, change(text[start:])])


def _turned(source: Path, place: str, folder: Path) -> str:
    """The text of a page whose links hold on the site."""

    def turn(link: re.Match[str]) -> str:
        if "://" in link[2] or link[2].startswith("mailto:"):
            return link[0]
        target = PurePosixPath(_on_the_site((source.parent / link[2]).resolve(), folder))
        if (target.parts[0] == CHINESE) != place.startswith(f"{CHINESE}/") and target.suffix == ".md":
            target = target.with_suffix(".html")  # the two languages are built apart: a page of the other is a file
        relative = os.path.relpath(target, PurePosixPath(place).parent)
        return link[1] + Path(relative).as_posix() + link[3]

    return outside_fences(source.read_text(encoding="utf-8"), lambda text: LINK.sub(turn, text))


def _on_the_site(target: Path, folder: Path) -> str:
    """Where the site has what a link leads to; a file that it does not show is put beside the pages."""
    if target.is_relative_to(DOCS):
        place = target.relative_to(DOCS).as_posix()
        return f"{place}/all.md" if target.is_dir() else place
    name = target.relative_to(ROOT).as_posix()
    if name in BESIDE:
        return BESIDE[name]
    place = f"files/{name}"
    if target.is_file():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(target, folder / place)
    return place


def _examples() -> str:
    """The page of the examples: what each file says of itself, and the file."""
    return "\n\n".join(["# Whole configurations", *(_example(path) for path in sorted(DOCS.glob("examples/*.yaml")))])


def _example(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return f"## {path.name}\n\n[The file]({path.name}).\n\n```yaml\n{text.rstrip()}\n```"


def headings(text: str) -> Iterator[str]:
    """Headings of a page, without what stands in blocks of code."""
    yield from re.findall(r"^#+ (.+)$", outside_fences(text, str).replace("\r", ""), flags=re.M)
