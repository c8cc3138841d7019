"""`python -m release`: the wheel is the same twice, the bill of materials is valid, and what is wrong is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from audit import __version__
from release import sbom, versions, wheels
from release.__main__ import run
from release.found import Wrong
from release.schemas import check as check_schemas


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    assert wheels.check(out).startswith("the same bytes twice: ")
    return out


def test_wheel_and_sdist_are_the_same_bytes_twice(built: Path) -> None:
    assert {path.name for path in built.iterdir()} == {
        f"fairaudit-{__version__}-py3-none-any.whl", f"fairaudit-{__version__}.tar.gz",
    }  # fmt: skip
    wheel = zipfile.ZipFile(next(built.glob("*.whl")))
    published = Path(__file__).parents[2] / "docs/schemas/config.schema.json"
    assert wheel.read("audit/schemas/config.schema.json") == published.read_bytes()


def test_a_wheel_that_lacks_something_is_refused(built: Path, tmp_path: Path) -> None:
    whole = next(built.glob("*.whl"))
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(tmp_path / whole.name, "w") as target:
        for name in source.namelist():
            if name != "audit/py.typed":
                target.writestr(name, source.read(name))
    with pytest.raises(Wrong, match=r"lacks audit/py\.typed"):
        wheels.inspect(tmp_path / whole.name)
    assert wheels.difference(whole, tmp_path / whole.name) == "audit/py.typed"


def test_the_bill_of_materials_follows_from_wheel_and_environment(built: Path) -> None:
    wheel = next(built.glob("*.whl"))
    bill = sbom.bill_of(wheel)
    assert bill == sbom.bill_of(wheel)
    found = json.loads(bill)
    names = {item["name"].lower() for item in found["components"]}
    # What is needed, and what that needs.
    assert {"torch", "fairlearn", "pandas", "mpmath"} <= names
    assert "pytest" not in names
    assert found["metadata"]["component"]["hashes"][0]["alg"] == "SHA-256"
    assert len({item["bom-ref"] for item in found["components"]}) == len(found["components"])
    graph = {item["ref"]: item["dependsOn"] for item in found["dependencies"]}
    assert set(graph) == {item["bom-ref"] for item in found["components"]} | {f"pkg:pypi/fairaudit@{__version__}"}
    declared = [item for item in found["components"] if item.get("licenses")]
    assert len(declared) > 0.9 * len(found["components"])


def test_schemas_are_as_the_code_says() -> None:
    assert "as the code says" in check_schemas()


@pytest.mark.parametrize(
    ("recipe", "changes", "said"),
    [
        (__version__, f"## {__version__} - 2030-01-01", None),
        (__version__, "## Unreleased", "CHANGELOG.md has no heading"),
        ("9.9.9", f"## {__version__}", "conda/recipe.yaml says 9.9.9"),
    ],
)
def test_one_version_everywhere(
    recipe: str, changes: str, said: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conda").mkdir()
    (tmp_path / "conda/recipe.yaml").write_text(f'context: {{version: "{recipe}"}}')
    (tmp_path / "CHANGELOG.md").write_text(f"# Changes\n\n{changes}\n")
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    if said is None:
        assert versions.check() == f"{__version__} everywhere"
        return
    with pytest.raises(Wrong, match=said):
        versions.check()


def test_one_line_for_each_step_and_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    def wrong() -> str:
        raise Wrong("the moon is full")

    assert run([("first", wrong), ("second", lambda: "fine")]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("WRONG  first") and "the moon is full" in first
    assert second.startswith("ok     second")
    assert run([("second", lambda: "fine")]) == 0


def test_an_installed_wheel_goes_from_a_table_to_a_verdict(built: Path, tmp_path: Path, clean: dict[str, str]) -> None:
    """In an environment that sees the dependencies; `make release-check` installs them as well."""
    from release.installs import smoke

    python = Path(clean["PATH"].split(os.pathsep)[0]) / "python"
    wheel = str(next(built.glob("*.whl")))
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", wheel]
    subprocess.run(install, env=clean, check=True, capture_output=True)
    assert sys.executable != str(python)
    assert smoke(python.with_name("audit"), tmp_path, clean) == "installed, complete, and audits"
