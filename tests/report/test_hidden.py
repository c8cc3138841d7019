"""No document obeys, or hides, what stands in ids, labels, groups, columns, rules or files."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from audit.cli import call
from audit.report.documents import FORMATS
from audit.store.manifest import DOCUMENTS
from audit.text import map_hidden

#: Turned around, an escape, a separator, a joiner, a tag, a filler.
HIDDEN = "\u202e", "\x1b[31m", "\u2028", "\u2066", "\U000e0041", "\u3164", "\x85"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("hidden")
    lines = []
    for i in range(300):
        group, label = "ab"[i % 3 > 0], i % 2
        decided = i // 2 % 2 if group == "b" else label
        cells = [f"r{HIDDEN[i % 7]}{i}", f"y{HIDDEN[0]}{label}", f"y{HIDDEN[0]}{decided}"]
        lines.append(",".join([*cells, f"{group}{HIDDEN[1]}", f"c{HIDDEN[3]}"]))
    name = f"rows{HIDDEN[0]}.csv"
    (place / name).write_text("\n".join([f"id,y,p,g{HIDDEN[4]},h", *lines]) + "\n", newline="\n")
    rule = {"metric": "selection_rate", "limit": 0.01, "name": f"rule{HIDDEN[0]}{HIDDEN[5]}", "severity": "warn"}
    waiver = {"rule": rule["name"], "ceiling": 1.0, "reason": f"why{HIDDEN[0]}", "owner": "a\u2066", "approver": "b"}
    waiver |= {"granted": "2020-01-01", "expires": "2020-02-01"}
    columns = {"label": "y", "prediction": "p", "id": "id"}
    tree = {
        "data": {"path": name, "columns": columns, "positive_label": f"y{HIDDEN[0]}1"},
        "attributes": [f"g{HIDDEN[4]}"],
        "controls": ["h"],
        "policy": {"rules": [rule, {"metric": "true_positive_rate", "limit": 0.1}], "waivers": [waiver]},
        "output": {"title": f"title{HIDDEN[0]}", "intended_use": HIDDEN[1], "contact": HIDDEN[3]},
    }
    (place / f"audit{HIDDEN[0]}.yaml").write_text(yaml.safe_dump(tree))
    arguments = ["run", str(place / f"audit{HIDDEN[0]}.yaml"), "--out", str(place / "run"), "--quiet"]
    assert call([*arguments, "--set", "gaps.sample=0"]) == 0
    papers = [argument for code in FORMATS if code not in ("xlsx", "pdf") for argument in ("--format", code)]
    assert call(["report", str(place / "run"), *papers]) == 0
    return place / "run"


def hidden_in(text: str) -> set[str]:
    found: set[str] = set()
    map_hidden(text, lambda character: found.add(character) or "")  # type: ignore[func-returns-value]
    return found - {"\n", "\t"}


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if not name.endswith((".xlsx", ".pdf"))])
def test_nothing_hidden_stands_in_a_document(run: Path, name: str) -> None:
    text = (run / name).read_bytes().decode("utf-8")
    assert not {unicodedata.name(character, hex(ord(character))) for character in hidden_in(text)}


def _strings(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list):
        for item in tree.items() if isinstance(tree, dict) else tree:
            yield from _strings(list(item) if isinstance(item, tuple) else item)


def test_nor_once_it_is_read_by_a_machine(run: Path) -> None:
    told = [*_strings(json.loads((run / "audit.sarif").read_text(encoding="utf-8")))]
    for element in ET.parse(run / "junit.xml").iter():
        told += [element.text or "", *element.attrib.values()]
    assert not [text for text in told if hidden_in(text)]
    assert any("⟨U+202E⟩" in text for text in told)
    assert any(text.startswith("r⟨U+") for text in told), "no decision is told of"
