"""One look at a model when it is loaded, before anything is predicted: do its numbers mean what we take them for?

A decision may depend on its text alone: not on the texts that share its batch, on padding, on whether a mask without
effect is passed, or on chance. An explanation replaces the output of the embedding layer, so the model must compute
from what was put there, for each text by itself, and have a gradient. Families of which that is not true are not
listed anywhere: a few texts of different length show it.

Differences are measured against how much the texts differ among each other, and the tolerance is the square root of
the precision: a thousand times the noise of any CPU, a hundredth of what a family that mixes texts shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from audit.errors import ModelError
from audit.models.adapter import Adapter, Batch, Encoded


@dataclass(frozen=True)
class Tolerance:
    """How much two computations of the same logits may differ."""

    absolute: float
    scale: float

    @classmethod
    def of(cls, logits: torch.Tensor, precision: torch.dtype) -> Tolerance:
        """Derive it from the logits of several texts, shape (texts, classes)."""
        epsilon = torch.finfo(precision).eps
        ranges = logits.max(0).values - logits.min(0).values
        spread = float(ranges.max())
        # What stands still, as logits that a decision is not about, was not computed.
        moved = logits[:, ranges > 0] if spread else logits
        largest = float(moved.abs().max())
        root = epsilon**0.5
        return cls(root * spread + min(256 * epsilon, root) * largest, max(spread, largest, 1e-30))

    def agree(self, a: torch.Tensor, b: torch.Tensor) -> bool:
        """Whether two computations are the same but for rounding."""
        return a.shape == b.shape and bool((a - b).abs().max() <= self.absolute)

    def share(self, a: torch.Tensor, b: torch.Tensor) -> float:
        """Largest difference, as a share of the logits' scale."""
        return float((a - b).abs().max()) / self.scale


def probe_decisions(
    adapter: Adapter, encoded: Sequence[Encoded], precision: torch.dtype, *, thing: str = "text"
) -> None:
    """Refuse a model whose decision on a text depends on anything but the text.

    Parameters
    ----------
    encoded
        Texts of different length, the shortest first.
    precision
        Of the computation.
    thing
        What the examples are, if not texts, for errors.

    Raises
    ------
    ModelError
        With one reason.
    """
    with torch.inference_mode():
        alone = [adapter.logits(adapter.collate([item])) for item in encoded]
        shape = (1, len(adapter.classes))
        if wrong := next((tuple(one.shape) for one in alone if tuple(one.shape) != shape), None):
            raise ModelError(f"its logits have the shape {wrong} where {shape} was expected")
        plain = torch.cat(alone)
        if not torch.isfinite(plain).all():
            raise ModelError("its logits are not finite numbers", hint="was float16 too small for it? see model.dtype")
        tolerance = Tolerance.of(plain, precision)
        spread = float((plain - plain[0]).abs().max())
        if spread <= 4 * torch.finfo(precision).eps * float(plain.abs().max()):
            raise ModelError(f"its logits are the same whatever the {thing}")
        again = adapter.logits(adapter.collate([encoded[-1]]))
        if not tolerance.agree(again, alone[-1]):
            raise ModelError(
                f"its logits are random: of the same {thing} twice they differ by "
                f"{tolerance.share(again, alone[-1]):.2g} of their scale"
            )
        order = [len(encoded) - 1, *range(len(encoded) - 1)]
        together = adapter.logits(adapter.collate([encoded[i] for i in order]))
        if not tolerance.agree(together, plain[order]):
            raise ModelError(
                f"its logits depend on the {thing}s that share a batch, or on padding: alone and in company they "
                f"differ by {tolerance.share(together, plain[order]):.2g} of their scale"
            )


def probe_explanations(
    adapter: Adapter, encoded: Sequence[Encoded], others: Sequence[Encoded], precision: torch.dtype
) -> str | None:
    """Say why the decisions of a model cannot be explained by replacing its embeddings; None if they can.

    Parameters
    ----------
    others
        Examples of the same lengths as the first, to be put in their place.

    Raises
    ------
    RuntimeError, TypeError, ...
        As the model does: the caller takes that for a reason, too.
    """
    batch, other = adapter.collate(encoded), adapter.collate(others)
    lengths = [item.length for item in encoded]
    with torch.no_grad():
        plain = adapter.logits(batch)
        tolerance = Tolerance.of(plain, precision)
        x = adapter.embed(batch)
        shape = (len(encoded), max(lengths))
        if len(x) != len(encoded) or tuple(adapter.by_element(x, batch).shape) != shape:
            return f"the output of its embedding layer has the shape {tuple(x.shape)}, not (texts, tokens, width)"
        if not torch.isfinite(x).all():
            return "its embeddings are not finite"
        if not tolerance.agree(adapter.logits(batch, x), plain):
            return "with its own embeddings put in their place, it computes other logits"
        expected, found = adapter.logits(other), adapter.logits(batch, adapter.embed(other))
        if not tolerance.agree(found, expected):
            untouched = tolerance.agree(found, plain)
            return (
                "it does not compute from the embeddings that are put in their place"
                if untouched
                else "with the embeddings of other words put in their place, it does not compute what it says of these"
            )
    return _gradient(adapter, batch, x, lengths)


def _gradient(adapter: Adapter, batch: Batch, x: torch.Tensor, lengths: Sequence[int]) -> str | None:
    """Say what is wrong with the gradient of one text's logits, if anything is."""
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        first = adapter.logits(batch, leaf)[0]
        # Where several decisions are made, all but two logits may stand still.
        (gradient,) = torch.autograd.grad(first[0] - first[1:].max(), leaf, allow_unused=True)
    if gradient is None:
        return "its logits have no gradient at the embeddings"
    if not torch.isfinite(gradient).all():
        return "the gradient at its embeddings is not finite"
    own, others = gradient[0, : lengths[0]].abs().max(), gradient[1:].abs().max()
    if float(others) > 1e-3 * float(own):
        return "the logits of one text change with the embeddings of another"
    return None
