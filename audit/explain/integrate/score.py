"""F: what of a decision is explained."""

from __future__ import annotations

import torch


def score(logits: torch.Tensor, target: torch.Tensor, scale: str) -> torch.Tensor:
    """F: probability or log-odds of each row's target class, shape (batch,).

    Log-odds are log p − log(1 − p), computed without forming p.
    """
    chosen = target.unsqueeze(1)
    if scale == "probability":
        return logits.softmax(-1).gather(1, chosen).squeeze(1)
    others = logits.scatter(1, chosen, float("-inf"))
    return logits.gather(1, chosen).squeeze(1) - others.logsumexp(-1)
