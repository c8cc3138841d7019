from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from audit.findings.next_steps import step_rules
from audit.report import wording
from audit.report.wording import Catalogue, chart_text
from audit.text import LANGUAGES, visible


def test_control_characters_are_shown_not_obeyed() -> None:
    assert visible("a\u202eb\u2066c\u0007") == "a⟨U+202E⟩b⟨U+2066⟩c⟨U+0007⟩"
    assert visible("tab\tand\nline, אבג 好") == "tab\tand\nline, אבג 好"


def test_chart_labels_are_no_markup() -> None:
    assert chart_text("<b>x</b> & y") == "&lt;b&gt;x&lt;/b&gt; &amp; y"
    assert chart_text("a very long group name that needs several lines").count("<br>") == 1
    assert chart_text("x" * 200).endswith("…")
    assert chart_text("") == ""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: wording.percent(0.1234), "12.3\u00a0%"),
        (lambda: wording.percent(None), "–"),
        (lambda: wording.points(0.1234), "12.3"),
        (lambda: wording.decimal(1 / 3), "0.333"),
        (lambda: wording.count(1234567), "1,234,567"),
    ],
)
def test_numbers(call: object, expected: str) -> None:
    assert call() == expected


def test_an_unknown_code_is_told() -> None:
    with pytest.raises(LookupError, match=r"no words for the code 'nothing'"):
        Catalogue()("nothing")
    with pytest.raises(LookupError, match=r"summary\.difference"):
        Catalogue()("summary.difference")


def test_an_unknown_language_is_told() -> None:
    with pytest.raises(Exception, match="no report in language 'tlh'"):
        Catalogue("tlh")


def test_every_code_that_templates_and_modules_use_has_words() -> None:
    root = Path(__file__).parents[2]
    words = json.loads((root / "audit/report/messages/en.json").read_text())
    used: set[str] = set()
    for path in [*(root / "reports/templates").rglob("*.j2"), *(root / "audit/report").rglob("*.py")]:
        used |= set(re.findall(r"""\bt\(\s*["']([a-z_.]+)["'][,)]""", path.read_text()))
    assert len(used) > 60
    assert used <= set(words), sorted(used - set(words))
    prefixes = ("note.", "undefined.", "metric.", "section.", "data.status.", "data.outside.", "explanations.state.")
    prefixes += ("method.work.", "performance.chart", "verdict.", "gate.", "comparison.kind.", "limits.method.")
    prefixes += ("comparison.flip.", "comparison.way.", "comparison.left_out.", "comparison.which.")
    prefixes += ("comparison.side.", "page.", "card.", "compliance.", "frameworks.", "metrics.")
    prefixes += ("outcome.", "sheet.", "explanations.target.", "explanations.sanity.", "explanations.way.")
    prefixes += ("explanations.chance.", "why.condition.", "why.because.", "doubt.")
    prefixes += (
        "why.not.",
        "why.part.",
        "counterfactuals.refused.",
        "counterfactuals.lead.",
        "counterfactuals.side.",
        "flags.name.",
    )
    prefixes += ("data_audit.",)
    prefixes += ("finding.", "next.", "found.", "asked.", "phrase.", "amount.", "titled.", "comparison.said.")
    prefixes += ("summary.settled", "terminal.", "report.public.part.", "report.private.")
    prefixes += ("paper.audience.", "paper.digest.", "paper.over.", "paper.part.", "paper.grid.", "paper.column.")
    prefixes += ("social_impact.harm.", "social_impact.kind.", "social_impact.gain.", "social_impact.chart.")
    prefixes += ("social_impact.excess.",)
    prefixes += ("scorecard.", "comparison.dimension.")
    prefixes += ("privacy.attack.", "privacy.note.", "privacy.held_out.", "privacy.outliers.", "privacy.extracted.")
    prefixes += ("probe.", "probes.lead", "probes.outcome.", "probes.refused", "probes.says.")
    prefixes += ("monitor.", "method.engine.")
    prefixes += ("review.",)
    prefixes += ("probe.", "probes.lead", "probes.outcome.", "probes.refused", "probes.says.")
    prefixes += ("monitor.",)
    prefixes += ("social_impact.excess.", "remedies.caution.", "remedies.name.", "remedies.rule.")
    prefixes += ("flags.means.", "flags.severity.", "flags.confirmed.")
    prefixes += (
        "axis.",
        "list.",
        "decision.",
        "class.",
        "flags.disparity",
        "flags.names.",
        "names.refused.",
        "names.tried.",
    )
    unused = {code for code in words if code.split("@")[0] not in used and not code.startswith(prefixes)}
    assert not unused, sorted(unused)


