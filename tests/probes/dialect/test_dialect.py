"""Features of other varieties of English: written where there is a place for them, and nowhere else."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.config.probes import DialectConfig
from audit.errors import ConfigError
from audit.probes.dialect.probe import Dialect, edits_of
from audit.probes.dialect.rules import load_rules
from audit.probes.edited import edited
from audit.probes.variants import ProbedRow

RULES = {rule.code: rule for rules in load_rules(("african_american", "indian"), ()).values() for rule in rules}


def written(text: str, *codes: str) -> str:
    return str(edited(text, edits_of(text, [RULES[code] for code in codes])))


@pytest.mark.parametrize(
    ("code", "text", "new"),
    [
        ("zero_copula", "They are leaving now, and she's working.", "They leaving now, and she working."),
        ("zero_copula", "They are being rude. It is raining.", None),
        ("zero_copula", "He's gone. They were leaving.", None),
        ("aint", "It is not fair and they aren't here.", "It ain't fair and they ain't here."),
        ("aint", "This ISN'T fair", "This AIN'T fair"),
        ("negative_concord", "We don't have any time.", "We don't have no time."),
        ("negative_concord", "We don't live here any more.", None),
        ("negative_concord_thing", "I didn't see anybody", "I didn't see nobody"),
        ("habitual_be", "She is always helping us.", "She be always helping us."),
        ("them_for_those", "Those people like those cars.", "Them people like them cars."),
        ("them_for_those", "Those who know, and those are mine.", None),
        ("yall", "You guys were great", "Y'all were great"),
        ("dont_for_doesnt", "He doesn't care, it does not matter.", "He don't care, it don't matter."),
        ("stative_progressive", "We know the answer.", "We are knowing the answer."),
        ("stative_progressive", "Do you know the answer? Nice to you want it.", None),
        ("invariant_tag", "She lives here, doesn't she?", "She lives here, isn't it?"),
        ("discuss_about", "We discussed the plan.", "We discussed about the plan."),
        ("discuss_about", "We discussed about the plan.", None),
        ("requesting_for", "I am requesting some leave.", "I am requesting for some leave."),
    ],
)
def test_a_feature_is_written_where_there_is_a_place_for_it(code: str, text: str, new: str | None) -> None:
    assert written(text, code) == (new or text)


def test_a_variety_is_all_of_its_rules_at_once_and_each_by_itself() -> None:
    row = ProbedRow("r", "They are leaving, and he doesn't have any time.", None, "yes", {})
    made = {
        variant.transform: variant for variant in Dialect(DialectConfig(varieties=("african_american",))).variants(row)
    }
    whole = made["african_american"].version
    assert whole is not None and whole.text == "They leaving, and he doesn't have no time."
    assert made["aint"].refused == "no_feature"
    alone = made["negative_concord"].version
    assert alone is not None and alone.text == "They are leaving, and he doesn't have no time."


def test_addresses_and_mentions_stay() -> None:
    text = "see https://example.org/those-cars and @those people"
    assert written(text, "them_for_those") == text


@given(st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_edits_never_overlap_and_make_the_text(text: str) -> None:
    edits = edits_of(text, list(RULES.values()))
    assert all(one.end <= other.start for one, other in pairwise(edits))
    assert all(text[edit.start : edit.end] == edit.old != edit.new for edit in edits)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("varieties: {ours: [{code: a, source: s, find: '(', put: x}]}", "find, put"),
        ("varieties: {ours: [{code: a, source: s, find: 'b*', put: x}]}", "matches nothing at all"),
        ("varieties: {ours: [{code: a, source: s, find: b, put: '\\2'}]}", "find, put"),
        ("varieties: {indian: [{code: a, source: s, find: b, put: x}]}", "is there already"),
        ("varieties: {ours: [{code: aint, source: s, find: b, put: x}]}", "two rules or varieties are called 'aint'"),
        ("rules: []", "varieties"),
    ],
)
def test_wrong_rules_are_refused_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_rules(("african_american", "indian"), (file,))


def test_an_unknown_variety_is_named_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="no variety 'scots'; there are 'african_american', 'indian'"):
        load_rules(("scots",), ())
