"""The network of the tabular sample: seven columns in, two logits out."""

import torch


def build() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(7, 12), torch.nn.Tanh(), torch.nn.Linear(12, 2))