def test_words_of_an_outcome_stand_for_those_of_all() -> None:
    words = json.loads((Path(__file__).parents[2] / "audit/report/messages/en.json").read_text())
    own = [code for code in words if "@" in code]
    assert len(own) > 30
    for code in own:
        plain, outcome = code.split("@")
        assert outcome in {"entities", "labels", "image", "fields", "features", "shapley_sampling"}, code
        assert plain in words, code
    assert Catalogue(outcome="entities").metric("true_positive_rate") == "Recall"
    assert Catalogue().metric("true_positive_rate") == "True positive rate"
    assert "Shapley" in Catalogue(method="shapley_sampling")("method.explanations")


def test_what_says_that_there_is_nothing_is_called_so() -> None:
    entities = Catalogue(outcome="entities", nothing="O")
    assert (entities.cls("O"), entities.cls("person"), entities.said("O")) == ("no entity", "person", "no entity")
    labels = Catalogue(outcome="labels", nothing="(none)")
    assert (labels.said("(none)"), labels.said("violence"), labels.cls("violence")) == ("no", "yes", "violence")
    assert Catalogue().cls("O") == "O"
    assert len(entities.cls("x" * 10_000)) < 200


def test_every_code_the_pipeline_makes_has_words() -> None:
    root = Path(__file__).parents[2] / "audit"
    words = json.loads((root / "report/messages/en.json").read_text())
    source = "".join(path.read_text() for path in sorted(root.rglob("*.py")))
    codes = {"rows_truncated", "rows_empty", "failed_not_finite"}
    codes |= set(re.findall(r'Note\(\s*code="([a-z_]+)"', source))
    assert len(codes) >= 9
    assert {f"note.{code}" for code in codes} <= set(words)


def test_what_rounds_to_zero_has_no_minus() -> None:
    from audit.report.wording import decimal, points, signed

    assert [decimal(-0.0), decimal(-0.0002), points(-0.0001), signed(-0.0)] == ["0.000", "0.000", "0.0", "0.000"]
    assert decimal(-0.5) == "-0.500"


def test_what_joins_words_is_of_the_language() -> None:
    en, zh = Catalogue("en"), Catalogue("zh")
    assert (en.listed(["a", "b"]), zh.listed(["甲", "乙"])) == ("a, b", "甲、乙")
    assert (en.clauses(["a", "b"]), zh.clauses(["甲", "乙"])) == ("a; b", "甲；乙")
    assert (en.sentences("A.", "", "B."), zh.sentences("甲。", "", "乙。")) == ("A. B.", "甲。乙。")
    assert (en.told("a", "b"), zh.told("甲", "乙")) == ("a, b", "甲，乙")
    assert (en.pair("a", "b"), zh.pair("甲", "乙")) == ("a: b", "甲：乙")
    assert (en.aside("a", "b"), zh.aside("甲", "乙")) == ("a (b)", "甲（乙）")
    assert (en.page_language, zh.page_language) == ("en", "zh-Hans")


def test_every_action_has_words_in_every_language() -> None:
    for language in LANGUAGES:
        words = Catalogue(language)
        for rule in step_rules():
            assert words.knows(f"next.{rule.action}")


def test_groups_of_lexicons_have_words() -> None:
    from audit.terms.loading import load_lexicons

    for language in ("en", "zh"):
        t = Catalogue(language)
        words = json.loads((Path(__file__).parents[2] / f"audit/report/messages/{language}.json").read_text())
        lexicons = load_lexicons(("en", "zh"))
        named = {f"axis.{axis}" for lexicon in lexicons for axis in lexicon.axes}
        named |= {
            f"axis.{name}.{group}" for lex in lexicons for name, axis in lex.axes.items() for group in axis.groups
        }
        assert named == {code for code in words if code.startswith("axis.")}
    assert t.identity("gender: female") == "性别：女性"
    assert t.swap("age", "older", "younger", both=True) == "年长者 ↔ 年轻者"
    assert Catalogue().identity("gender_identity: trans") == "gender identity: trans"
    # What users bring is called as they call it.
    assert (t.axis("caste"), t.among("caste", "dalit"), t.identity("slur")) == ("caste", "dalit", "slur")
