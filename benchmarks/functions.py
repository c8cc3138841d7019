"""Explanations of features against the truth: a network and a scikit-learn pipeline on COMPAS.

Both predict who is arrested again within two years from nine features, and are audited as functions that nobody looks
into, on rows whose Shapley values are computed by their definition, from the models themselves; the network also as
one, by integrated gradients beside 300 Gauss-Legendre nodes.

    python -m benchmarks functions
"""

from __future__ import annotations

import tempfile
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file

from audit.config import AuditConfig, parse_config
from audit.data.examples import Fields, examples_of
from audit.data.rows import RowReader
from audit.explain.integrate import shapley
from audit.explain.integrate.path import PathIntegrator
from audit.explain.integrate.shapley import ShapleySampler
from audit.models.registry import load_adapter

SOURCE = Path(__file__).parents[2] / "shared" / "data" / "compas-scores-two-years.csv"
NUMBERS = ("age", "priors_count", "juv_fel_count", "juv_misd_count", "juv_other_count", "days_b_screening_arrest")
CATEGORIES = ("sex", "race", "c_charge_degree")
FEATURES = dict.fromkeys(NUMBERS, "number") | dict.fromkeys(CATEGORIES, "category")
CLASSES = ["stays", "returns"]
ROWS = 50

NETWORK = """
import torch

def build(width, hidden=24):
    return torch.nn.Sequential(
        torch.nn.Linear(width, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, hidden), torch.nn.Tanh(),
        torch.nn.Linear(hidden, 2),
    )
"""
ASKED = """
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from network import build

HERE = Path(__file__).parent
CATEGORIES = {categories!r}
SCALES = {scales!r}
WEIGHTS = load_file(HERE / "network.safetensors")
MODULE = build(WEIGHTS["0.weight"].shape[1])
MODULE.load_state_dict(WEIGHTS)
MODULE.eval()


def predict(frame):
    columns = []
    for name in frame:
        if name in CATEGORIES:
            columns += [(frame[name] == value).to_numpy(np.float32) for value in CATEGORIES[name]]
        else:
            mean, scale = SCALES[name]
            columns.append(((frame[name] - mean) / scale).to_numpy(np.float32))
    with torch.no_grad():
        return MODULE(torch.from_numpy(np.stack(columns, 1))).double().softmax(-1).numpy()
"""
PIPELINE = """
from pathlib import Path

import joblib

MODEL = joblib.load(Path(__file__).with_name("pipeline.joblib"))


def predict(frame):
    return MODEL.predict_proba(frame)
"""


def compas() -> pd.DataFrame:
    """Rows with all features."""
    rows = pd.read_csv(SOURCE)[["id", *FEATURES, "two_year_recid"]].dropna()
    return rows.reset_index(drop=True)


def prepare(folder: Path, rows: pd.DataFrame, epochs: int = 60) -> dict[str, AuditConfig]:
    """Train both models on half of the rows, save them as users have them, and configure three audits of the others."""
    import joblib
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    train, rest = rows.iloc[::2], rows.iloc[1::2]
    rest.to_csv(folder / "compas.csv", index=False)
    pipeline = make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), list(CATEGORIES)), remainder="passthrough"),
        GradientBoostingClassifier(n_estimators=60, max_depth=3, random_state=0),
    ).fit(train[[*FEATURES]], train["two_year_recid"])
    joblib.dump(pipeline, folder / "pipeline.joblib")
    (folder / "pipeline.py").write_text(PIPELINE)

    categories = {name: sorted(map(str, train[name].unique())) for name in CATEGORIES}
    scales = {name: (float(train[name].mean()), float(train[name].std())) for name in NUMBERS}
    columns = [(train[name] - mean) / scale for name, (mean, scale) in scales.items()]
    columns += [train[name] == value for name in CATEGORIES for value in categories[name]]
    x = torch.tensor(np.stack([np.asarray(column, np.float32) for column in columns], 1))
    y = torch.tensor(train["two_year_recid"].to_numpy())
    (folder / "network.py").write_text(NETWORK)
    space: dict[str, Any] = {}
    exec(NETWORK, space)
    torch.manual_seed(0)
    module = space["build"](x.shape[1])
    optimiser = torch.optim.Adam(module.parameters(), lr=0.01, weight_decay=1e-4)
    for _ in range(epochs):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(module(x), y).backward()
        optimiser.step()
    save_file(module.state_dict(), folder / "network.safetensors")
    (folder / "asked.py").write_text(ASKED.format(categories=categories, scales=scales))

    encoding: dict[str, Any] = {name: {"mean": mean, "scale": scale} for name, (mean, scale) in scales.items()}
    encoding |= {name: {"categories": values} for name, values in categories.items()}
    models = {
        "network": {
            "factory": "network:build", "arguments": {"width": x.shape[1]}, "path": "network.safetensors",
            "encoding": encoding, "device": "cpu",
        },
        "network as a function": {
            "callable": "asked:predict", "path": "network.safetensors",
            "encoding": {name: {"reference": scales[name][0]} for name in NUMBERS},
        },
        "pipeline": {"callable": "pipeline:predict", "path": "pipeline.joblib"},
    }  # fmt: skip
    return {
        name: parse_config(
            {
                "model": model | {"classes": CLASSES},
                "data": {
                    "path": "compas.csv",
                    "columns": {"features": FEATURES, "label": "two_year_recid", "id": "id"},
                    "label_map": {"0": "stays", "1": "returns"},
                    "positive_label": "returns",
                },
                "attributes": ["race"],
            },
            base=folder,
        )
        for name, model in models.items()
    }


