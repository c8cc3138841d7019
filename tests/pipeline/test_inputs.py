"""What readers may see of the data is kept once, and a run that goes on leaves the same bytes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import audit
from audit.config import AuditConfig
from audit.pipeline.inputs import keep_inputs
from audit.store.runfolder import RunFolder
from audit.store.tables import read_table


def test_keeping_again_what_is_kept_changes_no_byte(tmp_path: Path) -> None:
    rows = pd.DataFrame({"id": range(40), "text": [f"word {i} of many" for i in range(40)]})
    rows = rows.assign(y=[i % 2 for i in range(40)], p=[i // 3 % 2 for i in range(40)], g=list("ab") * 20)
    rows.to_csv(tmp_path / "rows.csv", index=False)
    plain = {
        "data": {
            "path": str(tmp_path / "rows.csv"),
            "columns": {"input": "text", "label": "y", "prediction": "p", "id": "id"},
            "positive_label": "1",
        },
        "attributes": ["g"],
        "output": {"folder": str(tmp_path / "run")},
    }
    audit.run(plain)
    folder, config = RunFolder(tmp_path / "run"), AuditConfig.model_validate(plain)
    # In two steps, as where a run is killed between them; and in one.
    folder.inputs.unlink(missing_ok=True)
    keep_inputs(config, folder, [str(i) for i in range(10)])
    keep_inputs(config, folder, [str(i) for i in range(20)])
    twice = folder.inputs.read_bytes()
    keep_inputs(config, folder, [str(i) for i in range(20)])
    assert folder.inputs.read_bytes() == twice
    assert read_table(folder.inputs)["input"].to_pylist() == [f"word {i} of many" for i in range(20)]
    folder.inputs.unlink()
    keep_inputs(config, folder, [str(i) for i in range(20)])
    assert folder.inputs.read_bytes() == twice
