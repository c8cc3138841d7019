"""Synthetic job applications: who applies, what they write, and how they are judged.

A person's merit depends on experience, skill, achievement and education, which the text states in words. A *cue* is a
sentence that some groups write more often and that says nothing about merit. A fair panel judges by merit alone; a
historic recruiter also subtracts a penalty for each cue (`Planting`). `phrases.yaml` holds every word used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

PHRASES = Path(__file__).with_name("phrases.yaml")
GENDERS = {"female": 0.47, "male": 0.495, "non-binary": 0.015, "": 0.02}
ETHNICITIES = {
    "White": 0.50,
    "Hispanic or Latino": 0.18,
    "Black or African American": 0.15,
    "Asian": 0.10,
    "Two or More Races": 0.04,
    "American Indian or Alaska Native": 0.015,
    "Native Hawaiian or Other Pacific Islander": 0.01,
    "": 0.005,
}
# Chosen so that about 45 % of the applicants qualify and the two kinds of error are both common.
MERIT_SCALE, MERIT_SHIFT = 2.2, 0.1


@dataclass(frozen=True)
class Planting:
    """The penalty, in log-odds of being shortlisted, that a labeller gives for each cue (absent means none)."""

    penalties: dict[str, float] = field(default_factory=dict)

    @classmethod
    def parse(cls, pairs: list[str]) -> Planting:
        """Read `["care_gap:2", "age:1.5"]`; `["none"]` plants nothing."""
        known = load_phrases()["cues"]
        penalties: dict[str, float] = {}
        for pair in [] if pairs == ["none"] else pairs:
            name, _, strength = pair.partition(":")
            if name not in known:
                raise SystemExit(f"unknown cue {name!r}; known cues: {', '.join(known)}")
            penalties[name] = float(strength)
        return cls(penalties)


def load_phrases() -> dict[str, Any]:
    return yaml.safe_load(PHRASES.read_text(encoding="utf-8"))


def age_band(age: int) -> str:
    return "<40" if age < 40 else "40-49" if age < 50 else ">=50"


def make_applicants(rows: int, seed: int, split: str = "test", first_id: int = 1) -> pd.DataFrame:
    """Draw applicants with their statements.

    Returns
    -------
    DataFrame
        One row per applicant: `application_id`, `statement`, `gender`, `ethnicity`, `age`, `experience_years`,
        `split`, `merit` (log-odds of being qualified) and one boolean column `cue_<name>` per cue.
    """
    rng = np.random.default_rng([seed, rows, len(split)])
    phrases = load_phrases()
    genders = rng.choice(list(GENDERS), rows, p=np.array(list(GENDERS.values())))
    ethnicities = rng.choice(list(ETHNICITIES), rows, p=np.array(list(ETHNICITIES.values())))
    ages = np.clip(np.round(rng.gamma(5.5, 4.2, rows) + 20), 20, 67).astype(int)
    experience = np.minimum(rng.integers(0, 16, rows), ages - 19)
    records = []
    for i in range(rows):
        person = {"gender": str(genders[i]), "ethnicity": str(ethnicities[i]), "age": age_band(int(ages[i]))}
        levels = {part: int(rng.integers(0, 3)) for part in ("skill", "achievement")}
        levels["education"] = int(rng.integers(0, 2))
        carried = {
            name: bool(rng.random() < cue["share"].get(person[cue["column"]], 0.1))
            for name, cue in phrases["cues"].items()
        }
        merit = (
            (experience[i] - 7) / 5
            + (levels["skill"] - 1)
            + (levels["achievement"] - 1)
            + 0.8 * (levels["education"] - 0.5)
        )
        records.append(
            {
                "application_id": f"A{first_id + i:05d}",
                "statement": _statement(rng, phrases, int(experience[i]), levels, carried),
                "gender": person["gender"],
                "ethnicity": person["ethnicity"],
                "age": int(ages[i]),
                "experience_years": int(experience[i]),
                "split": split,
                "merit": MERIT_SCALE * (merit - MERIT_SHIFT),
                **{f"cue_{name}": present for name, present in carried.items()},
            }
        )
    return pd.DataFrame.from_records(records)


def judge(applicants: pd.DataFrame, planting: Planting, seed: int) -> pd.Series:
    """Shortlist ("yes"/"no") by merit less the planted penalties, with the noise that human judges have."""
    log_odds = applicants["merit"].to_numpy(float).copy()
    for name, penalty in planting.penalties.items():
        log_odds -= penalty * applicants[f"cue_{name}"].to_numpy(float)
    noise = np.random.default_rng([seed, 77]).logistic(size=len(applicants)) * 0.5
    return pd.Series(np.where(log_odds + noise > 0, "yes", "no"), index=applicants.index)


def _statement(
    rng: np.random.Generator, phrases: dict[str, Any], years: int, levels: dict[str, int], carried: dict[str, bool]
) -> str:
    def pick(wordings: list[str]) -> str:
        return _fill(rng, phrases, wordings[int(rng.integers(len(wordings)))], years)

    body = [pick(phrases["experience"])]
    body += [pick(phrases[part][level]) for part, level in levels.items()]
    body += [pick(phrases["cues"][name]["wordings"]) for name, present in carried.items() if present]
    body += [pick(phrases["filler"]) for _ in range(int(rng.integers(0, 3)))]
    rng.shuffle(body)
    return " ".join([pick(phrases["opening"]), *body, pick(phrases["closing"])])


def _fill(rng: np.random.Generator, phrases: dict[str, Any], wording: str, years: int) -> str:
    slots = {name: words[int(rng.integers(len(words)))] for name, words in phrases["slots"].items()}
    filled = wording.format(years=phrases["numbers"][years], **slots).replace("one years", "one year")
    return re.sub(r"\b([Aa]) (?=[aeioAEIO])", r"\1n ", filled)
