"""Gaps taken apart: the parts add up, and on models whose parts are known they are those."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from audit.explain.gaps.concepts import sum_by_concept
from audit.explain.gaps.decomposition import LEAST, Attributed, closings, decompose, pushes
from audit.result import GapPart
from audit.terms.loading import load_lexicons

WEIGHTS = {"chess": 0.3, "football": -0.5, "she": -0.2, "he": 0.1, "good": 0.4, "bad": -0.4}
LEXICONS = load_lexicons(["en"], axes=["gender"])


def table(texts: list[list[str]], seed: int = 0, pi: float = 1.0, noise: float = 0.0) -> pd.DataFrame:
    """Decisions of a linear bag of words, as if explained exactly, up to noise that no word accounts for."""
    rng = np.random.default_rng(seed)
    rows = []
    for i, words in enumerate(texts):
        text = " ".join(words)
        ends = np.cumsum([len(word) + 1 for word in words]) - 1
        phi = [WEIGHTS.get(word, 0.0) for word in words]
        base = 0.01 * len(words)
        rows.append(
            {
                "row_id": str(i),
                "input": text,
                "starts": [int(end) - len(word) for word, end in zip(words, ends, strict=True)],
                "ends": [int(end) for end in ends],
                "score_attributions": phi,
                "frame": 0.002,
                "score_input": base + 0.002 + sum(phi) + noise * rng.normal(),
                "score_baseline": base,
                "inclusion_probability": pi if pi == 1.0 else float(rng.uniform(pi, 1)),
                "weight": 1.0,
                "cluster": None,
            }
        )
    return pd.DataFrame(rows)


def draw(n: int, cue: float, seed: int) -> tuple[list[list[str]], np.ndarray]:
    """Texts of two groups; the first writes "football" more often, by `cue`."""
    rng = np.random.default_rng(seed)
    first = rng.random(n) < 0.5
    texts = []
    for mine in first:
        words = [str(word) for word in rng.choice(["chess", "good", "bad", "the", "he", "she"], rng.integers(2, 6))]
        if rng.random() < 0.3 + cue * mine:
            words.append("football")
        texts.append(words)
    return texts, first


def parts_by_name(parts: list[GapPart]) -> dict[str, GapPart]:
    return {part.name or part.kind: part for part in parts}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.2, 1.0), st.floats(-1, 1))
def test_the_parts_add_up_to_the_population_gap(seed: int, pi: float, population: float) -> None:
    texts, first = draw(120, 0.2, seed)
    frame = table(texts, seed, pi, noise=0.01)
    data = Attributed.of(frame, sum_by_concept(frame, LEXICONS, {"games": ["chess"]}))
    found = decompose(data, first, ~first, population, alpha=0.05, resamples=200, seed=0)
    w = 1 / frame["inclusion_probability"].to_numpy()
    f = frame["score_input"].to_numpy()
    gap = np.average(f[first], weights=w[first]) - np.average(f[~first], weights=w[~first])
    assert found.gap == pytest.approx(gap, abs=1e-12)
    whole = sum(part.value for part in found.parts)
    assert whole == pytest.approx(population, abs=1e-12)
    assert whole - parts_by_name(found.parts)["sampling"].value == pytest.approx(gap, abs=1e-12)


def test_each_part_of_a_bag_of_words_is_the_analytic_one() -> None:
    texts, first = draw(2000, 0.4, 1)
    frame = table(texts)
    data = Attributed.of(frame, sum_by_concept(frame, LEXICONS, {"games": ["chess", "football"]}))
    found = decompose(data, first, ~first, 0.0, alpha=0.05, resamples=500, seed=0)
    parts = parts_by_name(found.parts)

    def share(*words: str) -> float:
        sums = np.array([sum(WEIGHTS[word] for word in text if word in words) for text in texts])
        return float(sums[first].mean() - sums[~first].mean())

    assert parts["games"].value == pytest.approx(share("chess", "football"), abs=1e-12)
    assert parts["games"].kind == "lexicon"
    assert parts["gender: female"].value == pytest.approx(share("she"), abs=1e-12)
    assert parts["good"].value == pytest.approx(share("good"), abs=1e-12)
    lengths = np.array([len(text) for text in texts])
    assert parts["baseline"].value == pytest.approx(0.01 * (lengths[first].mean() - lengths[~first].mean()), abs=1e-12)
    assert parts["residual"].value == pytest.approx(0, abs=1e-12)
    assert [part.name for part in found.parts if part.named and part.name] == ["games"]
    assert parts["games"].words["football"] == pytest.approx(share("football"), abs=1e-12)
    assert parts["games"].lower < share("football") < parts["games"].upper < 0  # type: ignore[operator]


def test_where_it_acts_are_decisions_that_widen_the_gap() -> None:
    texts, first = draw(800, 0.5, 2)
    frame = table(texts)
    data = Attributed.of(frame, sum_by_concept(frame, LEXICONS, {}))
    found = decompose(data, first, ~first, 0.0, alpha=0.05, resamples=300, seed=0)
    rows = parts_by_name(found.parts)["football"].rows
    assert rows
    assert all(first[int(row)] and "football" in texts[int(row)] for row in rows)


def test_shuffled_groups_are_named_at_the_stated_rate() -> None:
    texts, _ = draw(400, 0.0, 3)
    frame = table(texts, pi=0.4)
    data = Attributed.of(frame, sum_by_concept(frame, LEXICONS, {}))
    rng = np.random.default_rng(4)
    false = 0
    for seed in range(120):
        first = rng.permutation(np.arange(400) < 150)
        found = decompose(data, first, ~first, 0.0, alpha=0.1, resamples=200, seed=seed)
        false += any(part.named for part in found.parts)
    assert binom.sf(false - 1, 120, 0.1) > 0.005
    assert binom.cdf(false, 120, 0.1) > 0.001


def test_clusters_widen_intervals() -> None:
    texts, first = draw(600, 0.3, 5)
    doubled = [text for text in texts for _ in range(3)]
    groups = np.repeat(first, 3)
    frame = table(doubled)
    alone = Attributed.of(frame, sum_by_concept(frame, LEXICONS, {}))
    frame["cluster"] = [str(i // 3) for i in range(len(doubled))]
    together = Attributed.of(frame, sum_by_concept(frame, LEXICONS, {}))

    def width(data: Attributed) -> float:
        part = parts_by_name(decompose(data, groups, ~groups, 0, alpha=0.05, resamples=400, seed=0).parts)["football"]
        assert part.lower is not None
        assert part.upper is not None
        return part.upper - part.lower

    assert width(together) > 1.5 * width(alone)


def test_rare_words_are_summed_up_as_the_rest() -> None:
    texts, first = draw(200, 0.0, 6)
    for text in texts[: LEAST - 1]:
        text.append("zebra")
    frame = table(texts)
    data = Attributed.of(frame, sum_by_concept(frame, LEXICONS, {}))
    found = decompose(data, first, ~first, 0, alpha=0.05, resamples=200, seed=0)
    assert "zebra" not in parts_by_name(found.parts)
    assert "chess" in parts_by_name(found.parts)


def test_every_unit_is_in_one_concept() -> None:
    frame = table([["she", "likes", "chess", "!", "very", "much"]])
    found = sum_by_concept(frame, LEXICONS, {"praise": ["very much"]})
    named = [(found.names[c].kind, found.names[c].name, w) for c, w in zip(found.concepts, found.words, strict=True)]
    assert named == [
        ("special", "tokens", ""),
        ("identity", "gender: female", "she"),
        ("word", "likes", "likes"),
        ("word", "chess", "chess"),
        ("special", "punctuation", "!"),
        ("lexicon", "praise", "very"),
        ("lexicon", "praise", "much"),
    ]


def test_pushes_of_identity_terms() -> None:
    texts, _ = draw(500, 0, 7)
    frame = table(texts)
    found = {push.group: push for push in pushes(Attributed.of(frame, sum_by_concept(frame, LEXICONS, {})), alpha=0.05)}
    mean = np.mean([-0.2 * text.count("she") for text in texts if "she" in text])
    assert found["female"].mean == pytest.approx(mean)
    assert found["female"].upper < 0 < found["male"].lower
    assert found["male"].words == {"he": pytest.approx(0.1)}


def test_a_gap_closes_by_what_its_decisions_lose() -> None:
    texts, first = draw(1500, 0.4, 6)
    frame = table(texts, pi=0.5)
    data = Attributed.of(frame, sum_by_concept(frame, LEXICONS, {}))
    # On a bag of words what masking takes is what the word carries.
    lost = np.array([WEIGHTS["football"] * text.count("football") for text in texts])
    part = parts_by_name(decompose(data, first, ~first, 0.0, alpha=0.05, resamples=300, seed=0).parts)["football"]
    falls = np.column_stack([lost, np.zeros(len(lost))])
    alone, nothing = closings(data, first, ~first, falls, alpha=0.05, resamples=300, seed=0)
    assert alone.value == pytest.approx(part.value, abs=1e-12)
    assert alone.lower < alone.value < alone.upper < 0
    assert (nothing.value, nothing.lower, nothing.upper) == (0, 0, 0)


def test_units_of_a_concept_are_where_its_words_stand() -> None:
    frame = table([["she", "likes", "football", "she"]])
    found = sum_by_concept(frame, LEXICONS, {"games": ["football"]})
    at = {concept.name: sorted(found.units[found.concepts == i].tolist()) for i, concept in enumerate(found.names)}
    assert at == {"tokens": [-1], "gender: female": [0, 3], "likes": [1], "games": [2]}
