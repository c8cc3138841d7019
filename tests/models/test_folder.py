"""Only files of the folder are read, only safetensors, and what is hashed is what is read."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.folder import look_through
from audit.models.registry import load_adapter


@pytest.fixture
def copy(checkpoints: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoints["bert"], tmp_path / "in" / "copy"))


def load(path: Path, **keys: object) -> object:
    return load_adapter(ModelConfig(path=path, device="cpu", **keys))


def look(path: Path, **keys: object) -> object:
    return look_through(ModelConfig(path=path, **keys))


def shard(path: Path, *names: str) -> None:
    """Split the weights over files, with an index."""
    weights = load_file(path / "model.safetensors")
    (path / "model.safetensors").unlink()
    index = {weight: names[i % len(names)] for i, weight in enumerate(sorted(weights))}
    for name in names:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        part = {weight: tensor for weight, tensor in weights.items() if index[weight] == name}
        if name.endswith(".safetensors"):
            save_file(part, file, metadata={"format": "pt"})
        else:
            torch.save(part, file)
    (path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))


def test_shards_in_the_folder_are_read_and_hashed(copy: Path) -> None:
    shard(copy, "a.safetensors", "sub/b.safetensors")
    before = load(copy).facts().sha256
    weights = load_file(copy / "sub" / "b.safetensors")
    name = next(name for name, tensor in weights.items() if tensor.is_floating_point())
    weights[name] = weights[name] + 1e-3
    save_file(weights, copy / "sub" / "b.safetensors", metadata={"format": "pt"})
    assert load(copy).facts().sha256 != before


@given(
    st.sampled_from(["../outside/w", "sub/../../w", "/etc/w", "../..", "w/../../../x"]),
    st.sampled_from([".safetensors", ".safetensors/..", "\0.safetensors"]),
)
@settings(max_examples=15, deadline=None)
def test_an_index_that_leaves_the_folder(tmp_path_factory: pytest.TempPathFactory, name: str, ending: str) -> None:
    path = tmp_path_factory.mktemp("model")
    (path / "config.json").write_text("{}")
    (path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"weight": name + ending}}))
    with pytest.raises(ModelError, match=r"outside the folder|may be named there"):
        look(path)


@pytest.mark.parametrize("name", ["weights.bin", "weights.pt", "w.SAFETENSORS", "w.safetensors.bin", "w"])
def test_an_index_of_safetensors_that_names_a_pickle(copy: Path, name: str) -> None:
    shard(copy, "a.safetensors", name)
    with pytest.raises(ModelError, match=r"only \*.safetensors files may be named there"):
        load(copy)
    with pytest.raises(ModelError, match=r"only \*.safetensors files may be named there"):
        load(copy, allow_pickle=True)


@pytest.mark.parametrize("index", ["[]", "{}", '{"weight_map": []}', '{"weight_map": {"a": 1}}', "{", "[" * 100_000])
def test_an_index_that_is_none(copy: Path, index: str) -> None:
    (copy / "model.safetensors").unlink()
    (copy / "model.safetensors.index.json").write_text(index)
    with pytest.raises(ModelError, match=r"model.safetensors.index.json"):
        load(copy)


def test_config_json_may_name_weights_of_the_folder_alone(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    shutil.copy(copy / "model.safetensors", copy.parent / "w.safetensors")
    for name, problem in [("../w.safetensors", "outside the folder"), ("none.safetensors", "not there"), (3, "name")]:
        (copy / "config.json").write_text(json.dumps(config | {"transformers_weights": name}))
        with pytest.raises(ModelError, match=problem):
            load(copy)


def test_links_that_leave_the_folder(copy: Path) -> None:
    outside = copy.parent / "w.safetensors"
    shutil.move(copy / "model.safetensors", outside)
    (copy / "model.safetensors").symlink_to(outside)
    with pytest.raises(ModelError, match="outside the folder"):
        load(copy)
    (copy / "model.safetensors").unlink()
    (copy / "model.safetensors").symlink_to("gone")
    with pytest.raises(ModelError, match="leads nowhere"):
        load(copy)
    (copy / "model.safetensors").unlink()
    shutil.move(outside, copy / "w.safetensors")
    (copy / "model.safetensors").symlink_to("w.safetensors")
    load(copy)


def test_a_linked_folder_that_an_index_names(copy: Path) -> None:
    shard(copy, "sub/a.safetensors")
    shutil.move(copy / "sub", copy.parent / "elsewhere")
    (copy / "sub").symlink_to(copy.parent / "elsewhere")
    with pytest.raises(ModelError, match="outside the folder"):
        load(copy)


def test_the_cache_of_the_hub_links_to_its_own_store(copy: Path, tmp_path: Path) -> None:
    snapshot, blobs = tmp_path / "models--org--name" / "snapshots" / "abc", tmp_path / "models--org--name" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for number, file in enumerate(copy.iterdir()):
        shutil.copy(file, blobs / str(number))
        (snapshot / file.name).symlink_to(f"../../blobs/{number}")
    assert load(snapshot).facts().sha256 == load(copy).facts().sha256
    (snapshot / "config.json").unlink()
    (snapshot / "config.json").symlink_to(copy / "config.json")
    with pytest.raises(ModelError, match="outside the folder"):
        load(snapshot)


def _pipe(file: Path) -> None:
    os.mkfifo(file)


def _socket(file: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(file.parent)  # the path of a socket may not be long
        try:
            made.bind(file.name)
        finally:
            os.chdir(here)


def _device(file: Path) -> None:
    file.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [_pipe, _socket, _device])
@pytest.mark.parametrize("name", ["model.safetensors", "other.safetensors", "config.json", "tokenizer.json", "notes"])
def test_what_is_no_file_is_refused_at_once(copy: Path, name: str, make: Callable[[Path], None]) -> None:
    (copy / name).unlink(missing_ok=True)
    make(copy / name)
    with pytest.raises(ModelError, match=f"{name} is a (named pipe|socket|device)"):
        load(copy)


def test_a_pointer_of_git_lfs(copy: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 45439980\n"
    for name in ("model.safetensors", "tokenizer.json"):
        whole = (copy / name).read_bytes()
        (copy / name).write_text(pointer)
        with pytest.raises(ModelError, match=rf"{name} only points to a file that Git LFS keeps(.|\n)*git lfs pull"):
            load(copy)
        (copy / name).write_bytes(whole)


@given(share=st.floats(0, 0.999))
@settings(max_examples=10, deadline=None)
def test_part_of_a_file(checkpoints: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, share: float) -> None:
    copy = Path(shutil.copytree(checkpoints["bert"], tmp_path_factory.mktemp("part") / "copy"))
    whole = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ModelError, match=r"model.safetensors is damaged or cut short"):
        load(copy)


def test_weights_under_another_name(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "other.safetensors")
    with pytest.raises(ModelError, match=r"holds no weights under the name 'model.safetensors'.*'other.safetensors'"):
        load(copy)


def test_a_file_that_changes_while_it_is_loaded(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from audit.models import loaded

    plain = loaded.load_model

    def slow(*given: Any, **named: Any) -> Any:
        (copy / "model.safetensors").write_bytes((copy / "model.safetensors").read_bytes())
        return plain(*given, **named)

    monkeypatch.setattr(loaded, "load_model", slow)
    with pytest.raises(ModelError, match="was changed while it was being loaded"):
        load(copy)
