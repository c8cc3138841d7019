"""Long lists travel as trees of elements and texts."""

from __future__ import annotations

import pytest
from markupsafe import Markup, escape

from audit.report.islands import Island, texts, tree, unpack


def test_markup_becomes_elements_and_texts() -> None:
    assert tree('<p class="a" hidden>x &lt;b&gt; <b>y</b>\n</p>') == [
        ["p", {"class": "a", "hidden": ""}, "x <b> ", ["b", {}, "y"], "\n"]
    ]
    drawn = tree('<svg viewBox="0 0 1 1" preserveAspectRatio="none"><path d="M0 0"/></svg><br>')
    assert drawn == [
        ["svg", {"viewBox": "0 0 1 1", "preserveAspectRatio": "none"}, ["path", {"d": "M0 0"}]],
        ["br", {}],
    ]


@pytest.mark.parametrize("hostile", ["<script>x</script>", "</article>", "&amp;lt;", '" onload="x', "\u202e"])
def test_what_was_escaped_is_text(hostile: str) -> None:
    island = Island("list")
    assert island.add(Markup(f"<article><p>{escape(hostile)}</p></article>\n")) == ""
    shown = hostile.replace("\u202e", "⟨U+202E⟩")
    assert unpack(island.packed()) == [["article", {}, ["p", {}, shown]]]
    assert texts(f'<script type="text/plain" class="island" data-list="list">{island.packed()}</script>') == [shown]


@pytest.mark.parametrize(
    ("html", "what"), [("<p>", "not closed"), ("<p><b></p>", "closes"), ("<p></p><p></p>", "not 2")]
)
def test_what_is_no_single_whole_element_is_told(html: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        Island("list").add(Markup(html))