def exact(predict: Any, rows: pd.DataFrame, reference: dict[str, Any], targets: list[int]) -> np.ndarray:
    """Shapley values of the probability of each row's target, by their definition, from the function alone."""
    names = list(FEATURES)
    out = np.zeros((len(rows), len(names)))
    sets = [frozenset(chosen) for size in range(len(names) + 1) for chosen in combinations(names, size)]
    value: dict[frozenset[str], np.ndarray] = {}
    for kept in sets:
        mixed = rows.assign(**{name: reference[name] for name in names if name not in kept})
        value[kept] = predict(mixed[names])[np.arange(len(rows)), targets]
    for number, name in enumerate(names):
        for kept in sets:
            if name not in kept:
                weight = 1 / (len(names) * comb(len(names) - 1, len(kept)))
                out[:, number] += weight * (value[kept | {name}] - value[kept])
    return out


def load(config: AuditConfig) -> Any:
    """Load the model of a configuration."""
    return load_adapter(config.model, config)  # type: ignore[arg-type]


def examples(config: AuditConfig, size: int) -> list[Fields]:
    """The first examples of the data."""
    return examples_of(next(iter(RowReader(config))))[:size]  # type: ignore[return-value]


def decided(adapter: Any, items: list[Any]) -> list[int]:
    """Predicted classes."""
    with torch.inference_mode():
        return adapter.logits(adapter.collate(items)).argmax(-1).tolist()  # type: ignore[no-any-return]


def held_against_exact(config: AuditConfig, size: int, **how: Any) -> tuple[np.ndarray, np.ndarray, list[Any]]:
    """Our Shapley values of some rows, the exact ones, and what stands beside ours."""
    adapter, given = load(config), examples(config, size)
    items = adapter.encode(given)
    targets = decided(adapter, items)
    found, _ = ShapleySampler(adapter, baseline="reference", budget=1 << 16, **how).attribute(items, targets)
    rows = pd.DataFrame([dict(zip(FEATURES, example.values, strict=True)) for example in given])
    truth = exact(adapter._function, rows, adapter.facts().reference, targets)
    return np.array([item.values for item in found], float), truth, found


def held_against_nodes(config: AuditConfig, size: int) -> tuple[np.ndarray, np.ndarray, list[Any]]:
    """Integrated gradients of the network's features beside those of 300 Gauss-Legendre nodes."""
    from captum.attr import IntegratedGradients

    adapter = load(config)
    items = adapter.encode(examples(config, size))
    targets = decided(adapter, items)
    found, _ = PathIntegrator(adapter, baseline="reference", budget=512).attribute(items, targets)
    batch = adapter.collate(items)
    captum = IntegratedGradients(
        lambda x, t: adapter.logits(batch, x).double().softmax(-1).gather(1, t[:, None])[:, 0]
    ).attribute(
        batch.values, adapter.baseline(items, batch, "reference"), n_steps=300, internal_batch_size=len(items),
        additional_forward_args=torch.tensor(targets),
    )  # fmt: skip
    truth = np.array([item.by_unit(phi.double().numpy())[0] for item, phi in zip(items, captum, strict=True)])
    return np.array([item.values for item in found], float), truth, found


def line(name: str, mine: np.ndarray, truth: np.ndarray, found: list[Any], tolerance: float = 0.05) -> None:
    """Print one comparison."""
    off = np.abs(mine - truth).sum(1)
    stated = np.array([item.estimated_error for item in found])
    # Below it float32 tells no numbers apart.
    within = off <= np.maximum(stated, 1e-5 * len(FEATURES))
    cost = np.mean([item.calls or item.gradients for item in found])
    share = off / np.abs(truth).sum(1)
    print(f"| {name} | {len(found)} | {cost:.0f} | {stated.max():.2g} | {off.max():.2g} | {share.max():.2g} | "
          f"{within.mean():.2f} | {np.mean([item.converged(tolerance) for item in found]):.2f} |")  # fmt: skip


def main() -> None:
    if not SOURCE.exists():
        print(f"needs {SOURCE}, which is not here")
        return
    print("| explained | rows | asked | largest error stated | largest error | as a share | within | converged |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        configs = prepare(Path(place), compas())
        for name in ("network as a function", "pipeline"):
            line(f"{name}, all sets", *held_against_exact(configs[name], ROWS))
        line("network, integrated gradients", *held_against_nodes(configs["network"], ROWS))
        before, shapley.EXACT_UNITS = shapley.EXACT_UNITS, 0
        try:
            for tolerance in (0.05, 0.1):
                for name in ("network as a function", "pipeline"):
                    found = held_against_exact(configs[name], 4 * ROWS, tolerance=tolerance)
                    line(f"{name}, orders, tolerance {tolerance:g}", *found, tolerance)
        finally:
            shapley.EXACT_UNITS = before
