"""Adaptive integrated gradients beside fixed rules: cost, speed, and how often "converged" is wrong.

On `minilm-toxicity`, MASK baseline, probability of the predicted class, float32. The truth is 300 Gauss–Legendre nodes.
A decision converged falsely if its explanation says converged and its true L1 error is over 5 %. Fixed rules are
Captum's own, many decisions to a batch of the same token budget; a fixed rule converges by completeness alone, which is
what Captum reports.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from captum.attr import IntegratedGradients
from scipy.stats import beta

from audit.config import ExplanationConfig, ModelConfig
from audit.engine.in_process import InProcess
from audit.explain.gaps.contributions import AttributingScores
from audit.explain.integrate.path import PathIntegrator
from audit.explain.integrate.score import score
from audit.explain.parts import in_parts
from audit.explain.verify.erasing import ErasedCase, Eraser
from audit.explain.verify.faithfulness import examine
from audit.models.adapter import Encoded
from audit.models.embedding_model import TokenBatch
from audit.models.engine import fill_batches
from audit.models.text_classification import TextClassification
from audit.store.progress import Progress
from audit.store.shards import Shards

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
DECISIONS = int(os.environ.get("BENCH_DECISIONS", "500"))
TIMED = int(os.environ.get("BENCH_TIMED", "200"))
TOLERANCE, NODES, BUDGET = 0.05, 300, 512


def texts() -> list[str]:
    half = pd.Series(tweets()).sample(DECISIONS, random_state=0)
    cases = pd.read_csv(SHARED / "data" / "hatecheck_test_suite_cases.csv")["test_case"]
    mixed = zip(half, cases.sample(DECISIONS, random_state=0), strict=True)
    return [text for pair in mixed for text in pair]


def predicted(adapter: TextClassification, encoded: list[Encoded]) -> list[int]:
    with torch.inference_mode():
        return [int(adapter.logits(adapter.collate([item])).argmax()) for item in encoded]


def fixed(adapter: TextClassification, items: list[Encoded], targets: list[int], steps: int) -> list[np.ndarray]:
    """Captum's integrated gradients with so many steps, batched by length."""

    def forward(embedded: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return score(adapter.logits(TokenBatch(ids, mask, None), embedded), target, "probability")

    captum, out = IntegratedGradients(forward), {}
    for part in fill_batches([item.length * steps for item in items], max(BUDGET, 64 * steps)):
        chosen = [items[i] for i in part]
        batch = adapter.collate(chosen)
        mask = batch.mask if batch.mask is not None else torch.ones_like(batch.ids)
        target = torch.tensor([targets[i] for i in part])
        with torch.no_grad():
            x, base = adapter.embed(batch), adapter.baseline(chosen, batch, "mask")
        phi = captum.attribute(x, base, additional_forward_args=(batch.ids, mask, target), n_steps=steps)
        for row, i in enumerate(part):
            of_tokens = phi[row, : items[i].length].sum(-1).detach().double().numpy()
            out[i] = items[i].by_unit(of_tokens)[0]
    return [out[i] for i in range(len(items))]


def truth(adapter: TextClassification, item: Encoded, target: int) -> np.ndarray:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    nodes, weights = (nodes + 1) / 2, weights / 2
    batch = adapter.collate([item])
    with torch.no_grad():
        x, base = adapter.embed(batch), adapter.baseline([item], batch, "mask")
    total = torch.zeros_like(x)
    for first in range(0, NODES, 60):
        at = torch.tensor(nodes[first : first + 60], dtype=torch.float32).view(-1, 1, 1)
        path = (base + at * (x - base)).requires_grad_()
        many = adapter.collate([item] * len(at))
        f = score(adapter.logits(many, path), torch.full((len(at),), target), "probability").sum()
        (gradient,) = torch.autograd.grad(f, path)
        total += (torch.tensor(weights[first : first + 60], dtype=torch.float32).view(-1, 1, 1) * gradient).sum(0, True)
    return item.by_unit((total * (x - base)).sum(-1)[0].double().numpy())[0]


def upper(k: int, n: int) -> float:
    return float(beta.isf(0.05, k + 1, n - k)) if k < n else 1.0


def accuracy(adapter: TextClassification) -> None:
    encoded = [item for item in adapter.encode(texts()) if 5 < item.length <= 64]
    targets = predicted(adapter, encoded)
    engine = PathIntegrator(adapter, baseline="mask", budget=BUDGET)
    found, _ = engine.attribute(encoded, targets)
    chosen = [i for i, item in enumerate(found) if abs(item.contrast) >= 0.05][:DECISIONS]
    true = {i: truth(adapter, encoded[i], targets[i]) for i in chosen}
    rows = {"adaptive": ([found[i].values for i in chosen], [found[i].converged(TOLERANCE) for i in chosen])}
    cost = {"adaptive": float(np.mean([found[i].gradients for i in chosen]))}
    for steps in (12, 16, 24, 32, 50):
        values = fixed(adapter, [encoded[i] for i in chosen], [targets[i] for i in chosen], steps)
        delta = [abs(v.sum() - found[i].contrast) for v, i in zip(values, chosen, strict=True)]
        complete = [d <= TOLERANCE * abs(found[i].contrast) for d, i in zip(delta, chosen, strict=True)]
        rows[f"Captum, {steps} steps"], cost[f"Captum, {steps} steps"] = (values, complete), steps
    contrast = np.mean([abs(found[i].contrast) for i in chosen])
    print(f"{len(chosen)} decisions with contrast; mean contrast {contrast:.2f}\n")
    print("| rule | gradients | says converged | true error ≤ 5 % | largest | false convergence | upper 95 % |")
    print("|---|---|---|---|---|---|---|")
    for name, (values, converged) in rows.items():
        error = np.array(
            [np.abs(v - true[i]).sum() / np.abs(true[i]).sum() for v, i in zip(values, chosen, strict=True)]
        )
        said = np.array(converged)
        false = int((said & (error > TOLERANCE)).sum())
        print(
            f"| {name} | {cost[name]:.1f} | {said.mean():.3f} | {(error <= TOLERANCE).mean():.3f} | "
            f"{error.max():.3f} | {false} of {said.sum()} | {upper(false, int(said.sum())):.3f} |",
            flush=True,
        )


def speed(adapter: TextClassification, encoded: list[Encoded], label: str, texts: list[str]) -> None:
    """Ours beside fixed rules and a peer, on the same texts, each at its best of two runs in turn."""
    targets = predicted(adapter, encoded)
    peer = one_at_a_time()
    rules: dict[str, Callable[[], object]] = {
        "adaptive": lambda: PathIntegrator(adapter, baseline="mask", budget=BUDGET).attribute(encoded, targets),
        "Captum, 32 steps, batched": lambda: fixed(adapter, encoded, targets, 32),
        "Captum, 50 steps, batched": lambda: fixed(adapter, encoded, targets, 50),
    }
    if peer is not None:
        rules["transformers-interpret, 50 steps, one text at a time"] = lambda: [peer(text) for text in texts]
    seconds: dict[str, list[float]] = {name: [] for name in rules}
    for _ in range(2):
        for name, rule in rules.items():
            began = time.perf_counter()
            rule()
            seconds[name].append(time.perf_counter() - began)
    each = {name: min(values) / len(encoded) for name, values in seconds.items()}
    found, _ = PathIntegrator(adapter, baseline="mask", budget=BUDGET).attribute(encoded, targets)
    began = time.perf_counter()
    forwards = [item.forwards for item in tested(adapter, encoded, targets, found)]
    each["tests of faithfulness"] = (time.perf_counter() - began) / len(encoded)
    length, gradients = np.mean([e.length for e in encoded]), np.mean([f.gradients for f in found])
    print(f"\n{label}: {len(encoded)} texts, {length:.0f} tokens, {gradients:.1f} gradients and as many forwards, "
          f"{np.mean(forwards):.0f} forwards of tests on average")  # fmt: skip
    for name, value in each.items():
        print(f"  {name}: {1 / value:.2f} per second, {value / each['adaptive']:.2f}×", flush=True)


def one_at_a_time() -> Callable[[str], object] | None:
    """How transformers-interpret explains a text, if it is installed: it is no dependency."""
    try:
        from transformers_interpret import SequenceClassificationExplainer
    except ImportError:
        print("transformers-interpret is not installed: left out")
        return None
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    path = SHARED / "models" / "minilm-toxicity"
    model = AutoModelForSequenceClassification.from_pretrained(path, dtype=torch.float32)
    explain: Callable[[str], object] = SequenceClassificationExplainer(model, AutoTokenizer.from_pretrained(path))
    return explain


def tested(adapter, encoded, targets, found):  # type: ignore[no-untyped-def]
    eraser = Eraser(adapter, baseline="mask", budget=BUDGET, scale="log_odds")
    cases = [ErasedCase(e, t, f.values, f.f_input) for e, t, f in zip(encoded, targets, found, strict=True)]
    scales = ["probability"] * len(cases)
    return examine(eraser, cases, scales, interventions=48, seeds=list(range(len(cases))))


MEMORY = """
import resource, sys
from benchmarks import explain
explain.once(int(sys.argv[1]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def once(decisions: int) -> None:
    """Attribute so many tweets as an audit does, part by part."""
    adapter = load()
    rows = pd.DataFrame({"input": tweets()[:decisions]}).assign(inclusion_probability=1.0)
    rows["row_id"] = rows.index.astype(str)

    job = AttributingScores(ExplanationConfig(), "mask", 0, "toxic")
    with tempfile.TemporaryDirectory() as folder, Progress(quiet=True).stage("", len(rows), "") as bar:
        in_parts(InProcess(adapter), job, Shards(Path(folder)), rows, bar, lambda part: (part, {}))


def memory() -> None:
    sizes = (64, 256, 1024)
    peaks = [
        float(subprocess.run([sys.executable, "-c", MEMORY, str(size)], capture_output=True, text=True, check=True)
              .stdout.split()[-1])
        for size in sizes
    ]  # fmt: skip
    print(
        "\npeak memory, MB: " + ", ".join(f"{size} texts {peak:,.0f}" for size, peak in zip(sizes, peaks, strict=True))
    )


def means() -> None:
    """Where only means are wanted: the errors of all decisions together, told and true, beside explanations one by one.

    Models differ in language, in how steep they are, and in whether words cancel. Both are of the score of one class.
    """
    print("\n| model, texts | gradients, each | together | told together | true | net | no more than 5 % wrong |")
    print("|---|---|---|---|---|---|---|")
    for name, path, texts, cls in several():
        adapter = TextClassification.load(ModelConfig(path=path, device="cpu"))
        items = [item for item in adapter.encode(texts) if 5 < item.length <= 128][: DECISIONS // 10]
        targets = [cls] * len(items)
        rule = PathIntegrator(adapter, baseline="mask", budget=BUDGET)
        each, _ = rule.attribute(items, targets)
        found, _ = rule.attribute(items, targets, together=True)
        true = [truth(adapter, item, cls) for item in items]
        mass = sum(np.abs(one).sum() for one in true)
        off = [np.abs(one.values - right).sum() for one, right in zip(found, true, strict=True)]
        net = abs(sum(float(one.values.sum() - right.sum()) for one, right in zip(found, true, strict=True)))
        exact = np.mean([error <= TOLERANCE * np.abs(right).sum() for error, right in zip(off, true, strict=True)])
        print(
            f"| {name} | {np.mean([one.gradients for one in each]):.1f} | "
            f"{np.mean([one.gradients for one in found]):.1f} | "
            f"{sum(one.estimated_error for one in found) / mass:.1%} | "
            f"{sum(off) / mass:.1%} | {net / mass:.2%} | {exact:.0%} |",
            flush=True,
        )


def several() -> list[tuple[str, Path, list[str], int]]:
    """Models and texts, with the class whose score gaps are about."""
    data, models = SHARED / "data", SHARED / "models"
    cases = pd.read_csv(data / "hatecheck_test_suite_cases.csv")["test_case"].sample(DECISIONS, random_state=1)
    chinese = pd.read_csv(data / "cold_zh_test.csv")["text"].sample(DECISIONS, random_state=1)
    sample = ROOT / "sample_data"
    applications = pd.read_csv(sample / "applications.csv")["statement"].sample(DECISIONS, random_state=1)
    shuffled = pd.Series(tweets()).sample(DECISIONS, random_state=1)
    return [
        ("minilm-toxicity, tweets", models / "minilm-toxicity", shuffled.tolist(), 1),
        ("minilm-toxicity, HateCheck", models / "minilm-toxicity", cases.tolist(), 1),
        ("bert-cold-zh, COLD", models / "bert-cold-zh", chinese.tolist(), 1),
        ("screener, applications", sample / "screener", applications.tolist(), 1),
        ("screener-next, applications", sample / "screener-next", applications.tolist(), 1),
    ]


def load() -> TextClassification:
    return TextClassification.load(ModelConfig(path=SHARED / "models" / "minilm-toxicity", device="cpu"))


def tweets() -> list[str]:
    return pd.read_csv(SHARED / "data" / "davidson_tweets_test.csv")["text"].tolist()


def main() -> None:
    parts = os.environ.get("BENCH_PARTS", "speed memory accuracy means").split()
    adapter, mine = load(), tweets()
    if "speed" in parts:
        speed(adapter, adapter.encode(mine[:TIMED]), "tweets", mine[:TIMED])
        long = [" ".join(mine[i : i + 14]) for i in range(0, 14 * 16, 14)]
        kept = [text for text, item in zip(long, adapter.encode(long), strict=True) if item.length >= 256]
        speed(adapter, adapter.encode(kept), "long texts", kept)
    if "memory" in parts:
        memory()
    if "accuracy" in parts:
        accuracy(adapter)
    if "means" in parts:
        means()


if __name__ == "__main__":
    main()
