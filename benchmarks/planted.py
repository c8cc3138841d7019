"""Does a gap's decomposition name what was planted, and does the gap close as told when that is taken out?

Over samples with different planted cues (sentences that some groups write more often, and that a recruiter punished or
rewarded), every gap clear of chance is taken apart, the sentences of each cue together as one concept, planted or not.

1. The planted cues should be the largest parts of the gaps between groups that write them unequally often, with their
   sign; cues that were not planted should not be among them.
2. By how much the gap closes once a cue is masked is told from the sampled decisions, with its interval. Then the cue
   is taken out of every statement, by MASK and by deleting it, and the model decides all of them again.

Where nothing was planted, no gap should be clear of chance; all are asked for, and what they name is printed.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from transformers import AutoTokenizer

import audit
from audit.result import AuditResult, GapDecomposition
from audit.store.columns import group_column

SAMPLE = Path(__file__).parents[1] / "sample_data"
ROWS = int(os.environ.get("BENCH_ROWS", "9000"))
#: Seed, cues of screener, cues of screener-next (None: it is not looked at); the first is the committed sample.
SAMPLES = (
    (2026, {"care_gap": 3.0, "affinity": 2.5, "age": 2.5}, {"affinity": 4.5, "age": 2.5}),
    (7, {"sport": -3.0, "language": 3.0}, {"care_gap": 4.0, "age": 3.0}),
    (11, {}, None),
)
#: Decisions whose score is attributed.
ATTRIBUTED = int(os.environ.get("BENCH_DECISIONS", "2000"))
ONE = {"sample": 1, "sanity": 0, "shown": 0, "most_flagged": 0}
#: Groups whose shares of a cue differ by less than this are not looked at for it.
LEAST_DIFFERENCE = 0.2


@dataclass(frozen=True)
class Sample:
    """Statements, and which of their characters stand in sentences of which cue."""

    rows: pd.DataFrame
    cues: dict[str, re.Pattern[str]]

    def sentences(self, cue: str) -> list[str]:
        """Sentences of a cue, as they are written."""
        return sorted({m.group() for text in self.rows["statement"] for m in self.cues[cue].finditer(text)})


def read(folder: Path) -> Sample:
    from applicants import load_phrases

    phrases = load_phrases()
    rows = pd.read_csv(folder / "applications.csv")
    rows = rows[rows["split"] == "test"].reset_index(drop=True)
    slots = {name: "|".join(map(re.escape, words)) for name, words in phrases["slots"].items()}
    cues = {}
    for name, cue in phrases["cues"].items():
        wordings = []
        for wording in cue["wordings"]:
            pattern = re.sub(r"\\{(\w+)\\}", lambda slot: f"(?:{slots[slot.group(1)]})", re.escape(wording))
            wordings.append(re.sub(r"\b([Aa])(\\ \(\?:)", r"\1n?\2", pattern))
        cues[name] = re.compile("|".join(wordings))
    return Sample(rows, cues)


def decide(sample: Sample, model: Path, statements: list[str], folder: Path, **more: Any) -> AuditResult:
    """Audit the sample with these statements into a folder; by default without explanations."""
    folder.mkdir(exist_ok=True)
    sample.rows.assign(statement=statements).to_csv(folder / "test.csv", index=False)
    config = {
        "model": {"path": str(model)},
        "data": {
            "path": str(folder / "test.csv"),
            "columns": {"input": "statement", "label": "shortlisted", "id": "application_id"},
            "positive_label": "yes",
        },
        "attributes": ["gender", "ethnicity", {"column": "age", "bins": [40, 50]}],
        "explanations": {"which": "none"},
        "output": {"folder": str(folder / "run")},
    }
    return audit.run(config | more, overwrite=True)


def members(frame: pd.DataFrame, gap: GapDecomposition) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the two groups of a gap, under its condition."""
    (attribute,) = gap.attributes
    here = np.ones(len(frame), bool)
    if gap.condition != "all":
        here = (frame["y_true"] == "yes").to_numpy() == (gap.condition == "positive")
    high, low = ((frame[group_column(attribute)] == group[0]).to_numpy() for group in (gap.high_group, gap.low_group))
    return here & high, here & low


