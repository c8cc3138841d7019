"""Pictures, from the rows to the report: a planted gap, broken files among good ones, kill and resume."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest
import torch
import transformers

import audit
import audit.pipeline.decide
from audit.cli import call
from audit.errors import AuditError, ConfigError, DataError, ExitCode
from audit.explain.sheet import fresh_sheet
from audit.store.runfolder import RunFolder
from tests.models.pictures import SIDE, png, save

Make = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def spots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier that looks where pictures are dark: at the upper left there is a spot, at the lower right none."""
    path = save("vit", tmp_path_factory.mktemp("spots"), ("clear", "spot"))
    model = transformers.ViTForImageClassification.from_pretrained(path)
    rng = np.random.default_rng(5)
    processor = transformers.AutoImageProcessor.from_pretrained(path, backend="pil")
    pictures = [picture(rng, spot=bool(i % 2)) for i in range(64)]
    inputs = processor(pictures, return_tensors="pt")["pixel_values"]
    # Of the random features that it has, those that tell the two places apart: a linear fit of the log-odds.
    with torch.inference_mode():
        features = model.eval().vit(inputs).last_hidden_state[:, 0]
    middle, truth = features.mean(0), torch.arange(64) % 2 * 6.0 - 3
    fitted = torch.linalg.lstsq(features - middle, truth).solution
    with torch.no_grad():
        model.classifier.weight.copy_(torch.stack([-fitted, fitted]) / 2)
        model.classifier.bias.copy_(torch.stack([middle @ fitted, -middle @ fitted]) / 2)
    model.save_pretrained(path)
    return path


def picture(rng: np.random.Generator, *, spot: bool) -> PIL.Image.Image:
    """A plain picture with a dark square."""
    values = rng.integers(170, 200, (SIDE, SIDE, 3))
    square = slice(8, 24) if spot else slice(-24, -8)
    values[square, square] -= 130
    return PIL.Image.fromarray(values.astype(np.uint8))


@pytest.fixture
def case(spots: Path, tmp_path: Path) -> Make:
    """A table of paths in two groups; spots of the second one are where the model does not look for them."""

    def make(rows: int = 80, broken: dict[int, bytes] | None = None, **changes: Any) -> dict[str, Any]:
        rng = np.random.default_rng(1)
        (tmp_path / "pictures").mkdir(exist_ok=True)
        names = [f"pictures/<b>{i}'\u00e9 .png" for i in range(rows)]
        for i, name in enumerate(names):
            made = png(picture(rng, spot=i % 4 == 2))
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes((broken or {}).get(i, made))
        table = {
            "id": [f"r{i}" for i in range(rows)],
            "file": names,
            "truth": ["clear" if i % 2 else "spot" for i in range(rows)],
            "group": ["b" if i % 4 in (0, 1) else "a" for i in range(rows)],
        }
        pd.DataFrame(table).to_csv(tmp_path / "rows.csv", index=False)
        return {
            "model": {"path": str(spots), "device": "cpu"},
            "data": {
                "path": str(tmp_path / "rows.csv"),
                "columns": {"image": "file", "label": "truth", "id": "id"},
                "positive_label": "spot",
            },
            "attributes": ["group"],
            "explanations": {"sample": 10, "shown": 4, "sanity": 2},
            "gaps": {"sample": 80, "resamples": 200},
            "policy": {"rules": [{"metric": "true_positive_rate", "limit": 0.2}]},
            "output": {"folder": str(tmp_path / "run")},
        } | changes

    return make


def test_a_planted_gap_is_found_and_explained(case: Make, tmp_path: Path) -> None:
    result = audit.run(case())
    assert result.judgement is not None and result.judgement.status == "fail"
    assert result.model is not None and result.model.grid == (8, 8)
    assert result.data.read == "image"
    why = result.explanations
    assert why is not None and why.sampled >= 10 and why.baseline == "blur"
    # Where the model finds none: the lower right ninth.
    assert next(word.word for word in why.words if word.cls == "clear") == "bottom right"
    assert {part.name for gap in result.gaps for part in gap.parts if part.kind == "region"} >= {"bottom right"}
    text = (tmp_path / "run" / "report.html").read_text()
    assert "<b>" not in text.replace("<body", "")
    inputs = pd.read_parquet(tmp_path / "run" / "inputs.parquet")
    assert len(inputs)


