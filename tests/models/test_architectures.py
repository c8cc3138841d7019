"""The tables of families in docs/models.md are true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.registry import load_adapter
from audit.testing import check_adapter
from tests.models import pictures
from tests.models.architectures import save, tokenizers

DOCS = (Path(__file__).parents[2] / "docs" / "models.md").read_text().split("\n### ")
#: What a model is for -> the part of the documentation that holds its table.
TABLES = {
    "SequenceClassification": next(part for part in DOCS if part.startswith("Classes and labels")),
    "TokenClassification": next(part for part in DOCS if part.startswith("Tags of words")),
    "ImageClassification": next(part for part in DOCS if part.startswith("Classes of pictures")),
}
ROWS = [
    (head, *row)
    for head, part in TABLES.items()
    for row in re.findall(r"^\| `([\w-]+)` \| (works|decisions only|refused) \| (.*?) ?\|$", part, re.MULTILINE)
]


@pytest.fixture(scope="module")
def kinds(checkpoints: dict[str, Path]) -> dict[str, Any]:
    return tokenizers(checkpoints["bert"])


@pytest.mark.parametrize(
    ("head", "least"), [("SequenceClassification", 45), ("TokenClassification", 45), ("ImageClassification", 30)]
)
def test_the_tables_are_read_whole(head: str, least: int) -> None:
    rows = [row for row in ROWS if row[0] == head]
    assert len(rows) == TABLES[head].count("\n| `") >= least
    assert {state for _, _, state, _ in rows} <= {"works", "decisions only", "refused"}
    assert all(bool(reason) == (state != "works") for _, _, state, reason in rows)


@pytest.mark.filterwarnings("ignore")  # of transformers, over configurations as small as these
@pytest.mark.parametrize(("head", "family", "state", "reason"), ROWS, ids=[f"{row[1]}-{row[0]}" for row in ROWS])
def test_a_family(head: str, family: str, state: str, reason: str, kinds: dict[str, Any], tmp_path: Path) -> None:
    images = head == "ImageClassification"
    path = pictures.save(family, tmp_path) if images else save(family, kinds, tmp_path, head)
    config = ModelConfig(path=path, device="cpu")
    if state == "refused":
        with pytest.raises(ModelError, match=re.escape(reason)):
            load_adapter(config)
        return
    adapter = load_adapter(config)
    assert adapter.notes == []
    if images:
        check_adapter(adapter, pictures.examples(3))
    assert reason in (adapter.unexplainable or "")
    assert (adapter.unexplainable is None) == (state == "works")
