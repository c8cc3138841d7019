"""Ten examples of every robustness transform, drawn by seed: `docs/robustness-examples.md`.

English from the cases of HateCheck that are not hateful (Röttger et al. 2021, CC-BY-4.0), Chinese from the comments of
COLD that are labelled safe (Deng et al. 2022, Apache-2.0), emoji from statements of the embedded sample with emoji put
behind them, numbers from its loans. `python -m benchmarks robustness_examples > docs/robustness-examples.md` writes it.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from pathlib import Path

from audit.config.robustness import MeasurementError
from audit.data.examples import Example, Fields
from audit.probes.exchange import Edit
from audit.probes.robustness.numbers import number_transforms
from audit.probes.robustness.registry import ANY_LANGUAGE, CHINESE, ENGLISH
from audit.probes.robustness.transform import Changed, Transform, seed_of

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
SEED, EACH, AROUND, SEVERITY = 15, 10, 34, 3
#: Characters that a reader would not see.
SEEN = {"\u200b": "‹U+200B›", "\u2060": "‹U+2060›", "\u00ad": "‹U+00AD›", "\u00a0": "‹U+00A0›", "\n": "⏎", "`": "'"}
EMOJI = (" ✨", " 🎉🎉", " 🙄", " 📷", " 🐒", " ☀️", " 🎶", " ❤️", " 📌", " 🇬🇧")
ERRORS = {"income": MeasurementError(relative=0.02), "break_months": MeasurementError(absolute=2.0)}
HEAD = """# Examples of robustness transforms

Ten of every [transform](probes.md#robustness), drawn by seed and not chosen, at severity 3 where there are so many;
`[old→new]` marks a change. English is from HateCheck's cases that are not hateful (Röttger et al. 2021, CC-BY-4.0),
Chinese from COLD's comments that are labelled safe (Deng et al. 2022, Apache-2.0); what they say is theirs. Emoji are
put behind statements of the embedded sample, for neither has any; numbers are of its loans, with an error of 2 % of the
income and of two months. HateCheck is British and COLD simplified: `spelling_uk` and `simplified` get what the other
direction made of them. `python -m benchmarks robustness_examples` prints this page. Below each stands how many of the
rows could be changed, and why the others could not.
"""
PICTURES = """## Pictures

Every change of pictures at every severity, of a picture of 224 pixels that `python -m benchmarks robustness_pictures`
draws. Of `darkness` there are four severities.

![Six rows, one for each change, from severity 1 to 5: a house and a sign blur until the letters cannot be read, drown
in coloured noise, break into blocks, turn pale, sink into the dark, and fade into grey](robustness-pictures.jpg)"""


def rows_of(path: Path, column: str, **where: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        found = [row[column] for row in csv.DictReader(file) if all(row[key] == value for key, value in where.items())]
    random.Random(SEED).shuffle(found)
    return found


def shown(text: str, edits: tuple[Edit, ...]) -> str:
    """The text around its first changes."""
    start = max(0, edits[0].start - AROUND)
    end = min(len(text), edits[0].end + 2 * AROUND)
    out, at = ["…" if start else ""], start
    for edit in edits:
        if edit.end <= end:
            out += [text[at : edit.start], f"[{edit.old}→{edit.new}]"]
            at = edit.end
    out += [text[at:end], "…" if end < len(text) else ""]
    return "".join(SEEN.get(character, character) for character in "".join(out)).strip()


def examples_of(transform: Transform, rows: list[Example]) -> list[str]:
    """The first that can be changed, and a line on all."""
    found: list[str] = []
    made, refused = 0, Counter[str]()
    for number, row in enumerate(rows):
        severity = min(SEVERITY, len(transform.severities))
        changed = transform.apply(row, severity, seed_of(SEED, str(number)))
        if not isinstance(changed, Changed):
            refused[changed.reason] += 1
            continue
        made += 1
        if len(found) < EACH:
            found.append(told(row, changed))
    why = ", ".join(f"`{reason}` {n:,}" for reason, n in refused.most_common())
    return [*(f"- `{line}`" for line in found), "", f"{made:,} of {len(rows):,} rows{f'; not: {why}' if why else ''}."]


def told(row: Example, changed: Changed) -> str:
    if isinstance(row, Fields) and isinstance(changed.example, Fields):
        pairs = zip(row.names, row.shown, changed.example.shown, strict=True)
        return ", ".join(f"{name} {old}→{new}" if old != new else f"{name} {old}" for name, old, new in pairs)
    return shown(str(row), changed.edits)


def other_way(name: str, rows: list[Example]) -> list[Example]:
    """What a transform makes of the rows that it changes."""
    transform = next(one for one in (*ENGLISH, *CHINESE) if one.name == name)
    made = [transform.apply(row, len(transform.severities), SEED) for row in rows]
    return [changed.example for changed in made if isinstance(changed, Changed)]


def loans() -> list[Example]:
    with (ROOT / "sample_data" / "loans" / "loans.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:200]
    return [Fields(tuple(ERRORS), tuple(float(row[name]) for name in ERRORS)) for row in rows]


def main() -> None:
    if not SHARED.exists():
        print("skipped: needs the shared data")
        return
    english: list[Example] = list(
        rows_of(SHARED / "hatecheck_test_suite_cases.csv", "test_case", label_gold="non-hateful")
    )
    chinese: list[Example] = list(rows_of(SHARED / "cold_zh_test.csv", "text", label="safe"))
    statements = rows_of(ROOT / "sample_data" / "applications.csv", "statement", split="test")[:300]
    decorated: list[Example] = [f"{text}{EMOJI[i % len(EMOJI)]}" for i, text in enumerate(statements)]
    american, traditional = other_way("spelling_us", english), other_way("traditional", chinese)
    rows = {"emoji_removed": decorated, "spelling_uk": american, "simplified": traditional}
    print(HEAD)
    parts: list[tuple[Transform, list[Example]]] = [(one, english) for one in (*ENGLISH, *ANY_LANGUAGE)]
    parts += [(one, chinese) for one in CHINESE] + [(one, loans()) for one in number_transforms(ERRORS)]
    for transform, plain in parts:
        print(f"## `{transform.name}`\n")
        print("\n".join(examples_of(transform, rows.get(transform.name, plain))), end="\n\n")
    print(PICTURES)


if __name__ == "__main__":
    main()
