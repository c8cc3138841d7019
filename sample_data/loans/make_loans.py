"""Make the small tabular sample from nothing: applications for a loan, and a network that learned from past decisions.

    python sample_data/loans/make_loans.py                            # the committed sample
    python sample_data/loans/make_loans.py --penalty 0 --out /tmp/fair    # nothing planted

Past decisions went by income, debts and late payments; with `--penalty`, also against breaks in employment, which say
nothing about paying back and which women of this sample have more often. Takes a few seconds. DATASHEET.md says what
the committed sample holds.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file

HERE = Path(__file__).parent
PENALTY = 2.5
#: Of the encoding in audit.yaml: feature -> mean and scale, or the categories in the order of their columns.
NUMBERS = {"income": (32.0, 12.0), "debt_share": (0.3, 0.15), "late_payments": (1.0, 1.2), "break_months": (4.0, 9.0)}
CATEGORIES = {"purpose": ["car", "education", "home"]}


def make_applications(rows: int, seed: int, penalty: float) -> pd.DataFrame:
    """Draw applications, whether each was paid back, and how it was decided in the past."""
    rng = np.random.default_rng(seed)
    gender = rng.choice(["man", "woman"], rows)
    frame = pd.DataFrame(
        {
            "application": [f"L{number:04d}" for number in range(1, rows + 1)],
            "gender": gender,
            "age_group": rng.choice(["under 35", "35 or older"], rows),
            "income": rng.gamma(7, 4.6, rows).round(1),
            "debt_share": rng.beta(2.5, 6, rows).round(2),
            "late_payments": rng.poisson(1.0, rows),
            "break_months": np.where(
                rng.random(rows) < np.where(gender == "woman", 0.4, 0.1), rng.integers(6, 31, rows), 0
            ),
            "purpose": rng.choice(CATEGORIES["purpose"], rows, p=[0.4, 0.25, 0.35]),
        }
    )
    merit = (
        0.9 * (frame["income"] - 32) / 12
        - 0.8 * (frame["debt_share"] - 0.3) / 0.15
        - 0.9 * (frame["late_payments"] - 1)
    )
    chance = 1 / (1 + np.exp(-merit))
    frame["paid_back"] = np.where(rng.random(rows) < chance, "yes", "no")
    frame["approved"] = merit - penalty * (frame["break_months"] > 0) + rng.logistic(0, 0.7, rows) > 0
    frame["split"] = np.where(np.arange(rows) < rows // 2, "train", "test")
    return frame


def encoded(frame: pd.DataFrame) -> torch.Tensor:
    """Put features into columns, as audit.yaml says."""
    columns = [(frame[name] - mean) / scale for name, (mean, scale) in NUMBERS.items()]
    columns += [frame[name] == value for name, values in CATEGORIES.items() for value in values]
    return torch.tensor(np.stack([np.asarray(column, np.float32) for column in columns], 1))


def train(frame: pd.DataFrame, seed: int) -> torch.nn.Module:
    """Learn past decisions."""
    space: dict[str, object] = {}
    exec((HERE / "network.py").read_text(encoding="utf-8"), space)
    torch.manual_seed(seed)
    module: torch.nn.Module = space["build"]()  # type: ignore[operator]
    learned = frame[frame["split"] == "train"]
    x, y = encoded(learned), torch.tensor(learned["approved"].to_numpy(np.int64))
    optimiser = torch.optim.Adam(module.parameters(), lr=0.02, weight_decay=1e-3)
    for _ in range(200):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(module(x), y).backward()
        optimiser.step()
    return module


def make_loans(out: Path, *, rows: int = 4000, seed: int = 7, penalty: float = PENALTY) -> None:
    """Write the test split, the network and its weights."""
    out.mkdir(parents=True, exist_ok=True)
    frame = make_applications(rows, seed, penalty)
    save_file(train(frame, seed).state_dict(), out / "network.safetensors")
    test = frame[frame["split"] == "test"].drop(columns=["split", "approved"])
    test.to_csv(out / "loans.csv", index=False, lineterminator="\n")
    for name in ("network.py", "audit.yaml"):
        if out.resolve() != HERE.resolve():
            shutil.copy(HERE / name, out / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rows", type=int, default=4000, help="applications in all; half of them are the test split")
    parser.add_argument("--penalty", type=float, default=PENALTY, help="on breaks in employment; 0 plants nothing")
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    make_loans(options.out, rows=options.rows, seed=options.seed, penalty=options.penalty)


if __name__ == "__main__":
    main()
