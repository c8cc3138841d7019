"""The conda recipe says what pyproject.toml says, and rattler-build takes it."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml

from audit import __version__
from tests.ci.conftest import ROOT

#: Names that differ on conda-forge.
ON_CONDA = {"torch": "pytorch"}
TEXT = (ROOT / "conda/recipe.yaml").read_text()
RECIPE: dict[str, Any] = yaml.safe_load(TEXT)
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


def rendered(text: str) -> list[Any]:
    """Recipes of all variants, as rattler-build would build them; it looks into no channel for that."""
    found = pytest.importorskip("rattler_build", reason="needs rattler-build: pip install py-rattler-build")
    variants = found.Stage0Recipe.from_yaml(text).render(found.VariantConfig(), found.RenderConfig())
    return [variant.recipe for variant in variants]


def test_rattler_build_renders_it() -> None:
    (recipe,) = rendered(TEXT)
    assert (recipe.package.name, str(recipe.package.version)) == (PROJECT["project"]["name"], __version__)
    assert len(recipe.requirements.run) == len(RECIPE["requirements"]["run"])


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("requirements:", "requirments:", "unknown top-level field 'requirments'"),
        ("noarch: python", "noarch: pythn", "invalid noarch type 'pythn'"),
        ("captum >=", "captum >==", "unable to parse version spec"),
        ("license: Apache-2.0", "license: Apache 2", "failed to parse SPDX license"),
    ],
)
def test_rattler_build_would_say_what_is_wrong(right: str, wrong: str, said: str) -> None:
    assert right in TEXT
    with pytest.raises(Exception, match=re.escape(said)):
        rendered(TEXT.replace(right, wrong))
