"""What is printed for people: lines of the terminal's width, no markup, the verdict first."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.config import PolicyConfig, RuleConfig
from audit.policy.judge import judge
from audit.report.lines import columns
from audit.report.terminal import Line, Page, tell_judgement, wrap
from audit.report.verdicts import why
from audit.report.wording import Catalogue
from tests.findings.helpers import audited, rows
from tests.policy.test_judge import rates, result

RULES = PolicyConfig(
    rules=(
        RuleConfig(metric="selection_rate", limit=0.5),
        RuleConfig(metric="selection_rate", at_least=0.8),
        RuleConfig(metric="selection_rate", limit=0.2, name="two tenths"),
    )
)


def plain(lines: list[Line]) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


def judged(sizes: dict[str, tuple[int, int]], policy: PolicyConfig = RULES, width: int = 80) -> str:
    made = result(rates(sizes))
    told: dict[str, Any] = {"title": "t", "model": None, "classes": ["no", "yes"]}
    told["data"] = SimpleNamespace(name="data.csv", nothing=None, decisions=2000, rows=2000)
    made = made.model_copy(update=told | {"judgement": judge(made, policy)})
    return plain(tell_judgement(made, Catalogue(), width))


def test_the_verdict_comes_first_and_rules_follow_worst_first() -> None:
    said = judged({"a": (300, 1000), "b": (500, 1000)})
    assert said.startswith("Fail. At least one rule fails")
    assert re.findall(r"^  (Fail|Inconclusive|Pass) ", said, re.M) == ["Fail", "Inconclusive", "Pass"]
    assert "rule: two tenths" in said


@pytest.mark.parametrize("width", [50, 80, 120])
@pytest.mark.parametrize("name", ["a", "|a|*b*_c_#`<b>&amp;", "x" * 110, "一个很长的群体名称" * 9, "two words"])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_marked_up(name: str, width: int) -> None:
    said = judged({name: (300, 1000), "b": (500, 1000)}, width=width)
    assert max(map(columns, said.split("\n"))) <= width
    assert "\\" not in said and "&lt;" not in said and "|--" not in said
    # Nothing of a name is lost or written otherwise.
    assert name.replace(" ", "") in re.sub(r"\s", "", said)


@given(st.text(), st.integers(4, 90))
def test_lines_hold_all_words_and_are_never_too_wide(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(columns(line) <= width for line in lines)
    assert all("\n" not in line and not line.startswith(" ") and not line.endswith(" ") for line in lines)


def test_lines_break_at_blanks_and_between_chinese_characters() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("12.3\u00a0% of a", 8) == ["12.3\u00a0%", "of a"]
    assert wrap("公平性审计。通过", 10) == ["公平性审", "计。通过"]
    assert wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"]


def test_a_table_that_is_too_wide_becomes_a_list() -> None:
    head, rows = ["Group", "Decisions", "Changed"], [["g: a", "1,200", "3.0 %"], ["g: longer", "7", "–"]]
    page = Page(60)
    page.table(head, rows)
    assert plain(page.lines).split("\n") == [
        "  Group      Decisions  Changed",
        "  g: a           1,200    3.0 %",
        "  g: longer          7        –",
    ]
    page = Page(40)
    page.table(head, [["g: " + "a" * 30, "1,200", "3.0 %"]])
    assert plain(page.lines).split("\n") == ["  - g: " + "a" * 30, "    Decisions: 1,200", "    Changed: 3.0 %"]


def test_a_pass_says_which_failures_it_leaves_aside(tmp_path: Path) -> None:
    apart = rows({"a": (0.9, 0.1), "b": (0.5, 0.1)})
    warned = audited(tmp_path / "warned", apart, "mild")
    held = audited(tmp_path / "held", apart, {"metric": "selection_rate", "limit": 0.9, "name": "wide"})
    told = {name: why(result.judgement, Catalogue.of(result)) for name, result in (("w", warned), ("h", held))}
    assert warned.judgement is not None
    assert warned.judgement.status == "pass"
    assert "Every rule holds" in told["h"]
    assert "Every rule holds" not in told["w"]
    assert "1 fail" in told["w"]
