"""Addresses of machines in the internet, version 4 and 6."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from audit.personal.around import is_called_version, is_near
from audit.personal.found import Found

_FOUR = re.compile(r"(?<![\w.:/-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d|\.\w)", re.ASCII)
_SIX = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])", re.ASCII
)
_SCHEME = re.compile(r"(?<=://)(?:\d{1,3}\.){3}\d{1,3}(?![\w.-])", re.ASCII)
_CALLED = re.compile(
    r"\b(?:ips?|ipv4|address|addresses|host|server|gateway|router|dns|ping|proxy|vpn|login|adresse|serveur)\b|地址|服务器",
    re.IGNORECASE,
)
#: Versions and sections have small numbers, addresses rarely four of them.
_SMALL = 32


def find(text: str) -> Iterator[Found]:
    """Yield addresses that may be somebody's: no loopback, no multicast, nothing reserved, no version number."""
    if text.count(".") >= 3:
        for shape in (_FOUR, _SCHEME):
            for match in shape.finditer(text):
                if _is_four(text, *match.span()):
                    yield Found(*match.span(), "ip_address", "ipv4")
    if text.count(":") >= 2:
        for match in _SIX.finditer(text):
            if _is_six(match.group()):
                yield Found(*match.span(), "ip_address", "ipv6")


def _is_four(text: str, start: int, end: int) -> bool:
    found = _parsed(text[start:end])
    if found is None or is_called_version(text, start):
        return False
    small = all(int(part) < _SMALL for part in text[start:end].split("."))
    return not small or is_near(_CALLED, text, start, end)


def _is_six(written: str) -> bool:
    """Whether it is an address and no time of the day and no name of a program (`abc::def`)."""
    first = written.split(":", 1)[0]
    is_plain = written.count(":") == 7 or (len(first) >= 3 and any(letter.isdigit() for letter in written))
    return is_plain and _parsed(written) is not None


def _parsed(written: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(written)
    except ValueError:
        return None
    nobodys = found.is_loopback or found.is_unspecified or found.is_multicast
    # Of version 6, what is not yet given out is reserved as well; of version 4, masks and broadcasts are.
    return None if nobodys or (found.version == 4 and (found.is_reserved or written.startswith("0."))) else found
