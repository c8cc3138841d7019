"""The grid of patches that explanations of pictures speak of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch

#: Fewest and most cells along one side, where the model does not say.
LEAST, MOST = 7, 16
#: Width of the blur of a patch that is taken away (σ of its Gaussian), as a share of a side: no part of a face or of a
#: lesion is left.
BLUR = 0.15
#: A model's own patches are taken up to so many along one side.
MOST_OWN = 40


@dataclass(frozen=True)
class PatchGrid:
    """Cells that a picture is divided into; of those that do not divide it evenly, some are a pixel larger.

    Attributes
    ----------
    rows, columns
        Where each row, or column, of cells begins, and where the last one ends, in pixels.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]

    @classmethod
    def of(cls, size: tuple[int, int], patch: tuple[int, int] | None) -> PatchGrid:
        """Choose a grid for pictures of a size (height, width).

        Parameters
        ----------
        patch
            Height and width of the model's own patches, if it has any.
        """
        sides = [_edges(length, patch and patch[i]) for i, length in enumerate(size)]
        return cls(sides[0], sides[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return len(self.rows) - 1, len(self.columns) - 1

    @property
    def cells(self) -> int:
        """Number of cells."""
        rows, columns = self.shape
        return rows * columns

    def sums(self, values: torch.Tensor) -> torch.Tensor:
        """Add values of shape (batch, channels, height, width) up: one for each cell, shape (batch, cells)."""
        down, across = (_membership(edges, values) for edges in (self.rows, self.columns))
        return (down @ values.sum(1) @ across.T).flatten(1)

    def spread(self, chosen: torch.Tensor) -> torch.Tensor:
        """Mark the pixels of chosen cells, shape (batch, cells), on an axis of channels: (batch, 1, height, width)."""
        rows, columns = (
            torch.repeat_interleave(torch.tensor([b - a for a, b in pairwise(edges)]))
            for edges in (self.rows, self.columns)
        )
        cells = chosen.view(len(chosen), 1, *self.shape)
        return cells[:, :, rows.to(chosen.device)][..., columns.to(chosen.device)]


def patch_of(config: Any) -> tuple[int, int] | None:
    """Height and width of a model's own patches, by its configuration; None if it has none, or one for each stage."""
    for described in (config, getattr(config, "vision_config", None)):
        found = getattr(described, "patch_size", None)
        if isinstance(found, int) and not isinstance(found, bool) and found > 1:
            return found, found
        if isinstance(found, list | tuple) and len(found) == 2 and all(isinstance(one, int) for one in found):
            return int(found[0]), int(found[1])
    return None


def _edges(length: int, patch: int | None) -> tuple[int, ...]:
    """Divide a side into cells: the model's own patches, or a few of them together; else evenly, if that can be."""
    own = length // patch if patch and length % patch == 0 and length > patch else 0
    if 1 < own <= MOST:
        return _evenly(length, own)
    choices = [n for n in range(MOST, LEAST - 1, -1) if (own or length) % n == 0]
    if choices:
        return _evenly(length, min(choices, key=lambda n: (abs(n - 2 * LEAST), n)))
    if own and own <= MOST_OWN:
        return _evenly(length, own)
    return _evenly(length, min(2 * LEAST, length))


def _evenly(length: int, cells: int) -> tuple[int, ...]:
    return tuple(round(i * length / cells) for i in range(cells + 1))


def _membership(edges: tuple[int, ...], like: torch.Tensor) -> torch.Tensor:
    """Ones where a pixel (column) is in a cell (row)."""
    pixels = torch.arange(edges[-1])
    starts, ends = torch.tensor(edges[:-1])[:, None], torch.tensor(edges[1:])[:, None]
    return ((pixels >= starts) & (pixels < ends)).to(like)
