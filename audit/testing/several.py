"""What adapters promise beside, whose models make several decisions about an example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import numpy.typing as npt
import torch

from audit.data.examples import Asked, Example, Plain, plain
from audit.models.adapter import Adapter, AdapterOfSeveral, Encoded
from audit.models.probe import Tolerance
from audit.store.decisions import Decided
from audit.testing.broken import Broken

Floats = npt.NDArray[np.float32]


class SeveralCheck:
    """The promises, each a method that raises where it is not kept."""

    def __init__(self, adapter: Adapter, examples: Sequence[Example], precision: torch.dtype) -> None:
        self.adapter = cast(AdapterOfSeveral, adapter)
        self.precision = precision
        self.examples: list[Plain] = [plain(example) for example in examples]
        self.windows = self.adapter.windows(self.examples)
        self.alone = [[self._outputs([window])[0] for window in windows] for windows in self.windows]

    def promises(self) -> list[tuple[str, Callable[[], None]]]:
        """Name all promises, in the order they are tried."""
        return [
            ("what says that there is nothing is the first class", self.nothing),
            ("windows in a batch give what each gives alone", self.batched),
            ("decisions have names of their own, in their order", self.named),
            ("a decision that is asked about is the one that was made", self.asked),
            ("what is not finite is a failed decision", self.fails),
        ]

    def _outputs(self, windows: Sequence[Encoded]) -> list[Floats]:
        with torch.inference_mode():
            return self.adapter.outputs(self.adapter.collate(windows))

    def _decided(self, at: int, outputs: Sequence[Floats] | None = None) -> list[Decided]:
        given = self.alone[at] if outputs is None else outputs
        decided = self.adapter.decide(self.examples[at], self.windows[at], given, None)
        # What says that there is nothing is about no part of the example.
        return [one for one in decided if one.status != "nothing"]

    def nothing(self) -> None:
        """Try the class of nothing."""
        if self.adapter.classes[0] != self.adapter.nothing:
            raise Broken(f"{self.adapter.nothing!r} is not the first of {self.adapter.classes}")

    def batched(self) -> None:
        """Try company and padding."""
        flat = [window for windows in self.windows for window in windows]
        single = [output for outputs in self.alone for output in outputs]
        order = sorted(range(len(flat)), key=lambda i: -flat[i].length)
        for one, at in zip(self._outputs([flat[i] for i in order]), order, strict=True):
            if one.shape != single[at].shape or one.dtype != np.float32:
                raise Broken(f"{one.dtype} of shape {one.shape}, and alone {single[at].shape}")
            self._same(one, single[at], "alone and in company")

    def _same(self, a: Floats, b: Floats, what: str) -> None:
        if not a.size:
            return
        both = [torch.from_numpy(np.asarray(values, np.float32).reshape(-1, a.shape[-1])) for values in (a, b)]
        # What differs among words or labels is the scale; beside zero, so that one alone has a scale too.
        tolerance = Tolerance.of(torch.cat([both[0], torch.zeros_like(both[0][:1])]), self.precision)
        if not tolerance.agree(*both):
            raise Broken(f"{what} differ by {tolerance.share(*both):.2g} of their scale")

    def named(self) -> None:
        """Try the names of decisions."""
        seen = 0
        for at in range(len(self.examples)):
            decided = self._decided(at)
            seen += len(decided)
            names = [(one.output, one.position, one.last) for one in decided]
            if len(set(names)) < len(names) or (None, None, None) in names:
                raise Broken(f"two decisions have the same name, or one has none: {names}")
            positions = [one.position for one in decided if one.position is not None]
            if positions != sorted(positions):
                raise Broken(f"they do not stand in their order: {positions}")
            if wrong := [one.y_pred for one in decided if one.y_pred not in self.adapter.classes]:
                raise Broken(f"{wrong[0]!r} is none of the classes")
        if not seen:
            raise Broken("about none of the examples anything is decided, so that nothing can be tried")

    def asked(self) -> None:
        """Try `encode` and `logits` of each decision that was made."""
        for at, example in enumerate(self.examples):
            decided = self._decided(at)
            items = self.adapter.encode([Asked(example, one.output, one.position) for one in decided])
            shown = {tuple(place) for window in self.windows[at] for place in window.places.tolist()}
            for one, item in zip(decided, items, strict=True):
                if not {tuple(place) for place in item.places.tolist()} <= shown:
                    raise Broken(f"what is asked about {one.output or one.position} reads what no window reads")
                with torch.inference_mode():
                    said = self.adapter.logits(self.adapter.collate([item]))[0].cpu().numpy()
                if one.logits is None:
                    raise Broken("a decision that did not fail has no logits")
                self._same(said, np.array(one.logits, np.float32), "made and asked about, logits")
            for i, (one, item) in enumerate(zip(decided, items, strict=True)):
                for before, other in zip(decided[:i], items[:i], strict=True):
                    told = item.reads_like(other) == ((one.output, one.position) == (before.output, before.position))
                    if not told:
                        raise Broken("two decisions cannot be told apart by what the model is given")

    def fails(self) -> None:
        """Try outputs that are no numbers."""
        for at in range(len(self.examples)):
            broken = [np.full_like(output, np.nan) for output in self.alone[at]]
            if not any(output.size for output in broken):
                continue
            decided = self._decided(at, broken)
            if not decided or any(one.status != "failed" or one.y_pred is not None for one in decided):
                raise Broken(f"these were decided all the same: {[replace(one, logits=None) for one in decided]}")
