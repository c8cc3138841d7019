"""A whole audit of tweets beside the code of an earlier version, and beside what one would glue together by hand.

`BENCH_ROWS` (default 600; 0: all 4,783) tweets, `BENCH_EXPLAINED` (default 24) explanations, with gaps, exchanges and
probes. Seconds by the clock and of CPU of processes of their own, in turn, each with all cores (`OMP_NUM_THREADS=1`:
with one); `BENCH_WORKERS` (default 2) is one more side, which hands parts out to as many processes. `BENCH_BEFORE`
names the root of another checkout, whose code runs the same audit; what the two results differ by is printed.
`BENCH_BF16=decisions` adds decisions in bf16, with those in doubt again in float32, `BENCH_BF16=all` explanations as
well; `BENCH_BY_HAND=0` leaves out what is glued together.

By hand: decisions by the transformers pipeline at its best batch size, metrics by group with Fairlearn's bootstrap
(`BENCH_RESAMPLES`, default 20, scaled to 2,000), and Captum's integrated gradients with 50 steps for as many texts as
this audit attributes, one after the other as its tutorials do. It tests no explanation, decomposes no gap, asks no
probe and writes no report.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

SHARED = Path(__file__).parents[2] / "shared"
MODEL = SHARED / "models" / "minilm-toxicity"
DATA = SHARED / "data" / "davidson_tweets_test.csv"
ROOT = Path(__file__).parents[1]
ROWS = int(os.environ.get("BENCH_ROWS", "600"))
EXPLAINED = int(os.environ.get("BENCH_EXPLAINED", "24"))
WORKERS = int(os.environ.get("BENCH_WORKERS", "2"))
RESAMPLES, SCALED_TO = int(os.environ.get("BENCH_RESAMPLES", "20")), 2000
PROBE = """
import json, resource, sys
from audit.cli import call
if __name__ == "__main__":
    call(["run", sys.argv[1], "--quiet", "--overwrite"])
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps(sum(one.ru_utime + one.ru_stime for one in used)), file=sys.stderr)
"""


def kind_of(text: str) -> str:
    """What kind of tweet it is: columns that come with the text, since the file has no others."""
    start = text.lstrip("\"' ")
    return "retweet" if "RT @" in start[:60] else "reply" if start.startswith(("@", "&#64;")) else "own"


def table() -> pd.DataFrame:
    """Tweets with two attributes."""
    tweets = pd.read_csv(DATA)
    tweets = tweets.sample(ROWS, random_state=0).sort_index() if ROWS else tweets
    long = np.where(tweets["text"].str.len() >= 100, "100 or more", "under 100")
    return tweets.assign(kind=tweets["text"].map(kind_of), long=long)


def configuration(folder: Path, name: str = "audit", bf16: str | None = None, workers: int = 1) -> Path:
    """Write the table and the audit of it."""
    table().to_csv(folder / "tweets.csv", index_label="id")
    plain = {
        "model": {"path": str(MODEL), "device": "cpu"},
        "data": {
            "path": "tweets.csv",
            "columns": {"input": "text", "label": "label", "id": "id"},
            "positive_label": "toxic",
        },
        "attributes": ["kind", "long"],
        "crossings": [["kind", "long"]],
        "explanations": {"sample": EXPLAINED, "most_flagged": EXPLAINED // 4},
        "gaps": {"sample": 5 * EXPLAINED},
        "exchange": {"languages": ["en"]},
        "probes": {"sample": 2 * EXPLAINED},
        "policy": {"presets": ["equalized-odds", "four-fifths"]},
        "output": {"folder": f"run-{name}"},
    }
    if workers > 1:
        plain["engine"] = {"workers": workers}
    if bf16:
        plain["model"] = {"path": str(MODEL), "device": "cpu", "precision": "bf16"}
    if bf16 == "all":
        plain["explanations"] = {"sample": EXPLAINED, "most_flagged": EXPLAINED // 4, "precision": "bf16"}
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(plain), encoding="utf-8")
    return path


def audited(code: Path, config: Path) -> tuple[float, float]:
    """Seconds by the clock, and of CPU, of an audit by the code of a checkout."""
    probe = config.parent / "probe.py"
    probe.write_text(PROBE, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(code), "TOKENIZERS_PARALLELISM": "false"}
    began = time.perf_counter()
    out = subprocess.run(
        [sys.executable, str(probe), str(config)],
        capture_output=True, text=True, check=True, env=environment, cwd=config.parent,
    )  # fmt: skip
    return time.perf_counter() - began, float(out.stderr.splitlines()[-1])


def differences(before: Path, now: Path) -> list[str]:
    """Say what two run folders differ by."""
    one, other = (pd.read_parquet(run / "decisions.parquet").set_index("row_id") for run in (before, now))
    moved = float((one["score"] - other["score"]).abs().max())
    lines = [f"decisions: {int((one['y_pred'] != other['y_pred']).sum())} of {len(one)} differ, scores by {moved:.1g}"]
    one, other = (pd.read_parquet(run / "attributions.parquet").set_index("row_id") for run in (before, now))
    both = one.index.intersection(other.index)
    one, other = one.loc[both], other.loc[both]
    off = [
        np.abs(a - b).sum() / max(np.abs(a).sum(), 1e-12)
        for a, b in zip(one["attributions"], other["attributions"], strict=True)
    ]
    outcome = (one["outcome"] != other["outcome"]) | (one["reason"].fillna("") != other["reason"].fillna(""))
    lines.append(
        f"explanations: {int(outcome.sum())} of {len(both)} outcomes differ; attributions by {max(off, default=0):.2g} "
        f"of their L1 at most; forwards of tests {one['forwards'].mean():.1f} and {other['forwards'].mean():.1f}"
    )
    results = [json.loads((run / "result.json").read_text(encoding="utf-8")) for run in (before, now)]
    verdicts = [
        {(one["rule"], str(one.get("gap"))): one["status"] for one in (result["judgement"] or {}).get("verdicts", [])}
        for result in results
    ]
    lines.append(f"verdicts: {sum(verdicts[1].get(key) != value for key, value in verdicts[0].items())} differ")
    return lines


BY_HAND = """
import json, sys, time
began = time.perf_counter()
import numpy as np, pandas as pd, torch
from captum.attr import LayerIntegratedGradients
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline
path, data, attributed, resamples, scaled = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
rows = pd.read_csv(data)
model = AutoModelForSequenceClassification.from_pretrained(path, dtype=torch.float32).eval()
tokenizer = AutoTokenizer.from_pretrained(path)
load = time.perf_counter() - began
began = time.perf_counter()
pipe = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
predicted = [one["label"] for one in pipe(rows["text"].tolist(), batch_size=8, truncation=True)]
decide = time.perf_counter() - began
began = time.perf_counter()
truth, said = (rows["label"] == "toxic").astype(int), np.array([one == "toxic" for one in predicted], int)
metrics = {"selection_rate": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate}
for columns in (["kind"], ["long"], ["kind", "long"]):
    MetricFrame(metrics=metrics, y_true=truth, y_pred=said, sensitive_features=rows[columns], n_boot=resamples,
                ci_quantiles=[0.025, 0.975], random_state=0).by_group_ci
