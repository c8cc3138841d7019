"""Places on earth, exact to some hundred metres or better."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.personal.around import is_near
from audit.personal.found import Found

_NUMBER = r"[+\-−]?\d{1,3}\.\d{3,}"
_PAIR = re.compile(
    rf"(?<![\w.,])(?P<lat>{_NUMBER})(?P<mark>°?)\s?[,;/，]?\s?(?P<lon>{_NUMBER})°?(?!\w|[.,]\d)", re.ASCII
)
_SIDED = re.compile(
    r"(?<![\w.])(?P<lat>\d{1,2}(?:\.\d{2,})?)\s?°?\s?(?P<ns>[NS北南])[\s,;，]{0,2}(?P<lon>\d{1,3}(?:\.\d{2,})?)\s?°?\s?"
    r"(?P<ew>[EWO东西])(?![a-z])",
    re.ASCII,
)
_MINUTES = re.compile(
    r"(?<![\w.])(?P<lat>\d{1,2})\s?[°d]\s?(?P<latm>\d{1,2})(?:\.\d+)?\s?['′’](?:\s?(?P<lats>\d{1,2})(?:\.\d+)?\s?(?:[\"″”]|''|′′))?"
    r"\s?[NS北南][\s,;，]{0,3}"
    r"(?P<lon>\d{1,3})\s?[°d]\s?(?P<lonm>\d{1,2})(?:\.\d+)?\s?['′’](?:\s?(?P<lons>\d{1,2})(?:\.\d+)?\s?(?:[\"″”]|''|′′))?"
    r"\s?[EWO东西](?![a-z])",
    re.ASCII,
)
_NAMED = re.compile(
    r"(?<![A-Za-z])lat(?:itude)?\s?[:=]?\s?(?P<lat>[+\-−]?\d{1,2}\.\d{2,})[\s,;]{1,3}(?:and )?"
    r"(?:lon|lng|long)(?:gitude)?\s?[:=]?\s?(?P<lon>[+\-−]?\d{1,3}\.\d{2,})",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"\b(?:gps|geo|coordinates?|coords?|lat|latitude|location|located|position|pin|map|maps|waypoint|koordinaten|"
    r"standort|coordonn[ée]es|ubicaci[óo]n|lives? at)\b|坐标|定位|位置|经纬度",
    re.IGNORECASE,
)
_IN_A_ROW_BEFORE, _IN_A_ROW_AFTER = re.compile(r"\d[.,;]?\s{0,3}$"), re.compile(r"\s?[,;]?\s{0,3}[+\-−]?\d+\.\d")
#: Digits after the point that nobody writes of anything else: a place to the metre.
_EXACT = 5


def find(text: str) -> Iterator[Found]:
    """Yield pairs of latitude and longitude: in degrees to five places, or called so, or with sides of the compass."""
    for shape, rule in ((_NAMED, "named"), (_MINUTES, "minutes"), (_SIDED, "sided"), (_PAIR, "decimal")):
        for match in shape.finditer(text):
            if _is_on_earth(match) and (rule != "decimal" or _is_place(text, match)):
                yield Found(*match.span(), "coordinates", rule)


def _degrees(written: str) -> float:
    return abs(float(written.replace("−", "-")))


def _is_on_earth(match: re.Match[str]) -> bool:
    lat, lon = _degrees(match["lat"]), _degrees(match["lon"])
    parts = match.groupdict()
    fractions = [int(parts[name]) for name in ("latm", "lats", "lonm", "lons") if parts.get(name)]
    return lat <= 90 and lon <= 180 and all(part < 60 for part in fractions)


def _is_place(text: str, match: re.Match[str]) -> bool:
    lat, lon = match["lat"], match["lon"]
    if _IN_A_ROW_BEFORE.search(text, max(0, match.start() - 6), match.start()) or _IN_A_ROW_AFTER.match(
        text, match.end()
    ):
        return False  # three numbers are a row of numbers
    if max(_degrees(lat), _degrees(lon)) < 1:
        return False  # two small numbers with many digits are shares or errors
    exact = min(len(part.split(".")[1]) for part in (lat, lon)) >= _EXACT
    return exact or bool(match["mark"]) or is_near(_CALLED, text, *match.span())
