"""Each document says which files it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import audit
from audit.report.documents import ALL, Telling
from audit.store.manifest import DOCUMENTS
from audit.store.runfolder import RunFolder


def test_documents_are_the_files_they_say(stored: Any, table: Any, tmp_path: Path) -> None:
    path = table(y=[1, 0] * 20, p=[1, 0, 0, 1] * 10, g=["a", "b"] * 20)
    result = audit.run(stored(path, policy={"rules": [{"metric": "selection_rate", "limit": 0.9}]}))
    telling = Telling(RunFolder(tmp_path / "run"), result)
    for document in ALL:
        if document.code != "pdf":  # drawn by a browser
            assert tuple(document.render(telling)) == document.files
    assert sorted(name for document in ALL for name in document.files) == sorted(DOCUMENTS)
