"""Long lists: their first items stand in the page, the rest in a data island from which the page makes them on demand.

An island holds trees of elements and texts, never markup: `page/lists.js` makes elements of them one by one, and puts
in text as text. It is compressed, as Plotly is; `unpack` reads one, and `texts` what a reader of all of them would see.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from markupsafe import Markup

from audit.text import visible

#: Items of a list that stand in the page.
FIRST = 10
#: An element as its name, its attributes and what is in it; a text as itself.
Node = str | list[Any]
#: Elements without an end.
VOID = frozenset({"img", "br", "hr", "input", "wbr", "source", "col"})
#: What drawings are made of, as `createElementNS` wants it: a parser of pages has no upper case.
CASED = {"viewbox": "viewBox", "preserveaspectratio": "preserveAspectRatio"}


@dataclass
class Island:
    """The rest of one list."""

    code: str
    items: list[Node] = field(default_factory=list)

    def add(self, html: Markup) -> Markup:
        """Keep an item that a template has drawn, and leave nothing in its place."""
        found = [node for node in tree(visible(html)) if not (isinstance(node, str) and not node.strip())]
        if len(found) != 1:
            raise ValueError(f"an item of the list {self.code!r} is one element, not {len(found)}")
        self.items += found
        return Markup()

    def packed(self) -> str:
        """Return the items for a data island."""
        plain = json.dumps(self.items, ensure_ascii=False, separators=(",", ":"))
        return base64.b64encode(gzip.compress(plain.encode("utf-8"), 9, mtime=0)).decode("ascii")


def tree(html: str) -> list[Node]:
    """Take markup apart into elements and texts."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if len(reader.open) != 1:
        raise ValueError(f"<{reader.open[-1][0]}> is not closed")
    nodes: list[Node] = reader.open[0][2:]
    return nodes


def unpack(packed: str) -> list[Node]:
    """Read an island."""
    items: list[Node] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return items


def texts(page: str) -> list[str]:
    """Return all text that stands in the islands of a page, item by item, for those who search a page for it."""
    found = re.findall(r'<script type="text/plain" class="island"[^>]*>([^<]*)</script>', page)
    return ["".join(_words(item)) for packed in found for item in unpack(packed)]


def _words(node: Node) -> list[str]:
    if isinstance(node, str):
        return [node]
    return [*node[1].values(), *(word for part in node[2:] for word in _words(part))]


class _Reader(HTMLParser):
    """Builds the tree; `open` holds the elements that are not closed, in a root without a name."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[list[Any]] = [["", {}]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element: list[Any] = [tag, {CASED.get(name, name): value or "" for name, value in attrs}]
        self.open[-1].append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].append([tag, {CASED.get(name, name): value or "" for name, value in attrs}])

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.open[-1][0] != tag:
            raise ValueError(f"</{tag}> closes <{self.open[-1][0]}>")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        inside = self.open[-1]
        if len(inside) > 2 and isinstance(inside[-1], str):
            inside[-1] += data
        else:
            inside.append(data)
