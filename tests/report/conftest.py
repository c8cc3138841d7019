"""Shared by tests of the page: an audit in which every string is hostile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import audit
from tests.conftest import make_texts

HOSTILE = [
    "<script>document.title='owned'</script>",
    "</script><script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "{{ 7*7 }}{% for x in y %}",
    "${7*7} <%= 7*7 %> #{7*7}",
    "\u202egnp.exe\u2066",
    "=HYPERLINK('http://evil.example','x')",
    "javascript:document.title='owned'",
    "<b>bold</b><a href='http://evil.example'>x</a>",
    "http://evil.example/pixel.png",
]


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory: pytest.TempPathFactory, checkpoints: dict[str, Path]) -> Path:
    """An audit with hostile strings in every field that a user or the data can fill."""
    folder = tmp_path_factory.mktemp("hostile")
    texts = make_texts(60)
    rows = [
        {
            "id": f"{HOSTILE[i % 10]} {i}",
            "text": f"{HOSTILE[(i * 3) % 10]} {texts[i]}",
            "label": "no" if i % 3 else "yes",
            HOSTILE[0]: HOSTILE[i % 10],
            HOSTILE[3]: HOSTILE[i % 2],
        }
        for i in range(60)
    ]
    path = folder / "data<i>.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    config = {
        "model": {"path": str(checkpoints["bert"])},
        "data": {
            "path": str(path),
            "columns": {"input": "text", "label": "label", "id": "id"},
            "positive_label": "yes",
        },
        "attributes": [HOSTILE[0], {"column": HOSTILE[3], "name": HOSTILE[2]}],
        "crossings": [[HOSTILE[0], HOSTILE[2]]],
        "explanations": {"sample": 20, "shown": 12, "least_contrast": 0.3},
        "exchange": {"threshold": 0.03},
        "gaps": {"sample": 60, "metrics": ["selection_rate"], "resamples": 200},
        # Fails, so that its errors are flagged beside the flips.
        "policy": {"rules": [{"metric": "accuracy", "limit": 0.001, "evidence": "point"}]},
        "output": {
            "folder": str(folder / "run"),
            "title": HOSTILE[1],
            "intended_use": HOSTILE[2],
            "contact": HOSTILE[4],
        },
    }
    audit.run(config)
    return folder / "run"
