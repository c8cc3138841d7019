"""A function of the user's own: found, imported, hashed with all that it brought along, and called behind a curtain.

Its module is looked for beside the configuration file first, and then where Python looks. What was imported from there,
or from the package it is part of, is hashed, so that nothing decides that the result does not vouch for.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from audit.config import ModelConfig
from audit.errors import ConfigError, ModelError, some
from audit.models.checkpoint import said
from audit.models.config_only import size_of

#: Modules that earlier functions of this process brought along, by name: another configuration has others of that name.
_BROUGHT: dict[str, Path] = {}
#: Where installed packages lie: what is there has a version, and is not hashed unless it is the function's own.
_INSTALLED = {"site-packages", "dist-packages"}
#: More files than a model has: the folder is something else.
MOST_FILES = 10_000


@dataclass
class OwnFunction:
    """A function, and the files that it is made of.

    Attributes
    ----------
    name
        As the configuration has it: `package.module:function`.
    folder
        Of the configuration file.
    module
        The module that it is in.
    declared
        Files that it is said to read.
    brought
        Modules that came with it from beside the configuration, and their files.
    sha256
        Over its name, and over names and contents of all its files; None until `settle`.
    """

    name: str
    function: Callable[..., Any]
    folder: Path
    module: ModuleType
    declared: tuple[Path, ...]
    brought: dict[str, Path]
    sha256: str | None = None

    def __post_init__(self) -> None:
        self._known = len(sys.modules)
        self._state = {name: _state(file) for name, file in self.files()}

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Call it; what it prints is dropped, since standard output is ours.

        Raises
        ------
        Exception
            As the function does; one that wants to end the process has failed.
        """
        with importing_from(self.folder), silent():
            try:
                return self.function(*given, **named)
            except SystemExit as error:
                raise RuntimeError(f"it called sys.exit({error.code!r})") from None
            finally:
                if len(sys.modules) != self._known:
                    self._notice()

    def files(self) -> list[tuple[str, Path]]:
        """Name all files that it is made of by now, in a fixed order."""
        package = self.module.__name__.partition(".")[0]
        loaded = {
            name: file
            for name, module in list(sys.modules.items())
            if name == package or name.startswith(f"{package}.")
            if (file := _file_of(module)) is not None
        }
        declared = [(f"file {_shown(file, self.folder)}", file) for file in self.declared]
        return sorted([*((f"module {name}", file) for name, file in (self.brought | loaded).items()), *declared])

    def settle(self) -> str:
        """Hash it, once it was tried: modules may come with the first call, and none may come any more.

        Raises
        ------
        ModelError
            If a file was written to meanwhile.
        """
        files = self.files()
        if changed := [name for name, file in files if self._state.get(name, _state(file)) != _state(file)]:
            raise ModelError(f"was changed while it was being loaded: {some(changed, 4)}", where=self.name)
        digest = hashlib.sha256(self.name.encode())
        for name, file in files:
            digest.update(b"\0" + name.encode(errors="surrogateescape") + b"\0")
            with file.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
        self.sha256 = digest.hexdigest()
        return self.sha256

    def _notice(self) -> None:
        """Take note of modules that a call brought along.

        Raises
        ------
        ModelError
            If that is after it was hashed.
        """
        new = brought_from(self.folder, set(self.brought))
        self._known = len(sys.modules)
        if new and self.sha256 is not None:
            raise ModelError(
                f"imported {some(sorted(new), 4)} after it was hashed, so that the result does not vouch for it",
                where=self.name, hint="import it at the head of the module",
            )  # fmt: skip
        self.brought.update(new)
        self._state |= {f"module {name}": _state(file) for name, file in new.items()}


def import_function(config: ModelConfig) -> OwnFunction:
    """Import the function that decides, or builds what decides, with the files that it is said to read.

    Raises
    ------
    ConfigError, ModelError
        As `import_named`, or if a file that it reads is not there.
    """
    key = "model.callable" if config.callable else "model.factory"
    return import_named(config.function or "", key, config.folder, _declared(config))