def test_broken_files_are_failed_decisions(case: Make) -> None:
    frames = [PIL.Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    import io

    stream = io.BytesIO()
    frames[0].save(stream, "gif", save_all=True, append_images=frames[1:])
    whole = png(PIL.Image.effect_noise((64, 64), 9))
    broken = {3: b"", 4: b"no picture", 5: whole[:300], 6: png(PIL.Image.new("RGB", (1, 1))), 7: stream.getvalue()}
    result = audit.run(case(broken=broken, explanations={"which": "none"}, gaps={"sample": 0}))
    assert result.data.failures == {"unreadable_image": 3}
    notes = {note.code: note.params for note in result.notes}
    assert notes["failed_unreadable_image"] == {"n": 3}
    assert notes["first_of_several"] == {"n": 1}
    assert result.data.statuses == {"failed": 3, "ok": 77}


def test_killed_and_resumed(case: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit.pipeline.decide, "WINDOW_PICTURES", 16)
    fewer = {"gaps": {"sample": 16, "resamples": 200}}
    expected = audit.run(case(**fewer, output={"folder": str(tmp_path / "whole")}))
    config, write, written = case(**fewer), audit.store.shards.Shards.write, []

    def dying(self: Any, number: int, *args: Any) -> None:
        if len(written) == 3:
            raise KeyboardInterrupt
        write(self, number, *args)
        written.append(number)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(audit.store.shards.Shards, "write", dying)
        audit.run(config)
    resumed = audit.run(config, resume=True)
    assert resumed.timings.shards_reused == 3
    left_out = {"timings", "config", "config_sha256"}
    assert resumed.model_dump(exclude=left_out) == expected.model_dump(exclude=left_out)
    # Another content of one file is another data set.
    (tmp_path / json.loads(json.dumps(pd.read_csv(tmp_path / "rows.csv")["file"][0]))).write_bytes(b"other")
    with pytest.raises(AuditError, match="data"):
        audit.run(config, resume=True)


def test_a_file_that_changes_while_it_is_audited_is_an_error(
    case: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = case()
    understand = audit.pipeline.run.understand

    def meddling(*args: Any) -> Any:
        name = pd.read_csv(tmp_path / "rows.csv")["file"][7]
        (tmp_path / name).write_bytes(png(PIL.Image.new("RGB", (5, 5))))
        return understand(*args)

    monkeypatch.setattr(audit.pipeline.run, "understand", meddling)
    with pytest.raises(DataError, match=r"column 'file', row 8: .* is no longer the file that was hashed"):
        audit.run(config)
    assert not (tmp_path / "run" / "result.json").exists()


def test_validate_and_single_rows(case: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = case(gaps={"sample": 0})
    (tmp_path / "audit.json").write_text(json.dumps(raw))
    path = tmp_path / "audit.json"
    assert call(["validate", str(path), "--model"]) == ExitCode.PASSED
    assert "reads pictures, explained in 8 × 8 patches" in capsys.readouterr().out
    result = audit.run(path)
    config = audit.AuditConfig.model_validate(raw)
    sheet = fresh_sheet(RunFolder(tmp_path / "run"), result, config, "r2", [])
    assert sheet.row_id == "r2"


def test_what_a_model_reads_must_be_named(case: Make, checkpoints: dict[str, Path]) -> None:
    config = case()
    config["data"]["columns"] = {"input": "file", "label": "truth"}
    with pytest.raises(ConfigError, match=r"image-classification, which reads data\.columns\.image"):
        audit.run(config)
    of_text = case(model={"path": str(checkpoints["bert"]), "device": "cpu"})
    of_text["data"]["label_map"] = {"spot": "yes", "clear": "no"}
    of_text["data"]["positive_label"] = "yes"
    with pytest.raises(ConfigError, match=r"text-classification, which reads data\.columns\.input"):
        audit.run(of_text)