def score_gap(folder: Path, gap: GapDecomposition) -> float:
    """Gap in mean score between the two groups of a decomposition, over all decisions."""
    frame = pd.read_parquet(folder / "run" / "decisions.parquet")
    logits = np.stack(list(frame["logits"]))
    score = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))
    high, low = members(frame, gap)
    return float(score[high].mean() - score[low].mean())


def without(sample: Sample, pattern: re.Pattern[str], replace: Callable[[str], str]) -> list[str]:
    return [pattern.sub(lambda match: replace(match.group()), text) for text in sample.rows["statement"]]


def masker(model: Path) -> Callable[[str], str]:
    """Return what puts MASK in the place of every token."""
    tokenizer = AutoTokenizer.from_pretrained(model)
    return lambda text: " ".join([tokenizer.mask_token] * len(tokenizer.tokenize(text)))


def unequal(cue: dict[str, Any], gap: GapDecomposition) -> bool:
    """Whether the two groups of a gap write a cue unequally often."""
    bands = {"<40": "<40", "40–<50": "40-49", "≥50": ">=50"}
    groups = (gap.high_group[0], gap.low_group[0])
    share = [cue["share"].get(bands.get(group, group), 0.1) for group in groups]
    return gap.attributes == [cue["column"]] and abs(share[0] - share[1]) >= LEAST_DIFFERENCE


def examine(sample: Sample, model: Path, planted: dict[str, float], label: str) -> None:
    from applicants import load_phrases

    phrases = load_phrases()["cues"]
    with tempfile.TemporaryDirectory() as name:
        folder, again, mask = Path(name) / "first", Path(name) / "again", masker(model)
        asked = {
            "sample": ATTRIBUTED,
            "concepts": {cue: sample.sentences(cue) for cue in sample.cues},
            "metrics": [] if planted else ["selection_rate"],
        }
        first = decide(sample, model, sample.rows["statement"].tolist(), folder, gaps=asked, explanations=ONE)
        found = sum(gap.why == "found" for gap in first.gaps)
        print(f"\n{label}: planted {planted or 'nothing'}; {found} gaps clear of chance", flush=True)
        for gap in first.gaps:
            concepts = [part for part in gap.parts if part.kind in {"lexicon", "word"}][:4]
            shown = ", ".join(
                f"{part.name}{'*' if part.named else ''} {part.value:+.3f} ({part.lower:+.3f} … {part.upper:+.3f})"
                for part in concepts
            )
            print(f"  {title(gap)}: {gap.score_gap:+.3f}{f' ({gap.note})' if gap.note else ''}; {shown}", flush=True)
            for part in gap.parts:
                if part.name not in planted or not unequal(phrases[part.name], gap) or part.closes is None:
                    continue
                closed = []
                for replace in (mask, lambda text: ""):
                    decide(sample, model, without(sample, sample.cues[part.name], replace), again)
                    closed.append(score_gap(folder, gap) - score_gap(again, gap))
                told = f"{part.closes.value:+.3f} ({part.closes.lower:+.3f} … {part.closes.upper:+.3f})"
                print(
                    f"    without {part.name}: told {told}; closed {closed[0]:+.3f} by MASK, {closed[1]:+.3f} deleted",
                    flush=True,
                )


def title(gap: GapDecomposition) -> str:
    return f"{gap.attributes[0]}, {gap.condition}, {gap.high_group[0]} over {gap.low_group[0]}"


def main() -> None:
    sys.path.insert(0, str(SAMPLE))
    from applicants import Planting
    from make_sample import make_sample

    for seed, cues, next_cues in SAMPLES:
        with tempfile.TemporaryDirectory() as name:
            folder = SAMPLE if seed == 2026 else Path(name)
            if folder != SAMPLE:
                make_sample(
                    folder, seed=seed, rows=ROWS, cues=Planting(cues), next_cues=Planting(next_cues or {}), epochs=6
                )
            sample = read(folder)
            for model, planted in (("screener", cues), ("screener-next", next_cues)):
                if planted is not None:
                    examine(sample, folder / model, planted, f"seed {seed}, {model}")


if __name__ == "__main__":
    main()
