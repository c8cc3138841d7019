"""Reading packs: those that come with the product, and those of installed packages."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from audit.config.nearest import nearest
from audit.config.reading import parse_yaml, refuse_broken_text
from audit.errors import ConfigError, some
from audit.frameworks.pack import Pack

#: Installed packages name a file, or a function that returns one, under this group.
ENTRY_POINTS = "fairaudit.frameworks"


def all_packs() -> dict[str, Pack]:
    """Read every pack, by id, in the order of their ids.

    Raises
    ------
    ConfigError
        With the file and the key that is wrong, or the id that two packs share.
    """
    found: dict[str, Pack] = {}
    for name, text in _sources():
        pack = parse_pack(text, name)
        if pack.id in found:
            raise ConfigError(f"a pack with the id {pack.id!r} is there already", where=name)
        found[pack.id] = pack
    return dict(sorted(found.items()))


def packs_of(ids: Iterable[str], where: str = "frameworks") -> list[Pack]:
    """Return the packs with these ids, each once, in this order.

    Parameters
    ----------
    where
        What errors call the place that names them.

    Raises
    ------
    ConfigError
        For an id that no pack has; it names the nearest.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    known = all_packs()
    for name in wanted:
        if name not in known:
            meant = nearest(name, known)
            raise ConfigError(
                f"there is no framework {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
                where=where,
                hint=f"`audit frameworks` lists them: {some(list(known), 20)}",
            )
    return [known[name] for name in wanted]


@cache  # one report goes through its packs several times
def parse_pack(text: str, where: str) -> Pack:
    """Check one pack given as YAML; unknown keys, evidence codes and fields are errors.

    Raises
    ------
    ConfigError
        With every key that is wrong.
    """
    raw = parse_yaml(text, where)
    refuse_broken_text(raw, where)
    if not isinstance(raw, dict):
        raise ConfigError("holds no keys", where=where, hint="docs/frameworks.md shows a pack")
    try:
        return Pack.model_validate(raw)
    except ValidationError as error:
        wrong = [
            f"{'.'.join(map(str, item['loc']))}: {item['msg'].removeprefix('Value error, ')}".removeprefix(": ")
            for item in error.errors(include_url=False)
        ]
        problem = wrong[0] if len(wrong) == 1 else "\n  ".join([f"{len(wrong)} problems", *wrong])
        raise ConfigError(problem, where=where, hint="docs/frameworks.md shows a pack") from None


def _sources() -> Iterable[tuple[str, str]]:
    """Name and text of every file, the built-in ones first."""
    for entry in sorted(files("audit.frameworks").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".yaml"):
            yield entry.name, entry.read_text(encoding="utf-8")
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name):
        named = point.load()
        paths = named() if callable(named) else named
        for path in map(Path, [paths] if isinstance(paths, str | Path) else paths):
            try:
                yield str(path), path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"cannot be read: {error}", where=f"{point.name} ({path})") from error
