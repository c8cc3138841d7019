"""Blocks of code of a page: their language, title and text."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```[ \t]*$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """One block of code.

    Attributes
    ----------
    title
        What file it is, where the page says so.
    line
        Where it stands, from 1.
    """

    language: str
    title: str | None
    text: str
    line: int

    @property
    def commands(self) -> list[Command]:
        """Commands of a console block, each with what it is shown to print."""
        found: list[Command] = []
        for line in re.sub(r"\\\n\s*", "", self.text).splitlines():
            if line.startswith("$ "):
                found.append(Command(line.removeprefix("$ "), []))
            elif found and line.strip():
                found[-1].shown.append(line)
        return found


@dataclass(frozen=True)
class Command:
    """One command, and the lines beneath it."""

    line: str
    shown: list[str]

    @property
    def words(self) -> list[str]:
        """The command without its comment, in words as a shell makes them."""
        return shlex.split(self.line, comments=True)


def blocks(page: Path) -> list[Block]:
    """Read the blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        language, _, rest = match["info"].strip().partition(" ")
        title = re.search(r'title="([^"]+)"', rest)
        inside = re.sub(rf"^{match['indent']}", "", match["text"], flags=re.M)
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(language, title and title[1], inside, line))
    return found