bootstrap = (time.perf_counter() - began) * scaled / resamples
began = time.perf_counter()
def forward(ids, mask):
    return model(input_ids=ids, attention_mask=mask).logits.softmax(-1)
captum = LayerIntegratedGradients(forward, model.get_input_embeddings())
some = rows["text"].sample(min(attributed, 40), random_state=0).tolist()
for text in some:
    given = tokenizer(text, truncation=True, return_tensors="pt")
    ids = given["input_ids"]
    base = torch.full_like(ids, tokenizer.mask_token_id)
    base[:, 0], base[:, -1] = ids[:, 0], ids[:, -1]
    captum.attribute(ids, base, target=1, additional_forward_args=(given["attention_mask"],), n_steps=50,
                     internal_batch_size=16)
explain = (time.perf_counter() - began) * attributed / len(some)
print(json.dumps([load, decide, bootstrap, explain]))
"""


def by_hand(folder: Path, attributed: int) -> dict[str, float]:
    """Seconds by the clock of each piece."""
    out = subprocess.run(
        [sys.executable, "-c", BY_HAND, str(MODEL), str(folder / "tweets.csv"), str(attributed), str(RESAMPLES),
         str(SCALED_TO)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = ("imports and loading", "pipeline, batch 8", f"Fairlearn, {SCALED_TO:,} resamples", "Captum, 50 steps")
    return dict(zip(names, json.loads(out.stdout.splitlines()[-1]), strict=True))


def main() -> None:
    if not MODEL.exists() or not DATA.exists():
        print("skipped: needs the shared model and data")
        return
    with tempfile.TemporaryDirectory() as name:
        folder, before = Path(name), os.environ.get("BENCH_BEFORE")
        now = {"now": (ROOT, configuration(folder, "now"))}
        if WORKERS > 1:
            now["now, workers"] = ROOT, configuration(folder, "workers", workers=WORKERS)
        if os.environ.get("BENCH_BF16"):
            now["now, bf16"] = ROOT, configuration(folder, "bf16", os.environ["BENCH_BF16"])
        sides = ({"before": (Path(before), configuration(folder, "before"))} if before else {}) | now
        began = time.perf_counter()
        seconds = {side: audited(*given) for side, given in sides.items()}
        first = next(iter(seconds.values()))
        attributed = len(pd.read_parquet(folder / "run-now" / "contributions.parquet"))
        pieces = by_hand(folder, attributed) if os.environ.get("BENCH_BY_HAND", "1") != "0" else {}
        cores = os.environ.get("OMP_NUM_THREADS", str(os.cpu_count()))
        print(
            f"{len(table()):,} tweets, {EXPLAINED} explanations, {cores} threads or {WORKERS} workers\n\n"
            "| | seconds by the clock | | CPU seconds | |\n|---|---|---|---|---|"
        )
        for side, (clock, cpu) in seconds.items():
            ratios = first[0] / clock, first[1] / cpu
            print(f"| whole audit, {side} | {clock:.0f} | {ratios[0]:.2f}× | {cpu:.0f} | {ratios[1]:.2f}× |")
        hand = sum(pieces.values())
        if pieces:
            print(f"| by hand, all | {hand:.0f} | {hand / seconds['now'][0]:.2f}× ours | | |")
        for piece, spent in pieces.items():
            print(f"| … {piece} | {spent:.0f} | | | |")
        for side in [side for side in sides if side != "now"]:
            print(f"\n{side}, beside now:")
            for line in differences(sides[side][1].parent / f"run-{side.split()[-1]}", folder / "run-now"):
                print(f"- {line}")
        print(f"\n({time.perf_counter() - began:.0f} s by the clock)")


if __name__ == "__main__":
    main()
