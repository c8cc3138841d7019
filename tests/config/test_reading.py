"""What a configuration file says is what is read: no country becomes false, no key is lost, nothing hangs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.config import load_config, load_policy, load_waivers, parse_config
from audit.config.reading import parse_yaml, read_yaml
from audit.errors import ConfigError

GOOD = "data: {path: d.csv, columns: {label: y, prediction: p}}\nattributes: [g]\n"


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "audit.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "word", ["NO", "no", "yes", "Yes", "on", "off", "y", "n", "12:30", "190:20:30", "0x1F", "0o17", "007", "1_000"]
)
def test_words_stay_words(word: str) -> None:
    assert parse_yaml(f"{{{word}: [{word}]}}", "here") == {word: [word]}


@pytest.mark.parametrize("word", ["2026-01-31", "2026-01-31 10:00:00", "1.2.3", "1e", ".", "-", "+", "=", "nan", "inf"])
def test_dates_and_the_like_stay_text(word: str) -> None:
    assert parse_yaml(f"key: {word}" if word != "-" else "key: '-'", "here") == {"key": word}


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("-7", -7), ("+7", 7), ("0", 0), ("7.0", 7.0), ("1e3", 1000.0), (".5", 0.5), ("-1.5E-3", -0.0015)]
    + [("true", True), ("False", False), ("null", None), ("~", None), ("", None)],
)
def test_numbers_and_truth_are_read(text: str, value: object) -> None:
    found = parse_yaml(f"key: {text}", "here")["key"]
    assert (found, type(found)) == (value, type(value))


@given(st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_as_python_writes_them(number: float) -> None:
    assert parse_yaml(f"key: {number!r}", "here") == {"key": number}


def test_norway_is_a_country(tmp_path: Path) -> None:
    text = """
