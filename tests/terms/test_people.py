"""Lists of names: balanced, without names that several groups share, and refused where they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import ConfigError
from audit.terms.people import load_names

GOOD = """
language: en
attributes: [origin]
groups:
  - {origin: a, given: [Ann, Amy], family: [Abel]}
  - {origin: b, given: [Bob, Bill]}
"""


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "names.yaml"
    path.write_text(text, encoding="utf-8")
    return load_names((), path)


def test_the_built_in_list_is_balanced() -> None:
    names = load_names(["zh", "en"])
    assert len({len(group.given) for group in names.groups}) == len({len(group.family) for group in names.groups}) == 1
    given = [name for group in names.groups for name in group.given]
    assert len(set(given)) == len(given), "a given name stands for one group alone"
    for group in names.groups:
        others = {name for other in names.groups for name in other.family if other.values[0] != group.values[0]}
        assert not others & set(group.family)
        assert not set(given) & set(group.family)


def test_the_draw_is_seeded_and_equal() -> None:
    names = load_names(["en"])
    first, again, other = names.drawn(4, 1), names.drawn(4, 1), names.drawn(4, 2)
    assert first == again != other
    assert {len(found) for found in first.values()} == {4}
    for found in first.values():
        assert len({name.given for name in found}) == 4


def test_a_name_that_two_groups_share_is_in_none() -> None:
    names = load_names(["en"])
    assert names.groups_of["lakisha"] == ("African American", "female")
    assert "mosley" not in names.groups_of, "the family name is that of women and men"


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    names = load_names((), _write(tmp_path, GOOD))
    first, second = names.drawn(2, 0).values()
    assert [name.family for name in first] == ["Abel", "Abel"]
    assert [names.parts(name, alone=False) for name in second] == [[name.given] for name in second]


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "names.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("attributes: [origin]\n", "", "at least"),
        ("language: en", "language: en\ncolour: red", "'colour'"),
        ("[Bob, Bill]", "[]", "group 2"),
        ("[Bob, Bill]", "[Bob, Bill Joe]", "'Bill Joe'"),
        ("origin: b", "origin: a", "the same"),
        ("origin: b, ", "", "group 2"),
        ("attributes: [origin]", "attributes: [given]", "attributes"),
        ("language: en", "language: en\nfamily_first: maybe", "family_first"),
    ],
)
def test_a_wrong_list_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, GOOD.replace(old, new))


def test_too_few_names_and_no_list(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="3 names for each group"):
        load_names((), _write(tmp_path, GOOD)).drawn(3, 0)
    with pytest.raises(ConfigError, match="built in"):
        load_names(["zh"])
    with pytest.raises(ConfigError, match="no such file"):
        load_names((), tmp_path / "none.yaml")
