"""Models that were trained here: the one that learned its rows by heart gives them away, the other much less."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from audit.config import parse_config
from audit.errors import AuditError, ConfigError, DataError, ModelError
from audit.pipeline.run import run
from audit.result import AuditResult, MembershipValue
from tests.pipeline.remembering import configured, texts, train


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three models of the same 2,000 texts: by heart, held back, and with the texts of group b five times."""
    path = tmp_path_factory.mktemp("remembering")
    members, held_out = texts(2000, 1), texts(2000, 2)
    often = members[members["g"] == "b"]
    members.to_csv(path / "members.csv", index=False)
    held_out.to_csv(path / "held_out.csv", index=False)
    pd.concat([members, *[often] * 4]).to_csv(path / "repeated.csv", index=False)
    train(path, "overfitted", members, strength=1e-3)
    train(path, "regularised", members, strength=1e4)
    train(path, "duplicated", pd.concat([members, *[often] * 9]), strength=300.0)
    sys.path.insert(0, str(path))
    yield path
    sys.path.remove(str(path))


def audit(
    folder: Path, name: str, *, policy: list[dict[str, Any]] | None = None, documents: bool = False, **membership: Any
) -> AuditResult:
    raw = configured(folder, name, **membership)
    if policy:
        raw["policy"] = {"rules": policy}
    with pytest.MonkeyPatch.context() as patched:
        if not documents:
            patched.setattr("audit.pipeline.run.write_documents", _nothing)
        return run(parse_config(raw, base=folder), overwrite=True)


def _nothing(told: object) -> None:
    """Render no document."""


def value(result: AuditResult, attack: str = "loss", group: str | None = None) -> MembershipValue:
    assert result.membership is not None
    wanted = [] if group is None else [group]
    return next(v for v in result.membership.values if v.attack == attack and v.group == wanted)


RULES = [{"metric": "membership_auc", "at_most": 0.7}, {"metric": "membership_tpr_at_1_percent", "at_most": 0.15}]


@pytest.fixture(scope="module")
def overfitted(folder: Path) -> AuditResult:
    return audit(folder, "overfitted", policy=RULES, documents=True)


@pytest.fixture(scope="module")
def regularised(folder: Path) -> AuditResult:
    return audit(folder, "regularised", policy=[{**RULES[0], "over": ["g"]}, RULES[1]])


def test_what_is_learned_by_heart_is_told(overfitted: AuditResult, regularised: AuditResult) -> None:
    heart, back = value(overfitted), value(regularised)
    assert (heart.lower or 0) > (back.upper or 1)
    assert (heart.auc or 0) > 0.8
    assert (back.auc or 1) < 0.6
    one = heart.rates[0]
    assert one.value is not None
    assert one.lower is not None and one.upper is not None and one.lower <= one.value <= one.upper
    assert overfitted.membership is not None
    assert [len(curve.false_positive) > 20 for curve in overfitted.membership.roc] == [True, True]


def test_it_is_what_an_independent_computation_says(folder: Path, overfitted: AuditResult) -> None:
    """Scored by the function itself, the loss taken from its probabilities, and ranked by scikit-learn."""
    import overfitted as scorer  # type: ignore[import-not-found]

    tables = [pd.read_csv(folder / f"{name}.csv") for name in ("members", "held_out")]
    losses = []
    for table in tables:
        probability = np.maximum(scorer.predict(table["text"].tolist()), 1e-6)
        probability /= probability.sum(1, keepdims=True)
        losses.append(-np.log(probability[np.arange(len(table)), (table["label"] == "yes").to_numpy(int)]))
    member = np.repeat([1, 0], [len(losses[0]), len(losses[1])])
    # Float32 tells no more digits apart than these.
    signal = -np.round(np.concatenate(losses), 7)
    found = value(overfitted)
    assert found.auc == pytest.approx(roc_auc_score(member, signal), abs=2e-4)
    named, right, _ = roc_curve(member, signal, drop_intermediate=False)
    assert found.rates[0].value == pytest.approx(right[named <= 0.01].max(), abs=5e-3)
    assert overfitted.membership is not None
    assert overfitted.membership.members.mean_loss == pytest.approx(losses[0].mean(), abs=1e-5)


def test_rules_are_judged_on_the_bounds(overfitted: AuditResult, regularised: AuditResult) -> None:
    heart, back = overfitted.judgement, regularised.judgement
    assert heart is not None and back is not None
    first = heart.rules[0]
    assert first.status == "fail"
    assert first.lower is not None and first.lower > 0.7
    assert [rule.status for rule in back.rules] == ["pass", "pass"]
    worst = max(value(regularised, attack, group).upper or 1.0 for attack in ("loss", "class") for group in "ab")
    bound = back.rules[0].upper
    assert bound is not None and bound <= worst, "a one-sided bound is no wider than a two-sided one"
    assert overfitted.findings.items


