"""A tagger that knows some names by heart: what it finds is known in closed form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import numpy as np
import torch

from audit.config import ModelConfig
from audit.data.decided import entity_decisions
from audit.data.examples import Words, joined, plain
from audit.entities.entity import OUTSIDE, Entity
from audit.models.adapter import Encoded
from audit.models.embedding_model import TokenBatch
from audit.result import ModelFacts, Note
from audit.store.decisions import Decided

#: Knows of words; a word that it never saw has this code.
STRANGE = 0


class Tagger:
    """Says `person` of runs of words that it knows, `place` of `Rome`, and O of all others.

    A word is a token, or two if it has more than six letters; a strange word is an unknown one.
    """

    def __init__(self, config: ModelConfig | None, known: Iterable[str]) -> None:
        self.classes = ["O", "person", "place"]
        self.nothing: str | None = OUTSIDE
        self.notes: list[Note] = []
        self.unexplainable: str | None = "it goes by heart"
        self.probes: frozenset[str] = frozenset({"names"})
        self.device = torch.device("cpu")
        self.decided = 0
        self._known = {name: code for code, name in enumerate(sorted(known), 2)} | {"Rome": 1}

    def facts(self) -> ModelFacts:
        return ModelFacts(
            name="tagger", task="by-heart", architecture="Tagger", parameters=0, classes=self.classes,
            sha256=str(len(self._known)).zfill(64), revision=None, stored_dtype="none", dtype="float32", device="cpu",
            max_length=None, batch_tokens=256,
        )  # fmt: skip

    def encode(self, inputs: Any) -> list[Encoded]:
        out = []
        for given in inputs:
            example = plain(given)
            assert isinstance(example, Words), joined(given)
            words = example.words
            codes = [self._known.get(word, STRANGE) for word in words]
            pieces = [2 if len(word) > 6 else 1 for word in words]
            units = np.repeat(np.arange(len(words)), pieces).astype(np.int32)
            places = np.array(list(zip(example.starts, example.ends, strict=True)), np.int32).reshape(-1, 2)
            out.append(Encoded({"codes": np.array(codes)}, units, places, False, codes.count(STRANGE)))
        return out

    def windows(self, inputs: Any) -> list[list[Encoded]]:
        self.decided += len(inputs)
        return [[item] for item in self.encode(inputs)]

    def collate(self, encoded: Any) -> TokenBatch:
        longest = max(len(item.inputs["codes"]) for item in encoded)
        padded = [np.pad(item.inputs["codes"], (0, longest - len(item.inputs["codes"]))) for item in encoded]
        return TokenBatch(torch.tensor(np.stack(padded)), None, None)

    def outputs(self, batch: TokenBatch) -> list[Any]:
        return [row.astype(np.float32) for row in batch.ids.numpy()]

    def decide(self, example: Any, windows: Any, outputs: Any, gold: Any) -> list[Decided]:
        assert isinstance(example, Words)
        kinds = ["O" if code == STRANGE else "place" if code == 1 else "person" for code in outputs[0].tolist()]
        found, start = [], 0
        for at in range(1, len(example) + 1):
            if at == len(example) or kinds[at] != kinds[start]:
                if kinds[start] != "O":
                    found.append(Entity(start, at, kinds[start]))
                start = at
        return entity_decisions(example, gold, found)

    def _no(self, *given: Any) -> NoReturn:
        raise NotImplementedError

    logits = embed = baseline = erase = baseline_kind = other_baseline = randomised = _no


def factory(known: Iterable[str]) -> Callable[[ModelConfig], Tagger]:
    """Return what loads a tagger."""
    names = list(known)
    return lambda config: Tagger(config, names)
