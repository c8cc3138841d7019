"""Shared fixtures: tiny random models of three families, small tables, and a browser."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# How fast a busy machine makes examples is no property of the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


#: Modules that were there when what they hold was last left out of the search for garbage.
_known = 0


def pytest_collection_finish() -> None:
    """Leave what was imported out of every later search for garbage: an audit with a model starts several."""
    _leave_out_what_was_imported()


def pytest_runtest_teardown() -> None:
    """Do so again after a test that imported much, such as the first with a model."""
    if len(sys.modules) > _known + 100:
        _leave_out_what_was_imported()


def _leave_out_what_was_imported() -> None:
    global _known  # noqa: PLW0603 - of the process, as the modules are
    gc.collect()
    gc.freeze()
    _known = len(sys.modules)


def shared(*parts: str) -> Path:
    """A file of the shared folder, or a skip that says which one is missing."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs {Path('shared', *parts)}, which is not here")
    return path


WORDS = [f"word{i}" for i in range(60)] + ["good", "bad", "he", "she"]


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny random classifiers with two classes, saved as users have them."""
    import torch
    from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        BertTokenizerFast,
        DebertaV2Config,
        DebertaV2ForSequenceClassification,
        DistilBertConfig,
        DistilBertForSequenceClassification,
        GPT2Config,
        GPT2ForSequenceClassification,
        LlamaConfig,
        LlamaForSequenceClassification,
        PreTrainedTokenizerFast,
        RobertaConfig,
        RobertaForSequenceClassification,
        RobertaTokenizerFast,
    )

    texts = [" ".join(WORDS)] * 3
    # Written out rather than trained: the trainer numbers its pieces differently every time, so that with the same
    # seed every run would test other models. Every sixth word is made of pieces.
    characters = sorted({character for word in WORDS for character in word})
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *(f"##{c}" for c in characters), "word"]
    tokens += [word for i, word in enumerate(WORDS) if i % 6]
    pieces = BertWordPieceTokenizer({token: i for i, token in enumerate(tokens)}, lowercase=True)
    bert = BertTokenizerFast(tokenizer_object=pieces._tokenizer, model_max_length=40)
    bytes_ = ByteLevelBPETokenizer()
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    bytes_.train_from_iterator(texts, vocab_size=400, min_frequency=1, special_tokens=specials, show_progress=False)
    roberta = RobertaTokenizerFast(tokenizer_object=bytes_._tokenizer, model_max_length=40)
    # Decoders have neither MASK nor a padding token of their own, and pad on the left.
    decoder = PreTrainedTokenizerFast(
        tokenizer_object=bytes_._tokenizer, model_max_length=40, eos_token="</s>", padding_side="left"
    )
    labels = {"id2label": {0: "no", 1: "yes"}, "label2id": {"no": 0, "yes": 1}, "initializer_range": 0.12}
    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    torch.manual_seed(0)
    models: dict[str, tuple[Any, Any]] = {
        "bert": (
            BertForSequenceClassification(
                BertConfig(vocab_size=len(bert), max_position_embeddings=40, **small, **labels)
            ),
            bert,
        ),
        "roberta": (
            RobertaForSequenceClassification(
                RobertaConfig(vocab_size=len(roberta), max_position_embeddings=42, pad_token_id=1, **small, **labels)
            ),
            roberta,
        ),
        "distilbert": (
            DistilBertForSequenceClassification(
                DistilBertConfig(
                    vocab_size=len(bert),
                    max_position_embeddings=40,
                    dim=32,
                    n_layers=2,
                    n_heads=2,
                    hidden_dim=48,
                    **labels,
                )
            ),
            bert,
        ),
        "deberta": (
            DebertaV2ForSequenceClassification(
                DebertaV2Config(
                    vocab_size=len(bert), max_position_embeddings=40, relative_attention=True, type_vocab_size=0,
                    pos_att_type=["p2c", "c2p"], **small, **labels,
                )
            ),
            bert,
        ),
        "llama": (
            LlamaForSequenceClassification(
                LlamaConfig(vocab_size=len(decoder), max_position_embeddings=40, **small, **labels)
            ),
            decoder,
        ),
        "gpt2": (
            GPT2ForSequenceClassification(
                GPT2Config(vocab_size=len(decoder), n_positions=40, n_embd=32, n_layer=2, n_head=2,
                           bos_token_id=2, eos_token_id=2, **labels)
            ),
            decoder,
        ),
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("checkpoints")
    for name, (model, tokenizer) in models.items():
        _tell_apart(model.eval(), tokenizer)
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    return {name: folder / name for name in models}


def _tell_apart(model: Any, tokenizer: Any) -> None:
    """Scale and shift a random head, so that the model does not say the same of every text."""
    import torch

    head = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear) and layer.out_features == 2][-1]
    with torch.no_grad():
        encoded = [tokenizer(text, truncation=True, return_tensors="pt") for text in make_texts(40, seed=9)]
        logits = torch.cat([model(**item).logits for item in encoded])
        log_odds = logits[:, 1] - logits[:, 0]
        factor = 1.5 / log_odds.std()
        head.weight *= factor
        if head.bias is not None:
            head.bias *= factor
            head.bias -= torch.tensor([-0.5, 0.5]) * factor * log_odds.median()


def make_texts(n: int, seed: int = 0) -> list[str]:
    """Texts of very different length from the tiny vocabulary."""
    import numpy as np

    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, rng.integers(1, 30))) for _ in range(n)]


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Write columns as a CSV file and return its path."""

    def write(name: str = "data.csv", **columns: list[Any]) -> Path:
        path = tmp_path / name
        pd.DataFrame(columns).to_csv(path, index=False)
        return path

    return write


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """A configuration for stored predictions: columns y, p and one attribute g."""

    def make(path: Path, **changes: Any) -> dict[str, Any]:
        config: dict[str, Any] = {
            "data": {"path": str(path), "columns": {"label": "y", "prediction": "p"}, "positive_label": "1"},
            "attributes": ["g"],
            "output": {"folder": str(tmp_path / "run")},
        }
        for key, value in changes.items():
            where = config
            *parents, last = key.split("__")
            for parent in parents:
                where = where.setdefault(parent, {})
            where[last] = value
        return config

    return make


