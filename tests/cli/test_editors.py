"""A configuration that `audit init` begins is known to editors by its schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest

from audit.cli import call
from audit.config import load_config
from audit.config.reading import read_yaml

ROWS = "prediction,gender\n" + "yes,f\nno,m\nno,f\n" * 20


def begun(folder: Path, name: str = "audit.yaml") -> Path:
    (folder / "d.csv").write_text(ROWS)
    assert call(["init", str(folder / "d.csv"), "--no-label", "--out", str(folder / name)]) == 0
    return folder / name


@pytest.mark.parametrize("name", ["audit.yaml", "nightly audit.yml"])
def test_the_first_line_leads_to_the_schema(name: str, tmp_path: Path) -> None:
    path = begun(tmp_path, name)
    first = path.read_text().splitlines()[0]
    link = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert link
    schema = json.loads((tmp_path / unquote(link[1])).read_text())
    assert schema == json.loads((Path(__file__).parents[2] / "docs/schemas/config.schema.json").read_text())
    jsonschema.validate(read_yaml(path), schema)
    assert load_config(path).data.columns.prediction == "prediction"


def test_a_slip_is_seen_while_it_is_typed(tmp_path: Path) -> None:
    path = begun(tmp_path)
    schema = json.loads((tmp_path / "audit.schema.json").read_text())
    wrong = read_yaml(path) | {"atributes": ["gender"]}
    with pytest.raises(jsonschema.ValidationError, match="'atributes' was unexpected"):
        jsonschema.validate(wrong, schema)


def test_a_schema_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "audit.schema.json").write_text("{}")
    begun(tmp_path)
    assert (tmp_path / "audit.schema.json").read_text() == "{}"
