"""Adapters (PEFT) trained in seconds on a tiny base model, saved as users have them."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tests.conftest import make_texts

METHODS = ("lora", "adalora", "ia3", "prefix", "prompt")
STEPS = 15


def settings_of(method: str, **changes: Any) -> Any:
    """Settings of peft for sequence classification."""
    import peft

    virtual = {"num_virtual_tokens": 4}
    kinds: dict[str, tuple[Any, dict[str, Any]]] = {
        "lora": (peft.LoraConfig, {"r": 4}),
        "adalora": (
            peft.AdaLoraConfig,
            {"init_r": 6, "target_r": 3, "total_step": 2 * STEPS, "tinit": 2, "tfinal": 5, "deltaT": 1},
        ),
        "ia3": (peft.IA3Config, {}),
        "prefix": (peft.PrefixTuningConfig, virtual),
        "prompt": (peft.PromptTuningConfig, virtual),
        "ptuning": (peft.PromptEncoderConfig, virtual | {"encoder_hidden_size": 16}),
        "loha": (peft.LoHaConfig, {"target_modules": ["query"]}),
    }
    kind, given = kinds[method]
    return kind(**{"task_type": "SEQ_CLS"} | given | changes)


def train(base: Path, folder: Path, method: str, **changes: Any) -> Path:
    """Train an adapter to tell texts with `good` from others, and save it."""
    import peft

    classes = changes.pop("classes", None)
    named = {"num_labels": len(classes), "ignore_mismatched_sizes": True} if classes else {}
    texts = make_texts(200, seed=3)
    tokenizer = AutoTokenizer.from_pretrained(base)
    encoded = tokenizer(texts, truncation=True, max_length=30, padding=True, return_tensors="pt")
    truth = torch.tensor([int("good" in text.split()) for text in texts])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of peft, about transformers
        torch.manual_seed(0)
        model = peft.get_peft_model(
            AutoModelForSequenceClassification.from_pretrained(base, **named), settings_of(method, **changes)
        ).train()
        optimiser = torch.optim.Adam([weight for weight in model.parameters() if weight.requires_grad], lr=0.02)
        for step in range(STEPS):
            rows = torch.arange(step * 40, step * 40 + 40) % len(texts)
            model(**{name: part[rows] for name, part in encoded.items()}, labels=truth[rows]).loss.backward()
            optimiser.step()
            if method == "adalora":
                model.base_model.update_and_allocate(step)
            optimiser.zero_grad()
        model.eval().save_pretrained(folder)
    return folder


def move_in(base: Path, parent: Path) -> Path:
    """Copy a base model into a folder."""
    return Path(shutil.copytree(base, parent / "base"))


def logits_of(base: Path, folder: Path, texts: list[str], **named: Any) -> torch.Tensor:
    """What plain peft says of texts, one at a time."""
    import peft

    tokenizer = AutoTokenizer.from_pretrained(base)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        plain = AutoModelForSequenceClassification.from_pretrained(base, **named)
        model = peft.PeftModel.from_pretrained(plain, folder, torch_device="cpu").eval()
        return torch.cat([model(**tokenizer(text, truncation=True, return_tensors="pt")).logits for text in texts])
