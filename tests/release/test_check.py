"""`python -m release`: the wheel is the same twice, the bill of materials is valid, and what is wrong is told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from audit import __version__
from release import sbom, versions, wheels
from release.__main__ import run
from release.found import Partly, Wrong
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


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree under version control that names a version where the project does."""
    (tmp_path / "conda").mkdir()
    (tmp_path / "conda/recipe.yaml").write_text(f'context: {{version: "{__version__}"}}')
    (tmp_path / "CHANGELOG.md").write_text(f"# Changes\n\n## {__version__} - 2030-01-01\n")
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    monkeypatch.setattr(versions, "RELEASED", tmp_path / "released")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message", "x"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    return tmp_path


def test_one_version_everywhere(tree: Path) -> None:
    assert versions.check() == f"{__version__} everywhere"
    assert versions.is_release()
    (tree / "conda/recipe.yaml").write_text('context: {version: "9.9.9"}')
    with pytest.raises(Wrong, match=r"conda/recipe\.yaml says 9\.9\.9"):
        versions.check()


@pytest.mark.parametrize("older", ["", "\n## [0.0.9] - 2029-01-01\n"])
def test_a_version_that_is_still_being_made_has_no_heading(older: str, tree: Path) -> None:
    (tree / "CHANGELOG.md").write_text(f"# Changes\n\n## Unreleased\n{older}")
    assert "not released" in versions.check()
    assert not versions.is_release()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("# Changes\n", "none `## Unreleased`"),
        ("## Unreleased\n\n## 99.0.0\n", f"tells of 99.0.0, which is newer than {__version__}"),
        (f"# Changes\n\n### {__version__}\n", "none `## Unreleased`"),
    ],
)
def test_changes_that_do_not_fit_the_version(changes: str, said: str, tree: Path) -> None:
    (tree / "CHANGELOG.md").write_text(changes)
    with pytest.raises(Wrong, match=re.escape(said)):
        versions.check()


@pytest.mark.parametrize("mark", ["tag", "schemas"])
def test_what_is_marked_as_released_has_a_heading(mark: str, tree: Path) -> None:
    (tree / "CHANGELOG.md").write_text("# Changes\n\n## Unreleased\n")
    if mark == "tag":
        subprocess.run(["git", "tag", f"v{__version__}"], cwd=tree, check=True)
    else:
        (tree / "released" / __version__).mkdir(parents=True)
    assert versions.is_release()
    with pytest.raises(Wrong, match=f"no heading `## {__version__}`, and"):
        versions.check()


def test_a_tag_of_another_version(tree: Path) -> None:
    subprocess.run(["git", "tag", "v9.9.9"], cwd=tree, check=True)
    with pytest.raises(Wrong, match=r"has the tag v9\.9\.9"):
        versions.check()


def test_one_line_for_each_step_and_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    def wrong() -> str:
        raise Wrong("the moon is full")

    assert run([("first", wrong), ("second", lambda: "fine")]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("WRONG  first") and "the moon is full" in first
    assert second.startswith("ok     second")
    assert run([("second", lambda: "fine")]) == 0


def test_what_is_tried_partly_is_told_and_too_little_for_a_release(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [("first", lambda: Partly("half of it")), ("second", lambda: "fine")]
    assert run(steps) == 0
    assert capsys.readouterr().out.startswith("PARTLY first          half of it")
    assert run(steps, whole=True) == 1
    assert "has to be tried whole" in capsys.readouterr().out
    assert run(steps[1:], whole=True) == 0


def test_an_installed_wheel_goes_from_a_table_to_a_verdict(built: Path, tmp_path: Path, clean: dict[str, str]) -> None:
    """In an environment that sees the dependencies; `make release-check` installs them as well."""
    from release.installs import predictions

    python = Path(clean["PATH"].split(os.pathsep)[0]) / "python"
    wheel = str(next(built.glob("*.whl")))
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", wheel]
    subprocess.run(install, env=clean, check=True, capture_output=True)
    assert sys.executable != str(python)
    predictions(python.with_name("audit"), tmp_path, clean)
    assert (tmp_path / "run" / "report.html").is_file()
