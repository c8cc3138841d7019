"""E-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.personal.found import Found

#: Signs that people have in their addresses; standards allow more, which programs write.
_WORD = r"[A-Za-z0-9_%+'-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(
    rf"(?<![\w.%+@/-]){_WORD}(?:\.{_WORD})*[@＠](?:{_LABEL}\.)+(?P<top>[A-Za-z]{{2,24}}|xn--[a-z0-9-]+)(?![\w@-])",
    re.ASCII,
)
_SPELT = re.compile(
    rf"(?<![\w.]){_WORD}(?:\.{_WORD})*\s?[(\[{{]\s?at\s?[)\]}}]\s?{_LABEL}"
    rf"(?:\s?(?:\.|[(\[{{]\s?dot\s?[)\]}}])\s?{_LABEL})*\s?(?:\.|[(\[{{]\s?dot\s?[)\]}}])\s?[A-Za-z]{{2,24}}(?![\w@])",
    re.IGNORECASE | re.ASCII,
)
#: Ends of names of files and packages, which are no top-level domains: picture@2x.png.
_FILES = frozenset(
    (
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "webp",
        "bmp",
        "css",
        "js",
        "json",
        "html",
        "htm",
        "xml",
        "yml",
        "yaml",
        "toml",
    )
    + ("lock", "txt", "pdf", "csv", "exe", "dll")
)
#: user@host:path is how a repository or a folder of another machine is written.
_REMOTE = re.compile(r":[~\w.][\w./~-]*/|:[~/]")


def find(text: str) -> Iterator[Found]:
    """Yield addresses: a local part, a domain, and a top-level domain of letters; also `name (at) host (dot) org`."""
    if "@" in text or "＠" in text:
        for match in _PLAIN.finditer(text):
            if match["top"].lower() not in _FILES and not _REMOTE.match(text, match.end()):
                yield Found(match.start(), match.end(), "email", "address")
    if re.search(r"[(\[{]\s?at\s?[)\]}]", text, re.IGNORECASE):
        for match in _SPELT.finditer(text):
            yield Found(match.start(), match.end(), "email", "spelt_address")
