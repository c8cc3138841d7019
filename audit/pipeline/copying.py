"""A finished run folder in an object store: copied there with its manifest last, and read back whole or not at all.

A store has no step in which several files take each other's place. So the manifest is what tells: there is none while
files are on their way, and who finds one finds a whole audit, which every reader holds against it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pyarrow import fs

from audit.config.place import DataPath, is_address
from audit.data.stores import Store, StoredFile, reaching
from audit.errors import ConfigError, RunFolderError
from audit.store.files import make_folder
from audit.store.lock import held
from audit.store.manifest import FILES, MANIFEST, FileFact, read_manifest
from audit.store.runfolder import RunFolder
from audit.store.signatures import OTHERS, SSH

#: Bytes that are moved at once.
_BLOCK = 4 << 20


def copy_out(folder: RunFolder, address: str, *, overwrite: bool = False) -> list[str]:
    """Copy a finished run folder into a store.

    Parameters
    ----------
    address
        Of the folder that it becomes. What lies there and is no file of an audit stays.
    overwrite
        Replace a finished audit that lies there.

    Returns
    -------
    names
        Of the files, in the order in which they were written.

    Raises
    ------
    RunFolderError
        If the run folder is not what its audit wrote, another audit lies there, or the store takes less than it was
        given.
    DataError
        If the store cannot be reached.
    """
    store = Store.of(address)
    with held(folder.path):
        folder.check()
        manifest = _below(store, MANIFEST)
        if _is_there(manifest):
            if not overwrite:
                raise RunFolderError(
                    "holds a finished audit", where=store.address,
                    hint="--overwrite replaces it, or name another folder",
                )  # fmt: skip
            _remove(manifest)
        if isinstance(store.filesystem, fs.PyFileSystem):
            # Some have folders that must be made; in the stores of Arrow's own drivers, a name is enough.
            with _writing(store.address):
                store.filesystem.create_dir(store.inner, recursive=True)
        names = [path.name for path in _files(folder.path)]
        # Signatures too: one of the audit before does not sign this one.
        for name in [name for name, _ in store.below() if _belongs(name) and name not in names]:
            _remove(_below(store, name))
        facts = read_manifest(folder.path).files
        for name in [*names, MANIFEST]:
            _send(folder.path / name, facts.get(name), _below(store, name))
    return [*names, MANIFEST]


def copy_in(address: str, folder: Path) -> RunFolder:
    """Bring a finished run folder from a store to this machine.

    Parameters
    ----------
    folder
        That it becomes; there must be none, or an empty one.

    Raises
    ------
    RunFolderError
        If there is no finished audit, it is not what it was, or the folder holds something.
    DataError
        If the store cannot be reached.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise RunFolderError("is there already, and not empty", where=str(folder), hint="name another folder")
    store = Store.of(address)
    if not _is_there(_below(store, MANIFEST)):
        raise RunFolderError(
            "holds no finished audit", where=store.address,
            hint="audit copy puts one there; it writes manifest.json last",
        )  # fmt: skip
    make_folder(folder.parent)
    with TemporaryDirectory(prefix=".fairaudit-", dir=folder.parent) as temporary:
        whole = Path(temporary) / "run"
        whole.mkdir()
        for name, file in store.below():
            if _belongs(name):
                _receive(file, whole / name)
        try:
            RunFolder(whole).check()
        except RunFolderError as error:
            raise RunFolderError(error.problem, where=store.address, hint="copy it there again") from None
        whole.replace(folder)
    return RunFolder(folder)


def address_of(place: str) -> str:
    """Return an address that holds no secret.

    Raises
    ------
    ConfigError
        If it does; what it holds is not repeated.
    """
    try:
        return str(DataPath.of(place))
    except ValueError as error:
        raise ConfigError(str(error)) from None


@contextmanager
def at_hand(place: str) -> Iterator[RunFolder]:
    """Give a run folder that lies here; one of a store is brought for as long as the block runs."""
    if not is_address(place):
        yield RunFolder(Path(place))
        return
    with TemporaryDirectory(prefix="fairaudit-") as temporary:
        yield copy_in(address_of(place), Path(temporary) / "run")


def _files(folder: Path) -> list[Path]:
    """What belongs to a run, but for its manifest."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST and _belongs(path.name))


def _belongs(name: str) -> bool:
    """Whether a file is one that an audit may leave, or a signature of one; nothing else is copied."""
    return name in (*FILES, MANIFEST) or (name.endswith((SSH, *OTHERS)) and "/" not in name)


def _below(store: Store, name: str) -> StoredFile:
    return StoredFile(f"{store.address.rstrip('/')}/{name}", store.filesystem, f"{store.inner.rstrip('/')}/{name}")


def _is_there(file: StoredFile) -> bool:
    with reaching(file.address):
        return bool(file.filesystem.get_file_info(file.inner).type == fs.FileType.File)


def _remove(file: StoredFile) -> None:
    with _writing(file.address):
        file.filesystem.delete_file(file.inner)


def _send(source: Path, fact: FileFact | None, target: StoredFile) -> None:
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as stream, _writing(target.address):
        with target.filesystem.open_output_stream(target.inner) as out:
            while block := stream.read(_BLOCK):
                digest.update(block)
                size += len(block)
                out.write(block)
        arrived = target.filesystem.get_file_info(target.inner).size
    if arrived != size:
        raise RunFolderError(
            f"arrived with {arrived or 0:,} of its {size:,} bytes", where=target.address,
            hint="type the same command again",
        )  # fmt: skip
    if fact is not None and fact.sha256 != digest.hexdigest():
        raise RunFolderError("was changed while it was copied", where=str(source), hint="copy it again")


def _receive(source: StoredFile, target: Path) -> None:
    with target.open("xb") as out, reaching(source.address), source.open() as stream:
        while block := stream.read(_BLOCK):
            out.write(block)


@contextmanager
def _writing(address: str) -> Iterator[Any]:
    """Say where a store did not take what it was given."""
    try:
        yield
    except Exception as error:
        said = " ".join(str(error).split())[:300] or type(error).__name__
        raise RunFolderError(
            f"cannot be written: {said}", where=address,
            hint="may this account write there (credentials come from the environment), is the network up?",
        ) from error  # fmt: skip
