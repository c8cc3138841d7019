"""Which files of a checkpoint folder will be loaded, and that nothing else can be.

transformers decides by itself which file it opens. This says beforehand which ones these are, refuses folders from
which it would open anything else (files outside, pipes, pickles), and hashes what it will open.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from audit.config import ModelConfig
from audit.errors import ModelError, some
from audit.models.config_only import read_config, read_json, size_of

#: What makes a folder one of an adapter (PEFT).
ADAPTER = "adapter_config.json"
#: More entries than any checkpoint has: the folder is something else.
MOST_ENTRIES = 10_000
_LFS = b"version https://git-lfs"
#: What holds weights, or what a tokenizer is made from, and is kept by Git LFS.
_LOADED = (".json", ".model", ".txt", ".safetensors")
_DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}


@dataclass(frozen=True)
class StoredWeight:
    """What a weights file says of one tensor before it is read."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        size = 1
        for extent in self.shape:
            size *= extent
        return size


@dataclass(frozen=True)
class CheckpointFolder:
    """A checkpoint folder that was looked through.

    Attributes
    ----------
    config
        What `config.json` holds; of an adapter, `adapter_config.json`.
    weights
        The files that weights are read from.
    files
        All files that can be read: what the hash is over.
    """

    path: Path
    config: dict[str, Any]
    weights: tuple[Path, ...]
    files: tuple[Path, ...]

    def stored(self) -> dict[str, StoredWeight]:
        """Read names, precision and shapes of the stored tensors; nothing of pickles.

        Raises
        ------
        ModelError
            If a file is damaged, or shorter than it says.
        """
        found: dict[str, StoredWeight] = {}
        for file in self.weights:
            if file.suffix != ".safetensors":
                continue
            try:
                with safe_open(file, framework="numpy") as opened:
                    for name in opened.keys():  # noqa: SIM118
                        part = opened.get_slice(name)
                        found[name] = StoredWeight(part.get_dtype(), tuple(part.get_shape()))
            except (SafetensorError, OSError, ValueError) as error:
                raise ModelError(
                    f"{self._name(file)} is damaged or cut short: {error}",
                    where=str(self.path),
                    hint="copy or download it again",
                ) from None
        return found

    def sha256(self) -> str:
        """Hash all files that can be read, with their names, in a fixed order."""
        digest = hashlib.sha256()
        for file in self.files:
            digest.update(self._name(file).encode(errors="surrogateescape") + b"\0")
            with file.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()

    def state(self) -> tuple[tuple[int, int, int], ...]:
        """Return what changes when a file is written to or exchanged."""
        stats = [file.stat() for file in self.files]
        return tuple((found.st_ino, found.st_size, found.st_mtime_ns) for found in stats)

    def _name(self, file: Path) -> str:
        return file.relative_to(self.path).as_posix()


def stored_dtype(stored: dict[str, StoredWeight]) -> str:
    """Name the precision that most weights are stored in."""
    counts: Counter[str] = Counter()
    for weight in stored.values():
        counts[weight.dtype] += weight.size
    commonest = counts.most_common(1)[0][0] if counts else "unknown"
    return _DTYPES.get(commonest, commonest)


def look_through(config: ModelConfig) -> CheckpointFolder:
    """Look through a checkpoint folder without reading weights.

    Raises
    ------
    ModelError
        If a file that would be loaded is missing, special, outside the folder, or only stands for another one.
    """
    described = read_config(config.path)
    return _looked_through(config, described, lambda: _weights(config, described))


def look_through_adapter(config: ModelConfig) -> CheckpointFolder:
    """Look through a folder that holds an adapter, as `look_through` does one that holds a model."""
    described = read_json(config.path, ADAPTER)
    if described is None:
        raise ModelError(f"holds no {ADAPTER}", where=str(config.path))
    return _looked_through(config, described, lambda: _adapter_weights(config))


def _looked_through(
    config: ModelConfig, described: dict[str, Any], weights_of: Callable[[], list[Path]]
) -> CheckpointFolder:
    where = str(config.path)
    entries = sorted(os.scandir(config.path), key=lambda entry: entry.name)[: MOST_ENTRIES + 1]
    if len(entries) > MOST_ENTRIES:
        raise ModelError(f"holds more than {MOST_ENTRIES:,} entries, so it is no checkpoint", where=where)
    files = []
    for entry in entries:
        file = config.path / entry.name
        if size_of(file, where) is not None:
            _stays_inside(config.path, file)
            files.append(file)
    if config.allow_remote_code:
        files += [file for file in sorted(config.path.rglob("*.py")) if size_of(file, where) is not None]
    weights = weights_of()
    for file in dict.fromkeys([*weights, *files]):
        if file.suffix in _LOADED and file.stat().st_size < 1024 and file.read_bytes().startswith(_LFS):
            raise ModelError(
                f"{file.relative_to(config.path)} only points to a file that Git LFS keeps elsewhere",
                where=where,
                hint="run `git lfs pull` where the folder was cloned",
            )
    return CheckpointFolder(config.path, described, tuple(weights), tuple(sorted(dict.fromkeys([*files, *weights]))))


