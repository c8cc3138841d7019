"""Whose decisions does a typing error change? Where it was planted, where it was not, and under two real models.

Planted: one screening model that treats groups alike, and its test statements twice: as they are, and with those of one
group as a bad keyboard writes them (neighbouring keys, severity 5). The probe changes both once more. Figures are those
of the audit.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

import audit
from audit.probes.robustness.registry import transforms_for
from audit.probes.robustness.transform import Changed, seed_of
from audit.result import ProbeResult

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
#: Decisions that the probe asks about; the published figures are of 400, and of 600 where something is planted.
SAMPLE = int(os.environ.get("BENCH_ROWS", "200"))
#: Of the planted sample.
TRAINING_ROWS, TEST_ROWS, SEED, EPOCHS = 5000, 2500, 7, 4
TYPING = ("keyboard", "swapped_letters", "dropped_letter", "doubled_letter")


def asked(
    model: Path, data: dict[str, Any], attributes: list[str], robustness: dict[str, Any], sample: int = SAMPLE
) -> ProbeResult:
    with tempfile.TemporaryDirectory() as folder:
        result = audit.run(
            {
                "model": {"path": str(model)},
                "data": data,
                "attributes": attributes,
                "explanations": {"which": "none"},
                "probes": {"sample": sample, "robustness": robustness, "adversarial": None},
                "output": {"folder": str(Path(folder) / "run")},
            }
        )
    (found,) = result.probes
    seconds = result.timings.seconds["probe: robustness"]
    print(f"{found.asked} decisions, {found.variants:,} changed rows, {found.queries:,} questions, {seconds:.0f} s")
    return found


def tell(found: ProbeResult) -> None:
    """Print shares of changed decisions by change and severity, then by group, then gaps and refusals."""
    severities = found.severities
    print(f"| change | {' | '.join(f'severity {s}' for s in severities)} | not made |")
    print(f"|---|{'---|' * (len(severities) + 1)}")
    refused = {name: sum(item.n for item in found.refused if item.transform == name) for name in found.transforms}
    for name in found.transforms:
        rates = {rate.severity: rate for rate in found.rates if rate.transform == name and not rate.attributes}
        cells = [f"{rates[s].rate:.1%}" if s in rates and rates[s].rate is not None else "" for s in severities]
        print(f"| `{name}` | {' | '.join(cells)} | {refused[name]} |")
    print("| group | under any | n |\n|---|---|---|")
    for value in found.metrics:
        if value.metric == found.metric and None not in {value.value, value.lower, value.upper}:
            print(f"| {' '.join(value.group) or 'all'} | {spoken(value.value, value.lower, value.upper)} | {value.n} |")
    for gap in found.clear_gaps.items:
        print(
            f"clear of chance, {gap.metric}: {' '.join(gap.high_group)} {gap.high_value:.1%}, "
            f"{' '.join(gap.low_group)} {gap.low_value:.1%}, at least {gap.lower:.1%} apart"
        )
    for name in found.transforms:
        said = sorted(((item.n, item.reason) for item in found.refused if item.transform == name), reverse=True)
        if said:
            print(f"not made, {name}: {', '.join(f'{reason} {n}' for n, reason in said)}")


def spoken(value: Any, lower: Any, upper: Any) -> str:
    return f"{value:.1%} ({lower:.1%} to {upper:.1%})"


def planted() -> None:
    sys.path.insert(0, str(ROOT / "sample_data"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, test = screener(folder)
        for label, frame in (("as written", test), ("women on a bad keyboard", on_a_bad_keyboard(test))):
            print(f"\n{label}")
            path = folder / f"{label.replace(' ', '_')}.csv"
            frame.to_csv(path, index=False)
            columns = {"input": "statement", "label": "shortlisted", "id": "application_id"}
            data = {
                "path": str(path),
                "columns": columns,
                "positive_label": "yes",
                "where": {"gender": ["female", "male"]},
            }
            tell(asked(model, data, ["gender"], {"transforms": list(TYPING), "severities": [1, 3]}))


def screener(folder: Path) -> tuple[Path, pd.DataFrame]:
    """Train a screening model on labels of a fair panel, in which nothing but merit counts."""
    import make_sample as sample  # type: ignore[import-not-found]
    import numpy as np
    import torch
    from applicants import Planting, judge, make_applicants  # type: ignore[import-not-found]

    train, test = make_applicants(TRAINING_ROWS, SEED, "train", 1), make_applicants(TEST_ROWS, SEED, "test", 5001)
    train["shortlisted"], test["shortlisted"] = judge(train, Planting(), SEED), judge(test, Planting(), SEED + 1)
    torch.manual_seed(SEED)
    tokenizer = sample._train_tokenizer(train["statement"].tolist(), folder)
    ids = [np.array(row) for row in tokenizer(train["statement"].tolist(), truncation=True)["input_ids"]]
    labels = (train["shortlisted"] == "yes").to_numpy(int)
    model = sample._finetune(sample._pretrain(ids, tokenizer, SEED), ids, labels, tokenizer, SEED, EPOCHS)
    model.save_pretrained(folder / "screener")
    tokenizer.save_pretrained(folder / "screener")
    print(f"accuracy on the labels of the panel {sample._accuracy(model, tokenizer, test):.3f}")
    return folder / "screener", test[sample.COLUMNS]


def on_a_bad_keyboard(test: pd.DataFrame) -> pd.DataFrame:
    (keyboard,) = transforms_for("text", ("en",), ("keyboard",))

    def typed(row: pd.Series) -> str:
        text = str(row["statement"])
        if row["gender"] != "female":
            return text
        made = keyboard.apply(text, len(keyboard.severities), seed_of(SEED, str(row["application_id"])))
        return str(made.example) if isinstance(made, Changed) else text

    return test.assign(statement=test.apply(typed, axis=1))


def hatecheck() -> None:
    frame = pd.read_csv(SHARED / "data" / "hatecheck_test_suite_cases.csv")
    label = frame["label_gold"].map({"hateful": "toxic", "non-hateful": "acceptable"})
    group = frame["target_ident"].fillna("none")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hatecheck.csv"
        rows = pd.DataFrame({"id": frame.index, "text": frame["test_case"], "label": label, "target": group})
        rows.to_csv(path, index=False)
        columns = {"input": "text", "label": "label", "id": "id"}
        data = {"path": str(path), "columns": columns, "positive_label": "toxic"}
        tell(asked(SHARED / "models" / "minilm-toxicity", data, ["target"], {}))


def cold() -> None:
    columns = {"input": "text", "label": "label", "id": "id"}
    data = {"path": str(SHARED / "data" / "cold_zh_test.csv"), "columns": columns, "positive_label": "offensive"}
    tell(asked(SHARED / "models" / "bert-cold-zh", data, ["topic"], {"languages": ["zh"]}))


def main() -> None:
    print("\nplanted")
    planted()
    for name, part in (("HateCheck, minilm-toxicity", hatecheck), ("COLD, bert-cold-zh", cold)):
        print(f"\n{name}")
        if SHARED.exists():
            part()
        else:
            print("skipped: needs the shared models and data")


if __name__ == "__main__":
    main()
