"""What the rest of the house may ask of a model. Outside `models/` nobody asks which task it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from audit.data.examples import Example, Plain
from audit.result import ModelFacts, Note
from audit.store.decisions import Decided

if TYPE_CHECKING:
    from audit.models.language_model import LanguageModel

#: Unit of elements that are part of no unit: special tokens, a template. They are summed up as one line, the frame.
FRAME = -1


@dataclass(frozen=True)
class Encoded:
    """One example, ready for a batch.

    Attributes
    ----------
    inputs
        What the model takes of it, by name: the adapter's own affair, which nobody else reads.
    units : array of shape (elements,)
        Unit of each element, numbered from 0 as the units stand in the example; `FRAME` for elements of none.
    places : array of shape (units, 2)
        Where each unit is, as `audit.data.places` has it.
    truncated
        Whether the example was longer than the model takes.
    weight
        What it costs, where that is not the number of elements, in tokens of a text of like cost.
    failed
        Why the model cannot read it, a code; None if it can. It has no elements then, and its decision failed.
    unknown
        Elements that stand for something the tokenizer does not know.
    unread
        Words of the example that have no element, so that the model cannot see them; told by its first window.
    one_of_several
        Whether there are further pictures in the same file, which the model is not shown.
    """

    inputs: Mapping[str, npt.NDArray[Any]]
    units: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]
    truncated: bool
    unknown: int = 0
    unread: int = 0
    weight: int | None = None
    failed: str | None = None
    one_of_several: bool = False

    @property
    def length(self) -> int:
        """Number of elements."""
        return len(self.units)

    @property
    def cost(self) -> int:
        """What it costs to run the model on it, in tokens."""
        return self.length if self.weight is None else self.weight

    @property
    def frame(self) -> npt.NDArray[np.bool_]:
        """Elements that are part of no unit, shape (elements,)."""
        return np.asarray(self.units == FRAME)

    def reads_like(self, other: Encoded) -> bool:
        """Whether the model is given the same for another example, so that its decision is the same."""
        same = self.inputs.keys() == other.inputs.keys()
        return same and all(np.array_equal(given, other.inputs[name]) for name, given in self.inputs.items())

    def by_unit(self, values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], float]:
        """Add up what elements carry: of each unit, and of the frame.

        Parameters
        ----------
        values : array of shape (elements,)
        """
        sums = np.bincount(self.units - FRAME, values, len(self.places) + 1).astype(np.float64)
        return sums[1:], float(sums[0])


#: Encoded inputs on the device, padded to one length where that is needed: an adapter's own affair, which nobody else
#: looks into.
Batch: TypeAlias = Any


class Adapter(Protocol):
    """A fine-tuned model with its preprocessing for one task.

    Where a model makes several decisions about an example, a batch for `logits` holds, of each example, the one that is
    meant (`audit.data.examples.Asked`).
    """

    #: What may be decided; if one of them says that there is nothing, it is the first.
    classes: list[str]
    #: The class that says that there is nothing (`O`, `(none)`), if the model makes several decisions about an example.
    nothing: str | None
    #: What loading found that a reader of the result should know.
    notes: list[Note]
    #: Why decisions of this model cannot be explained; None if they can.
    unexplainable: str | None
    #: Whether logits have a gradient at what `embed` returns; where they have none, explanations ask the model itself.
    differentiable: bool
    #: Why a decision failed whose logits are not finite, a code.
    not_finite: str
    #: The kinds of probe that it can answer: `terms` exchanged in a text, `names` put in the place of entities,
    #: `values` of named fields or features.
    probes: frozenset[str]

    @property
    def device(self) -> torch.device:
        """Where the model computes."""

    def randomised(self, seed: int) -> Adapter:
        """Return a copy with weights shuffled within each tensor."""

    def facts(self) -> ModelFacts:
        """What the result says of the model."""

    def encode(self, inputs: Sequence[Example]) -> list[Encoded]:
        """Prepare examples, each for the decision that is meant; may run in another thread than the rest."""

    def collate(self, encoded: Sequence[Encoded]) -> Batch:
        """Pad to the longest and move to the device."""

    def logits(self, batch: Batch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """Return float32 logits of shape (batch, classes).

        Parameters
        ----------
        embedded
            Stands in for what `embed` returns. Ids, mask and segments are passed all the same, so that models which
            take positions or pooling from ids walk the same path.
        """

    def embed(self, batch: Batch) -> torch.Tensor:
        """Return what explanations interpolate, shape (batch, …): an embedding layer's output, pixels, numbers."""

    def by_element(self, values: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Add up values of the shape of `embed`: one for each element, in its order, shape (batch, longest)."""

    def baseline(self, encoded: Sequence[Encoded], batch: Batch, kind: str) -> torch.Tensor:
        """Return the uninformative input of the same shape as `embed`; special tokens stay as they are."""

    def erase(
        self, encoded: Sequence[Encoded], batch: Batch, kind: str, units: Sequence[Collection[int]]
    ) -> torch.Tensor:
        """Return what `embed` does, with some units of each example replaced by the baseline.

        Erasing every unit of all examples is `baseline`; erasing none, `embed`. The frame stays as it is.
        """

    def baseline_kind(self, asked: str) -> str:
        """Resolve `auto` to a baseline this model has."""

    def other_baseline(self, kind: str) -> str:
        """Return another baseline, for decisions on which this one shows no contrast."""


class AdapterOfSeveral(Adapter, Protocol):
    """An adapter whose model makes several decisions about an example: those with a class for `nothing`."""

    def windows(self, inputs: Sequence[Plain]) -> list[list[Encoded]]:
        """Prepare examples for all decisions about them.

        One that is too long may need several parts; one of which a model can read nothing may have none.
        """

    def outputs(self, batch: Batch) -> list[npt.NDArray[np.float32]]:
        """Run the model; return of each part what `decide` reads."""

    def contests(self, output: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the logits, shape (decisions, classes), of which the largest decides what is read of an output."""

    def decide(
        self,
        example: Plain,
        windows: Sequence[Encoded],
        outputs: Sequence[npt.NDArray[np.float32]],
        gold: object,
    ) -> list[Decided]:
        """Return the decisions about one example, in the order of their keys.

        Parameters
        ----------
        gold
            What is true of it, as `audit.data.gold` has it; None if nobody knows.
        """


class AdapterOfPrompts(Adapter, Protocol):
    """An adapter whose model writes its decision: those whose facts tell of a prompt.

    e to a logit is what the class holds of all that the model could say.
    """

    def answers_freely(self, batch: Batch) -> npt.NDArray[np.bool_]:
        """Whether what the model writes by itself is one of the options, shape (batch,)."""

    def language_model(self) -> LanguageModel:
        """The model without its prompt: how likely it finds texts, and how it goes on with them."""


def elements_of(encoded: Sequence[Encoded], units: Sequence[Collection[int]], width: int) -> torch.Tensor:
    """Mark the elements of some units of each example.

    Parameters
    ----------
    width
        Elements of a padded example.

    Returns
    -------
    tensor of shape (examples, width)
    """
    marked = torch.zeros((len(encoded), width), dtype=torch.bool)
    for row, (item, chosen) in enumerate(zip(encoded, units, strict=True)):
        marked[row, : item.length] = torch.from_numpy(np.isin(item.units, list(chosen)))
    return marked
