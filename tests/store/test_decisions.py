"""Several decisions about a row: each has a name of its own, and what the row says holds for all."""

from __future__ import annotations

import pyarrow as pa

from audit.store.decisions import Decided, decision_id, decision_schema, several


def test_entities_that_begin_together_have_names_of_their_own() -> None:
    names = [decision_id("r", Decided("O", "O", position=3, last=last)) for last in (None, 3, 4, 5)]
    assert names == ["r#4", "r#4", "r#4-5", "r#4-6"]
    assert decision_id("r", Decided("O", "O", output="50% #1")) == "r#50%25 %231"
    assert decision_id("r", Decided("O", "O")) == "r"


def test_a_row_without_a_decision_is_never_called_as_words_of_another() -> None:
    rows = pa.table(
        {
            "row_id": ["r", "r#1-2", "r#", "r#1-2#"], "weight": [1.0] * 4, "count": [1] * 4,
            "cluster": pa.array([None] * 4, pa.string()),
        }
    )  # fmt: skip
    nothing = Decided("O", "O", status="nothing")
    entities = [Decided("person", "O", position=0, last=1), Decided("place", "O", position=3)]
    for decided in ([entities, [nothing], [nothing], [nothing]], [[nothing], entities, entities, entities]):
        names = several(rows, decided, decision_schema([]))["row_id"].to_pylist()
        assert len(set(names)) == len(names)


def test_what_a_row_says_holds_for_each_of_its_decisions() -> None:
    rows = pa.table(
        {
            "row_id": ["a", "b", "c"], "weight": [1.0, 2.0, 3.0], "count": [1, 1, 1],
            "cluster": pa.array([None, "k", None], pa.string()),
        }
    )  # fmt: skip
    one = Decided("person", "O", position=0, last=1, start=0, end=9, visible=8, logits=[1.0, 0.0])
    other = Decided("O", "person", position=0)
    table = several(rows, [[one, other], [], [other]], decision_schema([]))
    assert table["row_id"].to_pylist() == ["a#1-2", "a#1", "c#1"]
    assert table["example"].to_pylist() == ["a", "a", "c"]
    assert table["weight"].to_pylist() == [1.0, 1.0, 3.0]
    assert table["cluster"].to_pylist() == ["a", "a", "c"]
    assert table["visible"].to_pylist() == [8, None, None]
