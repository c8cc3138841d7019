"""Do integrated gradients point at what the model uses? Beside occlusion, random orderings and another baseline.

On HateCheck with `minilm-toxicity`: the fall of the predicted class's probability when the top 20 % of words are erased
(comprehensiveness) and when only these are kept (sufficiency), by MASK.
"""

from __future__ import annotations

import os

import numpy as np
import pandas as pd

from audit.explain.integrate.methods import Other
from audit.explain.integrate.path import PathIntegrator
from audit.explain.verify.erasing import ErasedCase, Eraser
from audit.models.adapter import Encoded
from benchmarks.explain import BUDGET, SHARED, load, predicted

DECISIONS = int(os.environ.get("BENCH_DECISIONS", "200"))
SHARE = 0.2


def falls(eraser: Eraser, items: list[Encoded], targets: list[int], phi: list[np.ndarray], f: list[float]) -> tuple:
    cases = [ErasedCase(*given) for given in zip(items, targets, phi, f, strict=True)]
    top = [frozenset(case.order()[: max(1, int(np.ceil(SHARE * case.units)))]) for case in cases]
    eraser.evaluate(cases, [(i, units) for i, units in enumerate(top)])
    eraser.evaluate(cases, [(i, cases[i].everything - units) for i, units in enumerate(top)])
    comprehensiveness = [case.fall([units]) for case, units in zip(cases, top, strict=True)]
    sufficiency = [case.fall([case.everything - units]) for case, units in zip(cases, top, strict=True)]
    return np.array(comprehensiveness), np.array(sufficiency)


def main() -> None:
    adapter = load()
    cases = pd.read_csv(SHARED / "data" / "hatecheck_test_suite_cases.csv")["test_case"]
    items = adapter.encode(cases.sample(DECISIONS, random_state=1).tolist())
    targets = predicted(adapter, items)
    eraser = Eraser(adapter, baseline="mask", budget=BUDGET, scale="probability")
    other = Other(adapter, "mask", "probability")
    found = {
        kind: PathIntegrator(adapter, baseline=kind, budget=BUDGET).attribute(items, targets)[0]
        for kind in ("mask", "pad", "zero")
    }
    f = [item.f_input for item in found["mask"]]
    rng = np.random.default_rng(0)
    rows = {f"integrated gradients, {kind.upper()}": [item.values for item in found[kind]] for kind in found}
    for method in ("occlusion", "input_x_gradient"):
        rows[method] = [other.attribute(item, target, method) for item, target in zip(items, targets, strict=True)]
    rows["random ordering"] = [rng.normal(size=len(item.places)) for item in items]
    print(f"{DECISIONS} decisions, top {SHARE:.0%} of words; mean ± 1.96 standard errors")
    print("| ordering | comprehensiveness | sufficiency (less is better) |\n|---|---|---|")
    for name, phi in rows.items():
        both = falls(eraser, items, targets, phi, f)
        cells = [f"{v.mean():.3f} ± {1.96 * v.std(ddof=1) / np.sqrt(len(v)):.3f}" for v in both]
        print(f"| {name} | {cells[0]} | {cells[1]} |", flush=True)


if __name__ == "__main__":
    main()