def _weights(config: ModelConfig, described: dict[str, Any]) -> list[Path]:
    """Name the files that weights will be read from, as transformers chooses them."""
    path, where = config.path, str(config.path)
    named = described.get("transformers_weights")
    if named is not None and not isinstance(named, str):
        raise ModelError("config.json: transformers_weights is not a file name", where=where)
    choices = [named] if named else ["model.safetensors", "model.safetensors.index.json"]
    if config.allow_pickle and not named:
        choices += ["pytorch_model.bin", "pytorch_model.bin.index.json"]
    for name in choices:
        if size_of(_inside(path, name, "config.json"), where) is not None:
            return _shards(path, name) if name.endswith(".index.json") else [path / name]
    if named:
        raise ModelError(f"config.json names weights {named!r}, which are not there", where=where)
    pickled = sorted(file.name for kind in ("*.bin", "*.pt", "*.pth") for file in path.glob(kind))
    other = sorted(file.name for file in path.glob("*.safetensors"))
    if pickled and not other and not config.allow_pickle:
        raise ModelError(
            f"holds only pickled weights ({some(pickled)}); a pickle can run any code",
            where=where,
            hint="convert them to safetensors, or set model.allow_pickle if you trust their source",
        )
    present = f"; there is {some([*other, *pickled])}" if other or pickled else ""
    raise ModelError(f"holds no weights under the name {some(choices)}{present}", where=where)


def _adapter_weights(config: ModelConfig) -> list[Path]:
    """Name the file that an adapter's weights will be read from, as peft chooses it."""
    path, where = config.path, str(config.path)
    safe, pickled = "adapter_model.safetensors", "adapter_model.bin"
    if size_of(path / safe, where) is not None:
        return [path / safe]
    if size_of(path / pickled, where) is None:
        raise ModelError(f"holds no weights under the name {safe!r}", where=where)
    if not config.allow_pickle:
        raise ModelError(
            f"holds only pickled weights ({pickled}); a pickle can run any code", where=where,
            hint="convert them to safetensors, or set model.allow_pickle if you trust their source",
        )  # fmt: skip
    return [path / pickled]


def _shards(path: Path, index: str) -> list[Path]:
    """Name the files of an index. Of safetensors only, unless the index is of pickles, which was asked for by then."""
    where = str(path)
    listed = (read_json(path, index) or {}).get("weight_map")
    if not isinstance(listed, dict) or not listed or not all(isinstance(name, str) for name in listed.values()):
        raise ModelError(f"{index} has no weight_map from weights to files", where=where)
    ending = ".safetensors" if index.endswith(".safetensors.index.json") else ".bin"
    wrong = sorted({name for name in listed.values() if not name.endswith(ending)})
    if wrong:
        raise ModelError(f"{index} names {some(wrong, 4)}; only *{ending} files may be named there", where=where)
    names = sorted(set(listed.values()))
    shards = [_inside(path, name, index) for name in names]
    missing = [name for name, file in zip(names, shards, strict=True) if size_of(file, where) is None]
    if missing:
        raise ModelError(f"{index} names {some(missing, 4)}, which are not there", where=where)
    return shards


def _inside(path: Path, name: str, named_by: str) -> Path:
    """Return the path of a file that another file names, which must lie in the folder."""
    if "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise ModelError(f"{named_by} names {name!r}, outside the folder", where=str(path))
    file = path / name
    _stays_inside(path, file)
    return file


def _stays_inside(path: Path, file: Path) -> None:
    """Refuse a link that leaves the folder, except into the store that the Hub's cache links to."""
    root, target = path.resolve(), file.resolve()
    if target.is_relative_to(root):
        return
    cached = root.parent.name == "snapshots" and target.parent == root.parent.parent / "blobs"
    if not cached:
        raise ModelError(
            f"{file.relative_to(path)} is a link to {str(target)!r}, outside the folder",
            where=str(path),
            hint="put the file itself there",
        )
