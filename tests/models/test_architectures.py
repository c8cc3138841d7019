"""The table of families in docs/models.md is true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.registry import load_adapter
from tests.models.architectures import save, tokenizers

DOCS = Path(__file__).parents[2] / "docs" / "models.md"
ROWS = re.findall(r"^\| `([\w-]+)` \| (works|decisions only|refused) \| (.*?) ?\|$", DOCS.read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def kinds(checkpoints: dict[str, Path]) -> dict[str, Any]:
    return tokenizers(checkpoints["bert"])


def test_the_table_is_read_whole() -> None:
    assert len(ROWS) == DOCS.read_text().count("\n| `") >= 45
    assert {state for _, state, _ in ROWS} == {"works", "decisions only", "refused"}
    assert all(bool(reason) == (state != "works") for _, state, reason in ROWS)


@pytest.mark.filterwarnings("ignore")  # of transformers, over configurations as small as these
@pytest.mark.parametrize(("family", "state", "reason"), ROWS, ids=[row[0] for row in ROWS])
def test_a_family(family: str, state: str, reason: str, kinds: dict[str, Any], tmp_path: Path) -> None:
    config = ModelConfig(path=save(family, kinds, tmp_path), device="cpu")
    if state == "refused":
        with pytest.raises(ModelError, match=re.escape(reason)):
            load_adapter(config)
        return
    adapter = load_adapter(config)
    assert adapter.notes == []
    assert reason in (adapter.unexplainable or "")
    assert (adapter.unexplainable is None) == (state == "works")
