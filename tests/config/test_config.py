from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from audit.config import AuditConfig, as_label, load_config, parse_config
from audit.errors import ConfigError

GOOD = "data: {path: d.csv, columns: {label: y, prediction: p}}\nattributes: [g]\n"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "audit.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD + "model: null\n"))
    assert str(config.data.path) == str(tmp_path / "d.csv")
    assert config.output.folder == tmp_path / "runs/audit"


def test_unknown_key_names_file_and_key(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + "explanations: {sampel: 3}\n")
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert str(path) in str(error.value)
    assert "explanations.sampel: unknown key" in str(error.value)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="2 problems"):
        load_config(write(tmp_path, GOOD + "level: 2\nseed: -1\n"))


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        ("crossings: [[g, h]]", "'h' is not an attribute"),
        ("crossings: [[g, g]]", "names an attribute twice"),
        ("controls: [g]", "named twice"),
        ("model: {path: m}", "cannot stand beside"),
        ("attributes: [{column: a, bins: [5, 5]}]", "bin edges must rise"),
        ("attributes: []", "at least 1 item"),
    ],
)
def test_contradictions_are_refused(tmp_path: Path, extra: str, problem: str) -> None:
    text = "\n".join(line for line in GOOD.splitlines() if not extra.startswith(line.split(":")[0])) + "\n" + extra
    with pytest.raises(ConfigError, match=problem):
        load_config(write(tmp_path, text))


def test_nothing_to_audit_is_refused() -> None:
    with pytest.raises(ConfigError, match="nothing to audit"):
        parse_config({"data": {"path": "d.csv"}, "attributes": ["g"]})


def test_a_score_needs_the_class_it_is_of() -> None:
    with pytest.raises(ConfigError, match=r"data\.positive_label"):
        parse_config({"data": {"path": "d.csv", "columns": {"score": "s"}}, "attributes": ["g"]})


def test_overrides_are_yaml(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD), ("explanations.sample=7", "data.where={split: [a, b]}", "level=0.9"))
    assert (config.explanations.sample, config.data.where, config.level) == (7, {"split": ["a", "b"]}, 0.9)


@pytest.mark.parametrize("override", ["level", "=3", "data.path.x=1", "level=[1"])
def test_bad_overrides_are_refused(tmp_path: Path, override: str) -> None:
    with pytest.raises(ConfigError, match="--set"):
        load_config(write(tmp_path, GOOD), (override,))


def test_not_yaml_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read as YAML"):
        load_config(write(tmp_path, "a: [1"))
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="holds no keys"):
        load_config(write(tmp_path, ""))


@pytest.mark.parametrize(("value", "label"), [(1, "1"), (1.0, "1"), (1.5, "1.5"), (True, "true"), ("Yes", "Yes")])
def test_one_spelling_for_labels(value: object, label: str) -> None:
    assert as_label(value) == label


def test_yaml_booleans_and_numbers_are_labels() -> None:
    data = {"path": "d", "columns": {"prediction": "p"}, "positive_label": True, "label_map": {0: 1.0}}
    config = parse_config({"data": data, "attributes": ["g"]})
    assert config.data.positive_label == "true"
    assert config.data.label_map == {"0": "1"}


def test_every_key_is_documented() -> None:
    def undocumented(schema: dict, path: str) -> list[str]:
        out = []
        for key, value in schema.get("properties", {}).items():
            if "description" not in value and "$ref" not in str(value) and value.get("type") != "array":
                out.append(f"{path}.{key}")
        return out

    schema = AuditConfig.model_json_schema()
    lacking = [name for part, sub in schema["$defs"].items() for name in undocumented(sub, part)]
    assert not lacking


def test_the_configuration_in_the_readme_is_valid() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", readme, re.S)
    assert len(blocks) == 1
    config = parse_config(yaml.safe_load(blocks[0]))
    assert config.policy.rules[0].limit == 0.1
    assert config.attributes[2].values == {"": "none"}


def test_the_configurations_in_the_documentation_of_models_are_valid() -> None:
    models = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", models, re.S)
    assert blocks
    for block in blocks:
        parse_config(yaml.safe_load(block))


@pytest.mark.parametrize(
    "value", ["!!timestamp soon", "!!bool maybe", '!!int ""', "!!float x", "!!binary é", "!!set [a]"]
)
def test_a_tag_that_does_not_fit_its_value_is_an_error(tmp_path: Path, value: str) -> None:
    path = tmp_path / "audit.yaml"
    path.write_text(f"data: {{path: {value}}}\nattributes: [g]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"audit\.yaml"):
        load_config(path)


def test_a_column_without_a_name_is_told() -> None:
    with pytest.raises(ConfigError, match=r"data\.columns\.label.*names no column"):
        parse_config({"data": {"path": "x.csv", "columns": {"label": "", "prediction": "p"}}, "attributes": ["g"]})
