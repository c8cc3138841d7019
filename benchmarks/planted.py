"""Does a gap's decomposition name what was planted, and does the gap close when that is taken out?

Over samples with different planted cues (sentences that some groups write more often, and that a recruiter punished or
rewarded), for every gap clear of chance between groups that write a planted cue unequally often:

1. The audit names the words that carry the gap. A word is the cue's if nine in ten of its places are in its sentences.
2. The named words of the cue, and then all of its sentences, are taken together as one concept: its part of the gap in
   mean score is what should close, told beforehand with its interval.
3. They are taken out of every statement, by MASK and by deleting them, and the model decides again.

Samples in which nothing was planted must name nothing.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from transformers import AutoTokenizer

import audit
from audit.explain.concepts import sum_by_concept
from audit.explain.decomposition import Explained, decompose
from audit.result import AuditResult, GapDecomposition, GapPart

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
OWN = 0.9
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Sample:
    """Statements, and which of their characters stand in sentences of which cue."""

    rows: pd.DataFrame
    cues: dict[str, re.Pattern[str]]

    def sentences(self, cue: str) -> list[str]:
        """Sentences of a cue, as they are written."""
        return sorted({m.group() for text in self.rows["statement"] for m in self.cues[cue].finditer(text)})

    def own_words(self, cue: str) -> set[str]:
        """Words that hardly stand anywhere else."""
        inside: Counter[str] = Counter()
        everywhere: Counter[str] = Counter()
        for text in self.rows["statement"]:
            everywhere.update(WORD.findall(text.lower()))
            for sentence in self.cues[cue].finditer(text):
                inside.update(WORD.findall(sentence.group().lower()))
        return {word for word, n in inside.items() if n >= OWN * everywhere[word]}


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
    high, low = ((frame[attribute] == group[0]).to_numpy() for group in (gap.high_group, gap.low_group))
    return here & high, here & low


def score_gap(folder: Path, gap: GapDecomposition) -> float:
    """Gap in mean score between the two groups of a decomposition, over all decisions."""
    frame = pd.read_parquet(folder / "run" / "decisions.parquet")
    logits = np.stack(list(frame["logits"]))
    score = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))
    high, low = members(frame, gap)
    return float(score[high].mean() - score[low].mean())


def tell(sample: Sample, folder: Path, gap: GapDecomposition, terms: list[str], alpha: float) -> GapPart:
    """Return the part of a gap that these words and sentences carry, taken together, from attributions of the audit."""
    decisions = pd.read_parquet(folder / "run" / "decisions.parquet").set_index("row_id")
    found = pd.read_parquet(folder / "run" / "contributions.parquet")
    known = decisions.loc[found["row_id"], ["y_true", "gender", "ethnicity", "age", "weight", "cluster"]]
    table = pd.concat([found, known.reset_index(drop=True)], axis=1)
    texts = sample.rows.set_index("application_id")["statement"]
    table["input"] = texts[table["row_id"]].to_numpy()
    data = Explained.of(table, sum_by_concept(table, [], {"taken": terms}))
    high, low = members(table, gap)
    parts = decompose(data, high, low, gap.score_gap, alpha=alpha, resamples=1000, seed=0).parts
    return next(part for part in parts if part.kind == "lexicon")


def without(sample: Sample, pattern: re.Pattern[str], replace: Callable[[str], str]) -> list[str]:
    return [pattern.sub(lambda match: replace(match.group()), text) for text in sample.rows["statement"]]


def masker(model: Path) -> Callable[[str], str]:
    """Return what puts MASK in the place of every token."""
    tokenizer = AutoTokenizer.from_pretrained(model)
    return lambda text: " ".join([tokenizer.mask_token] * len(tokenizer.tokenize(text)))


def looked_at(gaps: list[GapDecomposition], cues: dict[str, float]) -> Iterator[tuple[GapDecomposition, str]]:
    """For each planted cue, the first gap clear of chance between groups that write it unequally often."""
    from applicants import load_phrases

    bands = {"<40": "<40", "40–<50": "40-49", "≥50": ">=50"}
    for name in cues:
        cue = load_phrases()["cues"][name]
        for gap in gaps:
            groups = (gap.high_group[0], gap.low_group[0])
            share = [cue["share"].get(bands.get(group, group), 0.1) for group in groups]
            if gap.attributes == [cue["column"]] and abs(share[0] - share[1]) >= LEAST_DIFFERENCE:
                yield gap, name
                break


def examine(sample: Sample, model: Path, cues: dict[str, float], label: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, again, mask = Path(name) / "first", Path(name) / "again", masker(model)
        statements = sample.rows["statement"].tolist()
        # Where nothing was planted no gap should be clear of chance: then all are asked for.
        asked = {"sample": ATTRIBUTED, "metrics": [] if cues else ["selection_rate"]}
        first = decide(sample, model, statements, folder, gaps=asked, explanations=ONE)
        found = [gap for gap in first.gaps if gap.why == "found"]
        print(f"\n{label}: planted {cues or 'nothing'}; {len(found)} gaps clear of chance taken apart", flush=True)
        own = {cue: sample.own_words(cue) for cue in sample.cues}
        for gap in first.gaps:
            named = [part for part in gap.parts if part.named and part.kind == "word"]
            words = ", ".join(f"{part.name} {part.value:+.3f}{owner(part.name, own, cues)}" for part in named[:6])
            note = f" ({gap.note})" if gap.note else ""
            print(f"  {title(gap)}: {gap.score_gap:+.3f}{note}; {len(named)} words named: {words or '–'}")
        for gap, cue in looked_at(found, cues):
            words = [part.name for part in gap.parts if part.named and part.name in own[cue]]
            takes = {"all of its sentences": sample.sentences(cue)} | ({"named words": words} if words else {})
            for what, terms in takes.items():
                part = tell(sample, folder, gap, terms, 0.05)
                before = score_gap(folder, gap)
                longest_first = sorted(terms, key=len, reverse=True)
                pattern = re.compile("|".join(rf"(?<!\w){re.escape(t)}(?!\w)" for t in longest_first), re.IGNORECASE)
                closed = []
                for replace in (mask, lambda text: ""):
                    decide(sample, model, without(sample, pattern, replace), again)
                    closed.append(before - score_gap(again, gap))
                told_text = f"told {part.value:+.3f} ({part.lower:+.3f} … {part.upper:+.3f})"
                closed_text = f"closed {closed[0]:+.3f} by MASK, {closed[1]:+.3f} deleted"
                about = f"{title(gap)}, {cue}, {what} ({len(terms)})"
                print(f"    {about}: of {before:+.3f}, {told_text}; {closed_text}", flush=True)


def owner(word: str, own: dict[str, set[str]], cues: dict[str, float]) -> str:
    mine = [cue for cue, words in own.items() if word in words]
    return f" ({mine[0]}{'' if mine[0] in cues else ', not planted'})" if mine else ""


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
