"""The documentation site builds, its menu names every page, and every link on it leads somewhere."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from documentation.build import with_the_rest
from documentation.links import broken
from documentation.stage import CHINESE, stage
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("zensical", reason="needs the dependency group docs")
    from documentation.build import build

    folder = tmp_path_factory.mktemp("site") / "site"
    build(folder)
    return folder


def in_menu(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for child in node.values():
            yield from in_menu(child)
    else:
        for child in node:
            yield from in_menu(child)


def menu(language: str) -> list[str]:
    settings = tomllib.loads((ROOT / "documentation" / f"{language}.toml").read_text(encoding="utf-8"))
    return list(in_menu(settings["project"]["nav"]))


def test_the_menus_name_pages_that_are_there_once(tmp_path: Path) -> None:
    named = [*menu("en"), *(f"{CHINESE}/{page}" for page in menu(CHINESE))]
    assert len(named) == len(set(named))
    assert set(named) <= set(stage(tmp_path))


def test_pages_that_no_menu_names_come_last() -> None:
    settings = (ROOT / "documentation" / "en.toml").read_text(encoding="utf-8")
    assert with_the_rest(settings, menu("en")) == settings
    built = tomllib.loads(with_the_rest(settings, [*menu("en"), "new.md", "how-to/newer.md"]))["project"]["nav"]
    assert list(in_menu(built)) == [*menu("en"), "new.md", "how-to/newer.md"]


def test_no_link_is_broken_and_nothing_is_loaded_from_afar(site: Path) -> None:
    assert not broken(site)


def test_both_languages_say_which_they_are(site: Path) -> None:
    assert '<html lang="en"' in (site / "index.html").read_text(encoding="utf-8")
    assert '<html lang="zh' in (site / CHINESE / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ('<a href="gone.html">', "gone.html leads nowhere"),
        ('<a href="../above.html">', "../above.html leads nowhere"),
        ('<a href="#gone">', "#gone has no such place"),
        ('<h1 id="here"></h1><a href="#here">', ""),
        ('<img src="https://example.org/picture.png">', "loads https://example.org/picture.png"),
        ('<a href="https://example.org/">', ""),
    ],
)
def test_what_counts_as_broken(html: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    assert broken(tmp_path) == ([f"page.html: {problem}"] if problem else [])
