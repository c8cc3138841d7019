"""What a model read is drawn by the kind of its places: words, fields, bars, patches."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.data.examples import Fields
from audit.report.drawing import Drawing, Kept, draw, sides
from audit.report.html import page_environment
from audit.report.marked import LEVELS
from audit.report.pictures import MOST_NUMBERED
from audit.report.wording import Catalogue
from audit.result import TextEdit

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
ROW = Fields(("age", "sex", "priors"), (42.0, "Female", 7.0))


def kept_fields(read: str, fields: Fields = ROW) -> Kept:
    pairs = zip(fields.names, fields.shown, strict=True)
    return Kept.of(read, fields.text, [{"name": name, "value": value} for name, value in pairs], None, None)


def whole_lines(fields: Fields, values: list[float]) -> dict[str, Any]:
    return {
        "starts": [start for start, _, _ in fields.lines],
        "ends": [end for _, _, end in fields.lines],
        "attributions": values,
    }


def html_of(drawing: Drawing, row: str = "r1") -> str:
    source = '{% import "macros.html.j2" as m with context %}{{ m.draw(d, row) }}'
    return page_environment().from_string(source).render(d=drawing, row=row, t=Catalogue(), view=None, r=None)


def test_features_are_bars_the_strongest_first() -> None:
    drawing = draw(kept_fields("features"), whole_lines(ROW, [-0.1, 0.02, 0.4]))
    assert [(row.name, row.value, row.attribution) for row in drawing.features] == [
        ("priors", "7", 0.4), ("age", "42", -0.1), ("sex", "Female", 0.02),
    ]  # fmt: skip
    assert [row.width for row in drawing.features] == [1.0, 0.25, pytest.approx(0.05)]
    html = html_of(drawing)
    assert html.count('class="against"') == 1
    assert html.count('class="for"') == 2
    assert "width: 25.00%" in html


def test_features_without_an_explanation_stand_in_their_own_order() -> None:
    drawing = draw(kept_fields("features"))
    assert [row.name for row in drawing.features] == ["age", "sex", "priors"]
    assert "track" not in html_of(drawing)


def test_what_is_no_number_has_no_bar() -> None:
    drawing = draw(kept_fields("features"), whole_lines(ROW, [float("nan"), 0.5, float("inf")]))
    assert (drawing.features[0].name, drawing.features[0].attribution) == ("sex", 0.5)
    assert {row.name: row.attribution for row in drawing.features}["age"] is None


def test_an_exchanged_feature_is_marked_on_both_sides_on_one_scale() -> None:
    start = ROW.lines[1][1]
    edit = TextEdit(start=start, end=start + 6, new="Male")
    after = ROW.with_value("sex", "Male")
    found = sides(
        kept_fields("features"), [edit], None, whole_lines(ROW, [0.1, 0.1, 0.1]), whole_lines(after, [0.1, 0.2, 0.1])
    )
    said = [{row.name: (row.value, row.width, row.marked) for row in side.features} for side in found]
    assert said[0] == {"age": ("42", 0.5, False), "sex": ("Female", 0.5, True), "priors": ("7", 0.5, False)}
    assert said[1] == {"age": ("42", 0.5, False), "sex": ("Male", 1.0, True), "priors": ("7", 0.5, False)}


def test_fields_of_a_prompt_stand_on_lines_of_their_own() -> None:
    prompt = Fields(("name", "letter"), ("Ann Lee", "I led\nten people: it was fun"))
    text = prompt.text
    starts = [text.index(word) for word in ("Ann", "Lee", "led", "fun")]
    values = {"starts": starts, "ends": [start + 3 for start in starts], "attributions": [0.1, -0.4, 0.2, 0.0]}
    drawing = draw(kept_fields("fields", prompt), values)
    assert [(line.name, "".join(piece["text"] for piece in line.pieces)) for line in drawing.fields] == [
        ("name", "Ann Lee"), ("letter", "I led\nten people: it was fun"),
    ]  # fmt: skip
    assert [piece["value"] for piece in drawing.fields[0].pieces] == [0.1, None, -0.4]
    assert html_of(drawing).count("<dt>") == 2


def test_a_whole_field_colours_its_value_alone() -> None:
    drawing = draw(kept_fields("fields"), whole_lines(ROW, [0.1, -0.2, 0.0]))
    assert [[(piece["text"], piece["step"]) for piece in line.pieces] for line in drawing.fields] == [
        [("42", 2)], [("Female", -LEVELS)], [("7", 0)],
    ]  # fmt: skip


def test_an_exchanged_field_is_marked_and_the_others_move() -> None:
    prompt = Fields(("name", "city"), ("Al", "Rome"))
    start = prompt.lines[0][1]
    before, after = sides(
        kept_fields("fields", prompt), [TextEdit(start=start, end=start + 2, new="Giovanna")], None, None, None
    )
    for side, name in ((before, "Al"), (after, "Giovanna")):
        assert [[(piece["text"], piece["marked"]) for piece in line.pieces] for line in side.fields] == [
            [(name, True)], [("Rome", False)],
        ]  # fmt: skip


def test_patches_are_coloured_where_they_are() -> None:
    values = {"starts": [0, 5], "ends": [1, 6], "attributions": [0.5, -0.25]}
    picture = draw(Kept.of("image", "", None, PNG, (2, 3)), values).picture
    assert picture is not None
    assert picture.colours == {"p5": "M0 0h1v1h-1z", "n2": "M2 1h1v1h-1z"}
    assert [(patch.row, patch.column, patch.value) for patch in picture.strongest] == [(1, 1, 0.5), (2, 3, -0.25)]
    assert [(patch.across, patch.down) for patch in picture.strongest] == [(0.5, 0.5), (2.5, 1.5)]
    html = html_of(Drawing("image", picture=picture))
    assert html.count(f"data:image/png;base64,{base64.b64encode(PNG).decode()}") == 2
    assert 'alt="Picture of r1"' in html
    assert "row 2, column 3" in html


def test_no_two_numbered_patches_that_pull_alike_touch() -> None:
    values = {"starts": list(range(16)), "ends": list(range(1, 17)), "attributions": [0.3 + i / 100 for i in range(16)]}
    picture = draw(Kept.of("image", "", None, PNG, (4, 4)), values).picture
    assert picture is not None
    places = [(patch.row, patch.column) for patch in picture.strongest]
    assert places[0] == (4, 4)
    assert all(max(abs(a - c), abs(b - d)) > 1 for a, b in places for c, d in places if (a, b) != (c, d))


def test_both_pictures_of_an_exchange_share_a_scale() -> None:
    weak, strong = ({"starts": [0], "ends": [1], "attributions": [value]} for value in (0.1, 0.5))
    other = PNG + b"2"
    before, after = sides(Kept.of("image", "", None, PNG, (1, 1)), [], other, weak, strong)
    assert before.picture is not None
    assert after.picture is not None
    assert list(before.picture.colours) == ["p1"]
    assert list(after.picture.colours) == ["p5"]
    assert before.picture.source != after.picture.source


@pytest.mark.parametrize("image", [None, b"<svg onload=alert(1)>", b""])
def test_what_is_no_thumbnail_is_not_put_into_a_page(image: bytes | None) -> None:
    drawing = draw(Kept.of("image", "", None, image, None))
    assert drawing.picture is not None
    assert drawing.picture.source is None
    html = html_of(drawing)
    assert "<img" not in html
    assert "cannot be shown" in html


def test_names_and_values_are_text() -> None:
    hostile = Fields(('"><script>x</script>', "b"), ("<img src=x onerror=y>", "{{ 1 }}"))
    for read in ("fields", "features"):
        html = html_of(draw(kept_fields(read, hostile)))
        assert not re.search(r"<(script|img)", html)
        assert "&lt;img src=x onerror=y&gt;" in html
    picture = Kept.of("image", "", None, PNG, (1, 1))
    assert "<script" not in html_of(draw(picture), '"><script>')


@settings(max_examples=40, deadline=None)
@given(
    grid=st.tuples(st.integers(1, 14), st.integers(1, 14)),
    values=st.lists(st.floats(-1, 1), min_size=196, max_size=196),
)
def test_every_patch_with_a_step_is_drawn_once(grid: tuple[int, int], values: list[float]) -> None:
    cells = grid[0] * grid[1]
    places = {"starts": list(range(cells)), "ends": list(range(1, cells + 1)), "attributions": values[:cells]}
    picture = draw(Kept.of("image", "", None, PNG, grid), places).picture
    assert picture is not None
    most = max(map(abs, values[:cells]))
    drawn = sorted(place for path in picture.colours.values() for place in re.findall(r"M(\d+) (\d+)h", path))
    wanted = sorted(
        (str(cell % grid[1]), str(cell // grid[1]))
        for cell in range(cells)
        if most and round(LEVELS * values[cell] / most)
    )
    assert drawn == wanted
    assert len(picture.strongest) <= MOST_NUMBERED
