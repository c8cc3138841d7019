"""Clean environments: which build of torch they get, and what is tried where they get none."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from audit import __version__
from release import installs, torch_build
from release.found import Wrong

GPU = 'nvidia-cudnn-cu13==9.20; platform_system != "nowhere"'


def wheel(folder: Path, name: str, version: str, *needs: str) -> Path:
    """A package that is nothing but what it needs."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    facts = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        "METADATA": facts + "".join(f"Requires-Dist: {need}\n" for need in needs),
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    inside = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(f"{inside}/{file}", text)
        archive.writestr(f"{inside}/RECORD", "".join(f"{inside}/{file},,\n" for file in [*files, "RECORD"]))
    return path


@pytest.fixture
def index(tmp_path: Path) -> dict[str, str]:
    """Variables with which pip knows the packages of one folder, and no others."""
    (tmp_path / "index").mkdir()
    return {
        "PATH": "/usr/bin:/bin", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index"),
        "PIP_CONFIG_FILE": "/dev/null", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1",
    }  # fmt: skip


@pytest.fixture
def pip(tmp_path: Path) -> list[str]:
    """pip of an environment with nothing in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    return [sys.executable, "-m", "pip", "--python", str(tmp_path / "venv/bin/python")]


@pytest.mark.parametrize(
    ("needs", "asked", "found", "why"),
    [
        (["filelock"], "", ("torch", "--pre"), ""),
        (["filelock", GPU, "cuda-bindings"], "", None, "is a build for GPUs, which needs 2 packages of theirs"),
        (['cuda-bindings; platform_system == "nowhere"'], "", ("torch", "--pre"), ""),
        (["filelock"], "torch==2.0.0", ("torch==2.0.0",), ""),
        (["filelock"], "torch==1.0.0", None, "torch==1.0.0: ERROR: No matching distribution found for torch==1.0.0"),
    ],
)  # fmt: skip
def test_a_build_of_torch_is_found_or_it_is_said_why_not(
    needs: list[str], asked: str, found: tuple[str, ...] | None, why: str, pip: list[str], index: dict[str, str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    wheel(tmp_path / "index", "torch", "2.0.0", *needs)
    monkeypatch.setattr(torch_build, "PLACES", (("torch==3.0.0",), ("torch", "--pre")))
    monkeypatch.setenv("FAIRAUDIT_TORCH", asked)
    words, said = torch_build.found(pip, index)
    assert (words and tuple(words)) == found
    assert why in said


def test_without_torch_all_else_is_installed(pip: list[str], index: dict[str, str], tmp_path: Path) -> None:
    for name in ("leaf", "twig"):
        wheel(tmp_path / "index", name, "1.0")
    extra = 'twig; extra == "green"'
    whole = wheel(tmp_path, "fairaudit", __version__, "leaf>=1", "torch>=2", "captum", extra)
    installs.install_without_torch(pip, whole, tmp_path, index)
    listed = subprocess.run(
        [*pip, "list", "--format", "json"], env=index, capture_output=True, text=True, check=True
    ).stdout
    assert {one["name"] for one in json.loads(listed)} == {"fairaudit", "leaf"}


def test_what_would_bring_torch_all_the_same_is_refused(pip: list[str], index: dict[str, str], tmp_path: Path) -> None:
    wheel(tmp_path / "index", "torch", "2.0.0")
    wheel(tmp_path / "index", "leaf", "1.0", "torch")
    whole = wheel(tmp_path, "fairaudit", __version__, "leaf", "torch", "captum")
    with pytest.raises(Wrong, match="torch"):
        installs.install_without_torch(pip, whole, tmp_path, index)


def test_what_else_does_not_fit_is_told(pip: list[str], index: dict[str, str], tmp_path: Path) -> None:
    wheel(tmp_path / "index", "leaf", "1.0")
    whole = wheel(tmp_path, "fairaudit", __version__, "leaf", "torch")
    with pytest.raises(Wrong, match=r"requires torch, which is not installed"):
        installs.install_without_torch(pip, whole, tmp_path, index)