def import_named(named: str, key: str, folder: Path, declared: tuple[Path, ...] = ()) -> OwnFunction:
    """Import a function that the configuration names.

    Parameters
    ----------
    named
        `package.module:function`.
    key
        Where the configuration names it.
    folder
        Of the configuration file: modules are looked for there first.
    declared
        Files that it is said to read.

    Raises
    ------
    ConfigError, ModelError
        If there is no such module or function, or it cannot be imported.
    """
    name, _, path = named.partition(":")
    _forget()
    _check_name(name, folder, key)
    before = set(sys.modules)
    try:
        with importing_from(folder), silent():
            importlib.invalidate_caches()
            module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise ConfigError(
                f"there is no module {error.name!r}, neither beside the configuration nor installed", where=key,
                hint=f"looked in {str(folder.resolve())!r} first",
            ) from None  # fmt: skip
        raise ModelError(
            f"importing {name} failed: it needs the package {error.name}", where=key, hint=f"install {error.name}"
        ) from error
    except (Exception, SystemExit) as error:
        raise ModelError(f"importing {name} failed: {said(error)}", where=key) from error
    finally:
        brought = brought_from(folder, before)
    if _file_of(module) is None:
        raise ConfigError(f"the module {name!r} has no file that could be hashed", where=key)
    found: Any = module
    for part in path.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        what = "names nothing in it" if found is None else f"is a {type(found).__name__}, not a function"
        raise ConfigError(f"{path!r} {what}: {name} is {str(_file_of(module))!r}", where=key)
    return OwnFunction(named, found, folder, module, declared, brought)


def brought_from(folder: Path, before: set[str]) -> dict[str, Path]:
    """Name the modules that were imported from a folder, beside some that are known, and remember them."""
    new = {
        name: file
        for name, module in list(sys.modules.items())
        if name not in before and (file := _file_of(module)) is not None and _beside(name, file, folder)
    }
    _BROUGHT.update(new)
    return new


@contextlib.contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """Look for modules in a folder first, for a while, and leave no compiled files behind."""
    before, place = sys.dont_write_bytecode, str(folder.resolve())
    sys.dont_write_bytecode = True
    sys.path.insert(0, place)
    try:
        yield
    finally:
        sys.dont_write_bytecode = before
        with contextlib.suppress(ValueError):
            sys.path.remove(place)


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Drop what is written to standard output for a while, whether by Python or by what it calls."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:  # there is none
        kept = -1
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        if kept >= 0:
            os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            if kept >= 0:
                os.dup2(kept, 1)
                os.close(kept)


def _forget() -> None:
    """Let go of what earlier functions brought along: a module of the same name may lie beside this configuration."""
    for name in list(_BROUGHT):
        module = sys.modules.get(name)
        if module is not None and _file_of(module) == _BROUGHT[name]:
            del sys.modules[name]
        del _BROUGHT[name]


def _check_name(name: str, folder: Path, key: str) -> None:
    """Refuse a file beside the configuration that is called like a module which is something else already."""
    top = name.partition(".")[0]
    here = [place for place in (folder / f"{top}.py", folder / top / "__init__.py") if place.is_file()]
    loaded = sys.modules.get(top)
    taken = top in sys.stdlib_module_names or (
        loaded is not None and (file := _file_of(loaded)) is not None and file not in [p.resolve() for p in here]
    )
    if here and taken:
        raise ConfigError(
            f"{here[0].name!r} beside the configuration is called like a module of Python, or one that is loaded",
            where=key, hint="give it another name",
        )  # fmt: skip


def _declared(config: ModelConfig) -> tuple[Path, ...]:
    """List the files that the configuration says the function reads."""
    if not config.has_path:
        return ()
    where = str(config.path)
    if config.path.is_dir():
        files = [file for file in sorted(config.path.rglob("*")) if size_of(file, where) is not None]
        if len(files) > MOST_FILES:
            raise ModelError(f"holds more than {MOST_FILES:,} files", where=where, hint="name the files alone")
        return tuple(files)
    if size_of(config.path, where) is None:
        raise ModelError("no such file or folder", where=where, hint="model.path names what the function reads")
    return (config.path,)


def _file_of(module: ModuleType) -> Path | None:
    file = getattr(module, "__file__", None)
    # What names no whole path was made, not read: `torch.ops` calls itself _ops.py.
    return Path(file).resolve() if isinstance(file, str) and Path(file).is_absolute() else None


def _beside(name: str, file: Path, folder: Path) -> bool:
    """Whether a file lies beside the configuration, and is not of Python, an installed package or of this tool."""
    top = name.partition(".")[0]
    ours = top in sys.stdlib_module_names or top in {"__main__", "__mp_main__", "audit"}
    return not ours and file.is_relative_to(folder.resolve()) and not _INSTALLED & set(file.parts)


def _state(file: Path) -> tuple[int, int, int]:
    """Return what changes when a file is written to or exchanged."""
    found = file.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _shown(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
