"""The last layer goes on with the first place alone where nothing else is read, and as before where it is."""

from __future__ import annotations

import copy

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel

from audit.models.first_place import read_first_place

CONFIG = BertConfig(
    vocab_size=40, hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32,
    max_position_embeddings=16, num_labels=3,
)  # fmt: skip
IDS = torch.arange(24).view(3, 8)


class Mean(torch.nn.Module):
    """Decides from the mean over all places."""

    def __init__(self) -> None:
        super().__init__()
        self.body = BertModel(CONFIG, add_pooling_layer=False)
        self.head = torch.nn.Linear(16, 3)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        decided: torch.Tensor = self.head(self.body(input_ids).last_hidden_state.mean(1))
        return decided


class Fixed(Mean):
    """Counts on all eight places being there."""

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        decided: torch.Tensor = self.head(self.body(input_ids).last_hidden_state.view(len(input_ids), 8, 16)[:, 0])
        return decided


def hooks(model: torch.nn.Module) -> int:
    return sum(len(part._forward_pre_hooks) for part in model.modules())


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_a_classifier_of_the_bert_kind_computes_the_same_with_less() -> None:
    model = BertForSequenceClassification(CONFIG).eval().requires_grad_(False)
    mask = (IDS < 20).long()
    shapes: list[torch.Size] = []
    model.bert.encoder.layer[-1].intermediate.register_forward_hook(lambda part, args, out: shapes.append(out.shape))

    def logits() -> torch.Tensor:
        return model(input_ids=IDS, attention_mask=mask).logits

    before, plain = logits(), copy.deepcopy(model)
    assert read_first_place(model, logits)
    assert shapes[0][1] == 8
    assert shapes[-1][1] == 1
    assert torch.allclose(logits(), before, rtol=1e-4, atol=1e-6)
    embedded = torch.randn(3, 8, 16, requires_grad=True)
    gradients = [
        torch.autograd.grad(one(inputs_embeds=embedded, attention_mask=mask).logits[:, 0].sum(), embedded)[0]
        for one in (model, plain)
    ]
    assert torch.allclose(*gradients, rtol=1e-3, atol=1e-6)
    assert hooks(copy.deepcopy(model)) == hooks(model) == 1


@pytest.mark.parametrize("kind", [Mean, Fixed])
def test_models_that_read_other_places_stay_as_they_are(kind: type[Mean]) -> None:
    model = kind().eval().requires_grad_(False)
    before = model(IDS)
    assert not read_first_place(model, lambda: model(IDS))
    assert not hooks(model)
    assert torch.equal(model(IDS), before)


def test_models_of_other_kinds_stay_as_they_are() -> None:
    model = torch.nn.Linear(4, 2)
    assert not read_first_place(model, lambda: model(torch.ones(1, 4)))
    assert not hooks(model)