@pytest.fixture
def model_case(tmp_path: Path, checkpoints: dict[str, Path]) -> Callable[..., dict[str, Any]]:
    """A configuration that audits a tiny model on a small table."""
    import numpy as np

    def make(family: str = "bert", rows: int = 60, **changes: Any) -> dict[str, Any]:
        rng = np.random.default_rng(1)
        path = tmp_path / "texts.csv"
        frame = pd.DataFrame(
            {
                "id": [f"r{i}" for i in range(rows)],
                "text": make_texts(rows),
                "label": rng.choice(["no", "yes"], rows),
                "group": rng.choice(["a", "b", ""], rows, p=[0.5, 0.4, 0.1]),
            }
        )
        frame.to_csv(path, index=False)
        config: dict[str, Any] = {
            "model": {"path": str(checkpoints[family])},
            "data": {
                "path": str(path),
                "columns": {"input": "text", "label": "label", "id": "id"},
                "positive_label": "yes",
            },
            "attributes": ["group"],
            "explanations": {"sample": 12, "shown": 6, "sanity": 0},
            "output": {"folder": str(tmp_path / "run")},
        }
        config.update(changes)
        return config

    return make


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium with no network; skips where there is none, unless CI says there must be one."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        if os.environ.get("FAIRAUDIT_REQUIRE_BROWSER"):
            pytest.fail("Chromium is not installed, and FAIRAUDIT_REQUIRE_BROWSER is set")
        pytest.skip("needs Chromium (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(autouse=True)
def _pages_are_closed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close what a test opened in the browser: pages that stay open go on computing."""
    opened = request.getfixturevalue("browser") if "browser" in request.fixturenames else None
    before = list(opened.contexts) if opened else []
    yield
    for context in opened.contexts if opened else []:
        if context not in before:
            context.close()
