"""Whatever is printed, no terminal and no CI system is given an order by it."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.say import ClosedPipe, Guarded, say, say_json, say_styled, shows_colours, width_of_output

ORDERS = [
    "\n::error::x",
    "::add-mask::x",
    "  ::stop-commands::x",
    "##[error]x",
    "##vso[task.complete]",
    "a\r::error::x",
]
NAUGHTY = st.text(
    st.sampled_from(["\n", "\r", "\x1b", "\x07", ":", "#", "[", "v", "s", "o", " ", "\u2028", "é", "\x9b"])
)


def obeyed(text: str) -> bool:
    """As the runners of GitHub, Azure and TeamCity read a line, and a terminal a character."""
    lines = re.split(r"\r\n|\r|\n", text)
    ordered = any(line.lstrip().startswith("::") or re.search(r"##[a-z]*\[", line) for line in lines)
    return ordered or bool(re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", text))


@pytest.mark.parametrize("name", ORDERS)
def test_orders_to_ci_systems_are_broken(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    say(f"{name}: 3")
    say(name, err=True)
    told = capsys.readouterr()
    assert not obeyed(told.out)
    assert not obeyed(told.err)
    assert told.out.count("\n") == 1


@pytest.mark.parametrize("name", ORDERS)
def test_styled_text_gives_no_orders_either(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    say_styled([[("  ", ""), (name, "fail")], [(name[:1], "fail"), (name[1:], "")]])
    told = capsys.readouterr().out
    assert not obeyed(told)
    assert told.count("\n") == 2


class Terminal(io.StringIO):
    """A stream behind which a person sits."""

    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    say_styled([[("Fail", "fail"), (" \x1b[32mPass", ""), ("  ", "strong")]])
    assert terminal.getvalue() == "\x1b[1;31mFail\x1b[0m ⟨U+001B⟩[32mPass  \n"
    assert not shows_colours(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not shows_colours(terminal)
    monkeypatch.setenv("NO_COLOR", "")
    assert shows_colours(terminal)
    monkeypatch.setenv("TERM", "dumb")
    assert not shows_colours(terminal)


def test_the_width_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "132")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert width_of_output() == 80
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert width_of_output() == 132


@given(st.lists(NAUGHTY))
def test_nothing_that_is_said_or_that_a_library_writes_is_obeyed(pieces: list[str]) -> None:
    out = io.StringIO()
    stream = Guarded(out)
    for piece in pieces:
        stream.write(piece)
    assert not obeyed(out.getvalue())


@given(st.dictionaries(NAUGHTY, NAUGHTY))
def test_json_means_the_same_and_is_not_obeyed(plain: dict[str, str]) -> None:
    out, before = io.StringIO(), sys.stdout
    sys.stdout = out
    try:
        say_json(plain)
    finally:
        sys.stdout = before
    assert json.loads(out.getvalue()) == plain
    assert not obeyed(out.getvalue())


def test_a_long_line_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    say("x" * 3_000_000)
    assert len(capsys.readouterr().out) < 5_000


def test_a_terminal_of_few_characters_gets_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    say("好 × é")
    assert raw.getvalue() == rb"\u597d \xd7 \xe9" + b"\n"


def test_a_reader_who_has_gone_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(sys, "stdout", Gone())
    with pytest.raises(ClosedPipe):
        say("x")


def test_nothing_prints_past_the_door() -> None:
    root = Path(__file__).parents[1] / "audit"
    for path in root.rglob("*.py"):
        if path.name != "say.py":
            assert not re.search(
                r"\bprint\(|click\.s?echo\(|sys\.(stdout|stderr)\.write|print_exc", path.read_text()
            ), path
