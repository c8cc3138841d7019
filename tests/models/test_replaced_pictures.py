"""Pictures as a function of the user's own gets them, and an audit of such a function."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest

import audit
from audit.config import AuditConfig, parse_config
from audit.data.examples import Image
from audit.errors import ModelError
from audit.models.registry import load_adapter
from audit.models.replaced_pictures import GRID, Pictures
from audit.testing import check_adapter

#: Says `light` of pictures whose top left is light.
SCORER = """
import numpy as np

def predict(pictures):
    corner = [np.asarray(one.convert("L"), float)[: one.height // 7, : one.width // 7].mean() for one in pictures]
    p = 1 / (1 + np.exp(-(np.array(corner) - 128) / 20))
    return np.stack([1 - p, p], 1)
"""


def png(corner: int, size: tuple[int, int] = (28, 21), seed: int = 0) -> bytes:
    rng = np.random.default_rng(seed)
    width, height = size
    values = rng.integers(100, 156, (height, width, 3)).astype(np.uint8)
    values[: -(-height // 7), : -(-width // 7)] = corner
    out = io.BytesIO()
    PIL.Image.fromarray(values).save(out, "PNG")
    return out.getvalue()


def configured(folder: Path, rows: int = 24, **more: Any) -> AuditConfig:
    (folder / "scorer.py").write_text(SCORER)
    pictures = [png([20, 235][i % 2], seed=i) for i in range(rows)]
    pictures[3] = b"no picture"
    frame = pd.DataFrame({"image": pictures, "y": ["dark", "light"] * (rows // 2), "group": list("aabb") * (rows // 4)})
    frame.to_parquet(folder / "rows.parquet")
    raw = {
        "model": {"callable": "scorer:predict", "classes": ["dark", "light"]},
        "data": {
            "path": "rows.parquet",
            "columns": {"image": "image", "label": "y"},
            "positive_label": "light",
        },
        "attributes": ["group"],
        "explanations": {"sample": 6, "shown": 2},
        "gaps": {"sample": 0},
        "output": {"folder": "run"},
        **more,
    }
    return parse_config(raw, base=folder)


def adapter_of(config: AuditConfig) -> Any:
    assert config.model is not None
    return load_adapter(config.model, config)


def test_the_adapter_keeps_every_promise(tmp_path: Path) -> None:
    adapter = adapter_of(configured(tmp_path))
    assert adapter.facts().grid == GRID
    tried = check_adapter(adapter, [Image(png(20)), Image(png(235, (40, 40))), Image(png(128, (9, 60), 1))])
    assert "replacing a unit changes what is said" in tried
    assert adapter.probes == {"tone", "light"}


@pytest.mark.parametrize("size", [(28, 21), (7, 7), (1, 1), (300, 5)])
def test_what_is_kept_stays_to_the_pixel_and_the_rest_is_blurred(size: tuple[int, int]) -> None:
    replacing = Pictures()
    item = replacing.encode(Image(png(255, size)))
    kept = np.zeros((2, 49), bool)
    kept[0] = True
    kept[1, 0] = True
    whole, corner = (np.asarray(one) for one in replacing.given([item, item], kept))
    original = np.asarray(PIL.Image.open(io.BytesIO(png(255, size))))
    assert (whole == original).all()
    rows, columns = (np.arange(n) * 7 // n for n in (size[1], size[0]))
    here = (rows[:, None] == 0) & (columns == 0)
    assert (corner[here] == original[here]).all()
    if min(size) >= 21:
        assert corner[~here].std() < original[~here].std()


def test_what_cannot_be_decoded_has_its_reason_and_what_is_no_picture_is_refused() -> None:
    replacing = Pictures()
    assert replacing.encode(Image(b"no picture")).failed == "unreadable_image"
    assert replacing.encode(Image(None)).failed == "no_image"
    with pytest.raises(ModelError, match="reads pictures"):
        replacing.encode("a text")


def test_an_audit_explains_by_patches(tmp_path: Path) -> None:
    result = audit.run(configured(tmp_path))
    assert result.data.failures == {"unreadable_image": 1}
    assert result.explanations is not None and result.explanations.method == "shapley_sampling"
    found = pd.read_parquet(tmp_path / "run" / "attributions.parquet")
    assert len(found) == 6
    for one in found.to_dict("records"):
        phi = np.asarray(one["attributions"])
        # The one patch that decides has all that there is to explain.
        assert phi.argmax() == 0 and np.abs(phi[1:]).sum() <= one["error"] + 1e-6
        assert phi.sum() == pytest.approx(one["f_input"] - one["f_baseline"], abs=1e-4)
    assert (tmp_path / "run" / "report.html").exists()
