"""What every adapter promises, tried on a few examples: batches, units, places, erasing, and what it leaves alone.

An audit believes these promises without looking: numbers of an adapter that breaks one are wrong and look right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch

from audit.data.examples import Example, Image, joined, plain
from audit.errors import ModelError
from audit.models.adapter import FRAME, Adapter, Encoded
from audit.models.probe import Tolerance
from audit.testing.broken import Broken
from audit.testing.several import SeveralCheck


def check_adapter(
    adapter: Adapter, examples: Sequence[Example], *, precision: torch.dtype = torch.float32
) -> list[str]:
    """Hold an adapter to what audits rely on.

    Parameters
    ----------
    examples
        At least three, of different length, on which the model does not always say the same.
    precision
        Of the model's computation: how far two computations of the same may differ.

    Returns
    -------
    list of str
        The promises that were tried.

    Raises
    ------
    Broken
        At the first promise that is not kept.
    """
    if len(examples) < 3:
        raise ValueError(f"{len(examples)} examples; at least three of different length are needed")
    found = _Check(adapter, examples, precision)
    promises: list[tuple[str, Callable[[], None]]] = [
        ("every example is encoded, the same each time", found.encodes),
        ("units partition the elements", found.units),
        ("a batch of one gives finite float32 logits, one per class", found.logits),
        ("batched equals single", found.batched),
        ("padded equals unpadded", found.padded),
    ]
    if adapter.unexplainable is None:
        promises += [
            ("the embedding put in its own place changes nothing", found.hooked),
            ("the baseline leaves the frame alone", found.frame),
            ("erasing nothing is the input, erasing all is the baseline", found.erases),
            ("erasing a unit touches that unit alone", found.erases_one),
            ("another baseline can be used", found.other),
        ]
        if adapter.differentiable:
            promises += [
                ("logits have a gradient at the embedding", found.gradient),
                ("a shuffled copy is another model", found.shuffled),
            ]
        else:
            promises += [
                ("replacing a unit changes what is said", found.answers),
                ("a shuffled copy is refused with one clear error", found.not_shuffled),
            ]
    if adapter.nothing is not None:
        promises += SeveralCheck(adapter, examples, precision).promises()
    promises += [
        ("what cannot be done is refused with one clear error", found.refuses),
        ("the model is left as it was", found.unchanged),
    ]
    for name, promise in promises:
        try:
            promise()
        except Broken as error:
            raise Broken(f"{name}: {error}") from None
    return [name for name, _ in promises]


class _Check:
    def __init__(self, adapter: Adapter, examples: Sequence[Example], precision: torch.dtype) -> None:
        self.adapter, self.examples = adapter, list(examples)
        self.encoded = adapter.encode(self.examples)
        self.facts = adapter.facts()
        with torch.inference_mode():
            self.alone = [self._logits([item]) for item in self.encoded]
        self.plain = torch.cat(self.alone)
        self.tolerance = Tolerance.of(self.plain, precision)

    def _logits(self, items: Sequence[Encoded]) -> torch.Tensor:
        return self.adapter.logits(self.adapter.collate(items))

    def _same(self, a: torch.Tensor, b: torch.Tensor, what: str) -> None:
        if not self.tolerance.agree(a, b):
            raise Broken(f"{what} differ by {self.tolerance.share(a, b):.2g} of their scale")

    def encodes(self) -> None:
        again = self.adapter.encode(self.examples)
        if len(self.encoded) != len(self.examples):
            raise Broken(f"{len(self.examples)} examples became {len(self.encoded)}")
        if not all(one.reads_like(other) for one, other in zip(self.encoded, again, strict=True)):
            raise Broken("the second time, the model is given something else")
        if not self.encoded[0].inputs:
            raise Broken("inputs are empty, so that no edit can be told from none")

    def units(self) -> None:
        for text, item in zip(self.examples, self.encoded, strict=True):
            n = len(item.places)
            shown = math.prod(self.facts.grid or (0,)) if isinstance(plain(text), Image) else len(joined(text))
            if item.units.ndim != 1 or item.places.shape != (n, 2):
                raise Broken(f"units have the shape {item.units.shape}, places {item.places.shape}")
            known = set(item.units.tolist()) - {FRAME}
            if known != set(range(n)):
                raise Broken(f"elements are of the units {sorted(known)}, and there are {n} places")
            starts, ends = item.places.T
            if (starts < 0).any() or (ends > shown).any() or (starts > ends).any():
                raise Broken(f"a place lies outside the example's {shown} characters, or patches")
            if not np.isclose(sum(item.by_unit(np.ones(item.length))[0]), (~item.frame).sum()):
                raise Broken("sums over units are not the sum over their elements")

    def logits(self) -> None:
        shape = (1, len(self.adapter.classes))
        for one in self.alone:
            if tuple(one.shape) != shape or one.dtype != torch.float32:
                raise Broken(f"{one.dtype} of shape {tuple(one.shape)} where float32 of shape {shape} was expected")
            if not torch.isfinite(one).all():
                raise Broken("not all are finite")

    def batched(self) -> None:
        with torch.inference_mode():
            for item, one in zip(self.encoded, self.alone, strict=True):
                self._same(self._logits([item, item]), one.expand(2, -1), "an example alone and beside itself")

    def padded(self) -> None:
        order = list(np.argsort([-item.length for item in self.encoded], kind="stable"))
        with torch.inference_mode():
            together = self._logits([self.encoded[i] for i in order])
            self._same(together, self.plain[order], "alone and in company")
            self._same(self._logits([self.encoded[i] for i in order[::-1]]), self.plain[order[::-1]], "in other order")

    def _kind(self) -> str:
        return self.adapter.baseline_kind("auto")

    def hooked(self) -> None:
        batch = self.adapter.collate(self.encoded)
        with torch.no_grad():
            x = self.adapter.embed(batch)
            shape = tuple(self.adapter.by_element(x, batch).shape)
            if shape != (len(self.encoded), max(item.length for item in self.encoded)):
                raise Broken(f"what embed gives, {tuple(x.shape)}, is by element {shape}, not (examples, elements)")
            self._same(self.adapter.logits(batch, x), self.plain, "with and without")
            blank = self.adapter.baseline(self.encoded, batch, self._kind())
            if self.tolerance.agree(self.adapter.logits(batch, blank), self.plain):
                raise Broken("the baseline in its place changes nothing either, so that nothing is put there")

    def frame(self) -> None:
        batch = self.adapter.collate(self.encoded)
        with torch.no_grad():
            x, blank = self.adapter.embed(batch), self.adapter.baseline(self.encoded, batch, self._kind())
        changed = self._changed(x, blank)
        for row, item in enumerate(self.encoded):
            kept = torch.ones(changed.shape[1], dtype=torch.bool)
            kept[: item.length] = torch.from_numpy(item.frame)
            if changed[row, kept].any():
                raise Broken("elements of no unit, or padding, are not what they were")

    def _changed(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Say which elements of the examples differ, shape (examples, elements)."""
        batch = self.adapter.collate(self.encoded)
        return self.adapter.by_element((a - b).abs(), batch).cpu() > 0

    def _erased(self, units: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        batch, kind = self.adapter.collate(self.encoded), self._kind()
        with torch.no_grad():
            x, blank = self.adapter.embed(batch), self.adapter.baseline(self.encoded, batch, kind)
            return x, blank, self.adapter.erase(self.encoded, batch, kind, units)

    def erases(self) -> None:
        x, _, nothing = self._erased([[] for _ in self.encoded])
        if not torch.equal(x, nothing):
            raise Broken("erasing nothing changes the input")
        _, blank, everything = self._erased([range(len(item.places)) for item in self.encoded])
        if not torch.equal(blank, everything):
            raise Broken("erasing everything is not the baseline")

    def erases_one(self) -> None:
        last = [len(item.places) - 1 for item in self.encoded]
        x, blank, found = self._erased([[unit] if unit >= 0 else [] for unit in last])
        touched, unlike = self._changed(found, x), self._changed(found, blank)
        for row, (item, unit) in enumerate(zip(self.encoded, last, strict=True)):
            at = torch.zeros(touched.shape[1], dtype=torch.bool)
            at[: item.length] = torch.from_numpy((item.units == unit) & (unit >= 0))
            if unlike[row, at].any() or touched[row, ~at].any():
                raise Broken(f"of example {row}, erasing unit {unit} changes other elements, or not its own")

    def gradient(self) -> None:
        batch = self.adapter.collate(self.encoded)
        with torch.no_grad():
            x = self.adapter.embed(batch)
        leaf = x.clone().requires_grad_()
        logits = self.adapter.logits(batch, leaf)
        # Of several decisions, all but two logits may stand still.
        (found,) = torch.autograd.grad(logits[0, 0] - logits[0, 1:].max(), leaf, allow_unused=True)
        if found is None or not torch.isfinite(found).all():
            raise Broken("there is none, or it is not finite")

    def answers(self) -> None:
        batch, kind = self.adapter.collate(self.encoded), self._kind()
        with torch.inference_mode():
            for unit in range(max(len(item.places) for item in self.encoded)):
                chosen = [[unit] if unit < len(item.places) else [] for item in self.encoded]
                found = self.adapter.logits(batch, self.adapter.erase(self.encoded, batch, kind, chosen))
                if not self.tolerance.agree(found, self.plain):
                    return
        raise Broken("no unit of any example does")

    def not_shuffled(self) -> None:
        try:
            self.adapter.randomised(0)
        except ModelError:
            return
        raise Broken("one is given, though the model is said to have no gradients")

    def other(self) -> None:
        kind = self._kind()
        if self.adapter.baseline_kind(kind) != kind:
            raise Broken(f"asked for {kind}, it takes {self.adapter.baseline_kind(kind)}")
        self.adapter.baseline_kind(self.adapter.other_baseline(kind))

    def shuffled(self) -> None:
        copy = self.adapter.randomised(0)
        with torch.inference_mode():
            found = copy.logits(copy.collate(self.encoded))
        if self.tolerance.agree(found, self.plain):
            raise Broken("it gives the same logits")

    def refuses(self) -> None:
        if self.adapter.unexplainable is None:
            return
        try:
            self.adapter.baseline_kind("auto")
        except ModelError as error:
            if self.adapter.unexplainable not in str(error):
                raise Broken(f"the error does not say why: {error}") from None
        else:
            raise Broken("a baseline is given, though decisions cannot be explained")

    def unchanged(self) -> None:
        with torch.inference_mode():
            again = [self._logits([item]) for item in self.encoded]
        self._same(torch.cat(again), self.plain, "before and after")
        if self.adapter.facts() != self.facts:
            raise Broken("its facts are others")