def test_the_group_with_repeated_rows_is_remembered_more(folder: Path) -> None:
    result = audit(folder, "duplicated", members="repeated.csv")
    found = result.membership
    assert found is not None
    assert found.members.repeated == found.members.rows - found.members.compared > 0
    clear = [pair for pair in found.pairs if pair.holm_p < 0.05]
    assert clear
    assert {(tuple(pair.high_group), tuple(pair.low_group)) for pair in clear} == {(("b",), ("a",))}


def test_rows_of_both_sides_are_members(folder: Path) -> None:
    both = pd.concat([pd.read_csv(folder / "held_out.csv"), pd.read_csv(folder / "members.csv").head(150)])
    both.to_csv(folder / "mixed.csv", index=False)
    found = audit(folder, "regularised", held_out={"path": "mixed.csv"}, sample=300, by=[]).membership
    assert found is not None
    assert (found.held_out_is, found.held_out.known, found.held_out.rows) == ("file", 150, 2150)
    assert (found.members.compared, found.held_out.compared, found.groups, found.pairs) == (300, 300, [], [])


def test_decided_rows_and_rows_asked_again_have_the_same_loss(folder: Path, regularised: AuditResult) -> None:
    """The audited data as a file of their own: the same numbers, by another way."""
    again = audit(folder, "regularised", held_out="held_out.csv")
    assert value(again).model_dump() == value(regularised).model_dump()
    assert again.work["membership_rows"] == 4000
    assert regularised.work["membership_rows"] == 2000


def test_no_text_of_the_training_is_in_any_output(folder: Path, overfitted: AuditResult) -> None:
    said = pd.read_csv(folder / "members.csv")["text"]
    assert overfitted.membership is not None
    for path in (folder / "run-overfitted").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(text.encode() in content for text in said[:400]), path
    report = (folder / "run-overfitted" / "report.html").read_text()
    assert "Membership and leakage" in report


def test_an_interrupted_run_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from audit.pipeline import membership as stage

    raw = configured(folder, "regularised", sample=1200) | {"output": {"folder": "run-stopped"}}
    monkeypatch.setattr("audit.pipeline.run.write_documents", _nothing)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(stage, "attack", stop)
        with pytest.raises(KeyboardInterrupt):
            run(parse_config(raw, base=folder))
    resumed = run(parse_config(raw, base=folder), resume=True)
    assert resumed.timings.shards_reused >= 3
    whole = run(parse_config(raw | {"output": {"folder": "run-whole"}}, base=folder))
    assert resumed.membership == whole.membership


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"members": "nowhere.csv"}, DataError, "no such file"),
        ({"by": ["age"]}, ConfigError, "no attribute of whole rows"),
        ({"members": {"path": "members.csv", "columns": {"input": "words"}}}, ConfigError, "words"),
        ({"held_out": "members.csv"}, DataError, "are among the members"),
        ({"reference": "members.csv"}, ConfigError, "function of your own"),
        ({"sample": 1}, ConfigError, "greater than or equal to 10"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    folder: Path, change: dict[str, Any], error: type[AuditError], says: str
) -> None:
    with pytest.raises((error, ConfigError, DataError), match=says):
        audit(folder, "regularised", **({"members": "members.csv"} | change))


def test_a_second_model_tells_how_difficult_rows_are(
    model_case: Any, checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.pipeline.run.write_documents", _nothing)
    raw = model_case("bert", rows=80)
    base = Path(raw["data"]["path"]).parent
    table = pd.read_csv(raw["data"]["path"])
    table.assign(text=[f"{text} good word{i % 60}" for i, text in enumerate(table["text"])]).to_csv(
        base / "members.csv", index=False
    )
    membership = {"members": str(base / "members.csv"), "reference": str(checkpoints["roberta"])}
    raw |= {"probes": {"membership": membership}, "explanations": {"which": "none"}, "gaps": {"sample": 0}}
    found = run(parse_config(raw)).membership
    assert found is not None
    assert found.attacks == ["loss", "class", "difficulty"]
    assert found.outliers_by == "reference_loss"
    assert found.reference_sha256 is not None
    other = checkpoints["bert"].parent / "three"
    if not other.exists():
        import shutil

        shutil.copytree(checkpoints["bert"], other)
        config = json.loads((other / "config.json").read_text())
        config |= {"id2label": {"0": "no", "1": "maybe"}, "label2id": {"no": 0, "maybe": 1}}
        (other / "config.json").write_text(json.dumps(config))
    raw["probes"]["membership"]["reference"] = str(other)
    raw["output"] = {"folder": str(base / "other")}
    with pytest.raises(ModelError, match="decides between"):
        run(parse_config(raw))
