"""Greedy substitution, word by word, where an explanation says that a decision hangs (Jin et al. 2020).

Words are tried in the order of what their attribution gives to the predicted class; of each, the substitute that lowers
its probability most stays. The search ends once the decision is another, or the budget of words is spent. Random
substitution takes its words in any order, with the same budget of words and of questions, so that what the explanation
adds can be told from what any change does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from audit.config.probes import AdversarialConfig
from audit.data.examples import Example, said
from audit.probes.adversarial.substitutes import SYNONYMS, Substitute, substitutes
from audit.probes.asking import Model
from audit.probes.edited import edited
from audit.probes.exchange import Edit, Version
from audit.probes.variants import FIELDS, PAIR, TEXT, Outcome, ProbedRow, Variant
from audit.store.files import sha256

GUIDED, RANDOM = "adversarial", "random_substitution"


@dataclass
class _State:
    """How far the search of one row is."""

    row: ProbedRow
    open: list[Substitute]
    was: str
    f: float
    now: float
    edits: list[Edit] = field(default_factory=list)
    f_after: float = 0.0
    y_after: str = ""
    #: Words that were exchanged when the decision was another for the first time.
    turned: int | None = None


def substitutions(row: ProbedRow, settings: AdversarialConfig) -> list[Variant]:
    """Exchange each word of a row that has a substitute by itself: what a search may choose from."""
    text = said(row.example)
    out = []
    for place in substitutes(text):
        for word in place.words[: settings.candidates]:
            edit = Edit(place.start, place.end, text[place.start : place.end], word)
            out.append(Variant(GUIDED, 1, Version(edited(row.example, [edit]), (edit,))))
    return out or [Variant(GUIDED, 1, None, "no_substitute")]


class Substitution:
    """Exchanges a few words of each row.

    Parameters
    ----------
    guided
        In the order of what the explanation gives them; else at random, whatever it comes to.
    """

    outcome = "succeeded"
    reads = frozenset({TEXT, PAIR, FIELDS})
    needs_attributions = True
    flags = False

    def __init__(self, settings: AdversarialConfig, seed: int, *, guided: bool) -> None:
        self.name = GUIDED if guided else RANDOM
        self.transforms = [self.name]
        self.severities = list(range(1, settings.words + 1))
        self._guided = guided
        self._candidates = settings.candidates
        self._seed = seed

    def fingerprint(self) -> str:
        """Hash the synonyms."""
        return sha256(SYNONYMS)

    def _order(self, row: ProbedRow, found: list[Substitute]) -> list[Substitute]:
        """Say in which order words are exchanged."""
        if not self._guided:
            return [found[at] for at in row.random(self._seed, self.name).permutation(len(found))]

        def carried(place: Substitute) -> float:
            return sum(one.value for one in row.attributed or () if one.start < place.end and place.start < one.end)

        return sorted(found, key=lambda place: (-carried(place), place.start))

    def ask(self, rows: Sequence[ProbedRow], model: Model) -> list[Outcome]:
        """Search for all rows at once, one word of each at a time."""
        first = model.probabilities([row.example for row in rows])
        out: list[Outcome] = []
        states: list[_State] = []
        for row, probabilities in zip(rows, first, strict=True):
            if not np.isfinite(probabilities).all():
                out.append(self._failed(row))
                continue
            found = self._order(row, substitutes(said(row.example)))
            if not found:
                out.append(Outcome(row.row_id, Variant(self.name, 1, None, "no_substitute"), "refused"))
                continue
            at = int(probabilities.argmax())
            was, f = model.classes[at], model.score(probabilities, model.classes[at])
            states.append(_State(row, found, was, f, float(probabilities[at]), f_after=f, y_after=was))
        for step in self.severities:
            self._step([state for state in states if state.turned is None and state.open], step, model)
            out += [self._outcome(state, step) for state in states]
        return out

    def _step(self, states: Sequence[_State], step: int, model: Model) -> None:
        """Exchange one more word of each row."""
        asked: list[tuple[_State, list[Edit], Example]] = []
        for state in states:
            place = state.open.pop(0)
            text = said(state.row.example)
            for word in place.words[: self._candidates]:
                edits = sorted(
                    [*state.edits, Edit(place.start, place.end, text[place.start : place.end], word)],
                    key=lambda edit: edit.start,
                )
                asked.append((state, edits, edited(state.row.example, edits)))
        found = model.probabilities([example for *_, example in asked])
        best: dict[str, tuple[float, list[Edit], np.ndarray]] = {}
        for (state, edits, _), probabilities in zip(asked, found, strict=True):
            if not np.isfinite(probabilities).all():
                continue
            now = float(probabilities[model.classes.index(state.was)])
            known = best.get(state.row.row_id)
            if known is None or now < known[0]:
                best[state.row.row_id] = (now, edits, probabilities)
        for state in states:
            if state.row.row_id not in best:
                continue
            now, edits, probabilities = best[state.row.row_id]
            # A guided search keeps what helps alone; at random, whatever was drawn stays.
            if self._guided and now >= state.now:
                continue
            state.now, state.edits = now, edits
            state.y_after = model.classes[int(probabilities.argmax())]
            state.f_after = model.score(probabilities, state.was)
            if state.y_after != state.was:
                state.turned = step

    def _outcome(self, state: _State, step: int) -> Outcome:
        version = Version(edited(state.row.example, state.edits), tuple(state.edits))
        hit = state.turned is not None and state.turned <= step
        return Outcome(
            state.row.row_id, Variant(self.name, step, version), "scored", state.y_after, state.f, state.f_after, hit
        )

    def _failed(self, row: ProbedRow) -> Outcome:
        return Outcome(row.row_id, Variant(self.name, 1, Version(row.example, ())), "failed")