data: {path: d.csv, columns: {prediction: p}, where: {country: [NO, SE]}, positive_label: yes, label_map: {on: off}}
attributes: [{column: country, values: {NO: Norway, 0o10: x}, outside_gaps: [n, 1:30]}]
"""
    config = load_config(write(tmp_path, text), ("data.where={land: NO}",))
    assert config.data.positive_label == "yes"
    assert config.data.where == {"land": "NO"}
    assert config.data.label_map == {"on": "off"}
    assert config.attributes[0].values == {"NO": "Norway", "0o10": "x"}
    assert config.attributes[0].outside_gaps == ("n", "1:30")


def test_policies_and_waivers_are_read_alike(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, "rules: [{metric: accuracy, limit: 0.1, exempt: [NO, yes]}]"))
    assert policy.rules[0].exempt == ("NO", "yes")
    days = "granted: 2026-01-01, expires: 2026-02-01"
    waivers = f"waivers: [{{rule: a, ceiling: 0.2, reason: r, owner: yes, approver: no, {days}}}]"
    (found,) = load_waivers(write(tmp_path, waivers))
    assert (found.owner, found.granted.isoformat()) == ("yes", "2026-01-01")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD + "level: 0.9\nseed: 1\nlevel: 0.8\n", r"line 5: the key 'level' stands twice, first in line 3"),
        (GOOD + "gaps: {concepts: {a: [x], b: [y], a: [z]}}", r"line 3: the key 'a' stands twice"),
        ("attributes: [{column: g, values: {1: a, 1.0: b}}]", "the key '1' stands twice"),
        (GOOD + "? [a]\n: 1", "a list or a mapping cannot be a key"),
        (GOOD + "gaps: [1", r"line 3, column 9"),
    ],
)
def test_a_key_stands_once(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load_config(write(tmp_path, text))


def test_labels_that_are_one_value_stand_once_in_plain_data_too() -> None:
    data = {"path": "d", "columns": {"prediction": "p"}, "label_map": {0: "a", "0.0": "b"}}
    with pytest.raises(ConfigError, match="'0' stands twice"):
        parse_config({"data": data, "attributes": ["g"]})


def test_a_merged_key_may_be_set_again(tmp_path: Path) -> None:
    text = "a: &a {x: 1, y: 2}\nb: {c: &b {<<: *a, x: 3}}\nd: {<<: *b, y: 4}\n"
    assert read_yaml(write(tmp_path, text))["d"] == {"x": 3, "y": 4}


def bomb(levels: int, opened: str, closed: str) -> str:
    lines = [f"a0: &a0 {opened}x{': 1' if opened == '{' else ''}{closed}"]
    for i in range(1, levels):
        inner = ", ".join([f"*a{i - 1}"] * 9)
        lines.append(f"a{i}: &a{i} " + (f"[{inner}]" if opened == "[" else f"{{<<: [{inner}]}}"))
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        bomb(30, "[", "]"),
        bomb(30, "{", "}"),
        "a: &a [*a]",
        "a: &a {b: *a}",
        "a: " + "[" * 5000,
        "a: " + "[" * 500 + "]" * 500,
        "? " * 3000,
        "a: '" + "x" * (5 << 20) + "'",
    ],
    ids=["aliases", "merge keys", "in itself", "mapping in itself", "deep, open", "deep", "keys of keys", "large"],
)
def test_bombs_are_refused_at_once(tmp_path: Path, text: str) -> None:
    began = time.process_time()
    with pytest.raises(ConfigError):
        load_config(write(tmp_path, text))
    assert time.process_time() - began < 5


@pytest.mark.parametrize("key", ["level", "exchange.threshold", "attributes.0.bins.0", "policy.waivers.0.ceiling"])
@pytest.mark.parametrize("number", [".inf", "-.inf", ".nan", "1e999"])
def test_numbers_are_finite(tmp_path: Path, key: str, number: str) -> None:
    text = {
        "level": f"level: {number}",
        "exchange.threshold": f"exchange: {{threshold: {number}}}",
        "attributes.0.bins.0": f"attributes: [{{column: g, bins: [{number}]}}]",
        "policy.waivers.0.ceiling": "policy: {waivers: [{rule: r, reason: r, owner: o, approver: a, "
        f"granted: 2026-01-01, expires: 2026-01-02, ceiling: {number}}}]}}",
    }[key]
    lines = [line for line in GOOD.splitlines() if not text.startswith(line.split(":")[0])]
    with pytest.raises(ConfigError, match=key):
        load_config(write(tmp_path, "\n".join([*lines, text])))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('output: {title: "a\\ud800"}', "output.title"),
        ('gaps: {concepts: {"\\udfff": [a]}}', "gaps.concepts"),
        ('gaps: {concepts: {a: [b, "\\ud83d"]}}', "gaps.concepts.a.1"),
    ],
)
def test_half_characters_are_refused(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError, match=rf"{key}: character \d is half a character"):
        load_config(write(tmp_path, GOOD + text))


def test_files_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"not UTF-8 text: byte 1 is 0xff"):
        load_config(write(tmp_path, "a: 1".encode("utf-16")))
    assert load_config(write(tmp_path, b"\xef\xbb\xbf" + GOOD.encode())).level == 0.95
    with pytest.raises(ConfigError, match="cannot be read"):
        read_yaml(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("polcy: {}", "polcy: unknown key; did you mean 'policy'"),
        ("explanations: {sampel: 3}", "explanations.sampel: unknown key; did you mean 'sample'"),
        (
            "policy: {rules: [{metrics: accuracy, metric: accuracy, limit: 1}]}",
            "metrics: unknown key; did you mean 'metric'",
        ),
        ("discovery: {columns: [{column: g, bin: [1]}]}", "bin: unknown key; did you mean 'bins'"),
        ("zzzz: 1", "zzzz: unknown key\n"),
        ("policy: {presets: [four-fifth]}", "'four-fifth' is not one of 'four-fifths', "),
        ("policy: {on_inconclusive: fial}", "'fial' is not one of 'pass', 'warn', 'fail'; did you mean 'fail'?"),
        ("explanations: {which: samples}", "did you mean 'sample'?"),
        ("crossings: [[g, gg]]", "'gg' is not an attribute; attributes are 'g'; did you mean 'g'?"),
    ],
)
def test_an_unknown_key_names_the_one_that_was_meant(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(write(tmp_path, GOOD + text))
    assert told in str(error.value)
