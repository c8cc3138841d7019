"""Files in YAML, read so that a country code stays a country code.

Plain scalars are read by the JSON schema of YAML 1.2, a little wider: `true` and `false`, `null`, numbers as people
write them. Everything else is text: NO, yes, 12:30, 0x1F, 007, 2026-01-31. (YAML 1.1 reads these as false, true, 750,
31, 7 and a day, so that a class or group silently means something else.) A key that stands twice is an error, and so
is a file that is nested too deeply, or that grows beyond `MOST_NODES` values once its aliases are written out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import yaml

from audit.config.spelling import as_label
from audit.errors import ConfigError

MOST_BYTES = 4 << 20
MOST_NODES = 200_000
MOST_DEPTH = 100

_TAG = "tag:yaml.org,2002:"
_RESOLVED = (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("merge", r"<<", "<"),
)


class _Loader(yaml.SafeLoader):
    """What this product takes for YAML."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]


for _name, _pattern, _first in _RESOLVED:
    # An empty scalar has no first character, which PyYAML calls "".
    _Loader.add_implicit_resolver(
        _TAG + _name, re.compile(f"^(?:{_pattern})$"), ["" if c == "\0" else c for c in _first]
    )


def _int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    """Read in base 10; YAML 1.1 has it that 010 is 8 and 1:30 is 90."""
    return int(loader.construct_scalar(node))


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    return float(re.sub(r"\.(inf|nan)$", r"\1", loader.construct_scalar(node).lower()))


_Loader.add_constructor(_TAG + "int", _int)
_Loader.add_constructor(_TAG + "float", _float)


class _TextLoader(_Loader):
    """All scalars are text."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]


def read_yaml(path: Path) -> Any:
    """Read a YAML file as plain data.

    Raises
    ------
    ConfigError
        With file, line and column.
    """
    try:
        if path.is_fifo():
            raise ConfigError("is a pipe, not a file", where=str(path), hint="it is read more than once: save it first")
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError("no such file", where=str(path)) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    if len(raw) > MOST_BYTES:
        raise ConfigError(f"is larger than {MOST_BYTES >> 20} MiB, which no configuration is", where=str(path))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 text: byte {error.start + 1:,} is {raw[error.start]:#04x}"
        raise ConfigError(problem, where=str(path), hint="save it as UTF-8") from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, where: str, *, only_text: bool = False) -> Any:
    """Read YAML as plain data.

    Parameters
    ----------
    where
        What errors call it.
    only_text
        Leave every scalar as the text that it is.

    Raises
    ------
    ConfigError
        With line and column.
    """
    loader: _Loader | None = None
    try:
        # Making one already looks for characters that YAML forbids.
        loader = (_TextLoader if only_text else _Loader)(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _check(loader, node, where)
        data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise ConfigError(_told(error), where=where) from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"cannot be read as YAML: {error}", where=where) from None
    except (AttributeError, KeyError, IndexError, TypeError):
        # What the constructors of tags raise over a value that is none of theirs: !!bool maybe, !!timestamp soon.
        raise ConfigError(
            "cannot be read as YAML: a tag (!!) does not fit its value",
            where=where,
            hint="write the value without a tag",
        ) from None
    except RecursionError:
        raise ConfigError(f"is nested more than {MOST_DEPTH} levels deep", where=where) from None
    finally:
        if loader is not None:
            loader.dispose()
    return data


def _told(error: yaml.MarkedYAMLError) -> str:
    at = error.problem_mark or error.context_mark
    place = f"line {at.line + 1}, column {at.column + 1}: " if at else ""
    said = ", ".join(part for part in (error.problem, error.context) if part)
    return f"cannot be read as YAML: {place}{said}"


def _check(loader: _Loader, root: yaml.Node, where: str) -> None:
    """Refuse keys that stand twice, and what grows without bound once aliases and merge keys are written out."""
    sizes: dict[int, int] = {}
    inside: set[int] = set()

    def size(node: yaml.Node, depth: int) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        place = f"line {node.start_mark.line + 1}: "
        if id(node) in inside:
            raise ConfigError(f"{place}an alias stands within what it names", where=where)
        if depth > MOST_DEPTH:
            raise ConfigError(f"{place}nested more than {MOST_DEPTH} levels deep", where=where)
        inside.add(id(node))
        total = 1
        if isinstance(node, yaml.MappingNode):
            _refuse_twice(loader, node, where)
            total += sum(size(part, depth + 1) for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            total += sum(size(part, depth + 1) for part in node.value)
        inside.discard(id(node))
        if total > MOST_NODES:
            raise ConfigError(f"{place}holds over {MOST_NODES:,} values once its aliases are written out", where=where)
        sizes[id(node)] = total
        return total

    size(root, 0)


def _refuse_twice(loader: _Loader, node: yaml.MappingNode, where: str) -> None:
    seen: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigError(f"line {line}: a list or a mapping cannot be a key", where=where)
        # Spelled as labels are: 0 and 0.0 are one key of a map of labels.
        name = as_label(loader.construct_object(key)) if key.tag != _TAG + "merge" else "<<"
        if name in seen:
            raise ConfigError(f"line {line}: the key {name!r} stands twice, first in line {seen[name]}", where=where)
        seen[name] = line


def refuse_broken_text(data: Any, where: str, key: str = "") -> None:
    """Refuse half characters (lone surrogates), which no file in UTF-8 can hold, anywhere in plain data.

    Raises
    ------
    ConfigError
        With the key.
    """
    if isinstance(data, str):
        try:
            data.encode()
        except UnicodeEncodeError as error:
            problem = f"{key or 'a key'}: character {error.start + 1} is half a character (a lone surrogate)"
            raise ConfigError(problem, where=where, hint="write the character itself, in UTF-8") from None
    elif isinstance(data, dict):
        for name, value in data.items():
            refuse_broken_text(name, where, key)
            refuse_broken_text(value, where, f"{key}.{name}" if key else str(name))
    elif isinstance(data, list | tuple):
        for number, value in enumerate(data):
            refuse_broken_text(value, where, f"{key}.{number}")
