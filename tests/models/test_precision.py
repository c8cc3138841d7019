"""On a card, float32 is float32 for convolutions too, which torch rounds to eleven bits by itself, and tf32 is not."""

from __future__ import annotations

import pytest
import torch

from audit.models.checkpoint import resolve_device
from audit.models.precision import at_precision


def test_convolutions_are_rounded_where_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    device = resolve_device("cuda")
    assert not torch.backends.cudnn.allow_tf32
    with at_precision("tf32", device):
        assert torch.backends.cudnn.allow_tf32
        assert torch.get_float32_matmul_precision() == "high"
    assert not torch.backends.cudnn.allow_tf32
    assert torch.get_float32_matmul_precision() == "highest"
    with at_precision("tf32", torch.device("cpu")):
        assert torch.get_float32_matmul_precision() == "highest"
