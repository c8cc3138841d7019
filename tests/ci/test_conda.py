"""The conda recipe says what pyproject.toml says."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import yaml

from audit import __version__
from tests.ci.conftest import ROOT

#: Names that differ on conda-forge.
ON_CONDA = {"torch": "pytorch"}
RECIPE: dict[str, Any] = yaml.safe_load((ROOT / "conda/recipe.yaml").read_text())
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())


def split(requirement: str) -> tuple[str, str]:
    found = re.fullmatch(r"([\w-]+)\s*(.*)", requirement)
    assert found
    return found[1], found[2]


def test_versions_agree() -> None:
    assert RECIPE["context"] == {"name": PROJECT["project"]["name"], "version": __version__}


def test_requirements_agree() -> None:
    ours = dict(map(split, PROJECT["project"]["dependencies"]))
    theirs = dict(map(split, RECIPE["requirements"]["run"]))
    assert theirs.pop("python") == PROJECT["project"]["requires-python"]
    assert theirs == {ON_CONDA.get(name, name): version for name, version in ours.items()}
    host = dict(map(split, RECIPE["requirements"]["host"]))
    assert host["hatchling"] == split(PROJECT["build-system"]["requires"][0])[1]


def test_the_command_is_the_same() -> None:
    (name, target), *more = PROJECT["project"]["scripts"].items()
    assert not more
    assert RECIPE["build"]["python"]["entry_points"] == [f"{name} = {target}"]
    assert RECIPE["build"]["noarch"] == "python"
    assert (ROOT / RECIPE["about"]["license_file"]).is_file()
    assert RECIPE["about"]["license"] == PROJECT["project"]["license"]
