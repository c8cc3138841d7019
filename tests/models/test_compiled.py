"""A compiled model decides as it does itself, in batches of any size; one that cannot be compiled goes on as it is."""

from __future__ import annotations

import importlib
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from audit.config import ModelConfig, parse_config
from audit.errors import ConfigError
from audit.models.registry import load_adapter
from audit.models.tiers import TieredRunner
from audit.pipeline.precision import compiling_notes
from tests.conftest import make_texts


@pytest.fixture(autouse=True)
def _one_thread_compiles() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about itself
        importlib.import_module("torch._inductor.compile_fx")
    torch._dynamo.reset()
    # No pool of processes that would outlive the test.
    with torch._inductor.config.patch(compile_threads=1):
        yield
    torch._dynamo.reset()


def loaded(path: Path, **changes: Any) -> Any:
    return load_adapter(ModelConfig(path=path, device="cpu", **changes))


def decided(adapter: Any, texts: list[Any], budget: int = 300) -> np.ndarray:
    with torch.inference_mode():
        return np.stack(TieredRunner(adapter, budget).logits(adapter.encode(texts)))


@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="needs a compiler of C++")
def test_one_graph_serves_batches_of_all_shapes(checkpoints: dict[str, Path]) -> None:
    from torch._dynamo.utils import counters

    adapter = loaded(checkpoints["bert"], compile=True)
    plain = loaded(checkpoints["bert"])
    assert adapter.facts().compiled
    assert not [note for note in adapter.notes if note.code == "not_compiled"]
    graphs = counters["stats"]["unique_graphs"]
    texts = [*make_texts(90), "good", "he bad"]
    pairs = [("good bad", "he she word1"), ("word2", "word3 good"), ("bad", "he")]
    found, exact = decided(adapter, texts), decided(plain, texts)
    assert np.abs(found - exact).max() <= 1e-3 * np.abs(exact).max()
    np.testing.assert_array_equal(found.argmax(1), exact.argmax(1))
    assert np.abs(decided(adapter, pairs) - decided(plain, pairs)).max() <= 1e-3 * np.abs(exact).max()
    # Batches of equal length, without any padding.
    decided(adapter, ["good bad he"] * 50)
    assert counters["stats"]["unique_graphs"] == graphs >= 1
    # What reaches into the model is answered by the model itself.
    batch = adapter.collate(adapter.encode(texts[:4]))
    with torch.no_grad():
        torch.testing.assert_close(adapter.logits(batch, adapter.embed(batch)), plain.logits(batch))
    assert adapter.randomised(0)._compiled is None


def test_it_fails_before_it_decides_and_says_why(checkpoints: dict[str, Path]) -> None:
    # No compiler of C++ by that name.
    with torch._inductor.config.patch({"cpp.cxx": ("there-is-none",), "force_disable_caches": True}):
        adapter = loaded(checkpoints["bert"], compile=True)
    (note,) = [note for note in adapter.notes if note.code == "not_compiled"]
    assert "compiling failed" in str(note.params["why"])
    assert not adapter.facts().compiled
    texts = make_texts(20)
    np.testing.assert_array_equal(decided(adapter, texts), decided(loaded(checkpoints["bert"]), texts))


def test_what_torch_refuses_is_noted(checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: Any, **named: Any) -> Any:
        warnings.warn("about itself", DeprecationWarning, stacklevel=1)
        raise RuntimeError("torch.compile is not supported here")

    monkeypatch.setattr(torch, "compile", refuse)
    adapter = loaded(checkpoints["bert"], compile=True)
    assert [note.params["why"] for note in adapter.notes if note.code == "not_compiled"] == [
        "compiling failed: torch.compile is not supported here"
    ]


def test_it_fails_on_the_way_and_goes_on(checkpoints: dict[str, Path]) -> None:
    from torch._dynamo.exc import TorchDynamoException

    from audit.models.compiled import Compiled

    adapter = loaded(checkpoints["bert"])
    compiled = Compiled(adapter._model, "float32", adapter.device)

    def broken(**given: Any) -> Any:
        raise TorchDynamoException("no such graph")

    compiled._compiled = broken
    adapter._compiled = compiled
    texts = make_texts(20)
    np.testing.assert_array_equal(decided(adapter, texts), decided(loaded(checkpoints["bert"]), texts))
    assert compiled.failed
    # Every input after that is counted, in whatever process, and the audit notes it.
    runner = TieredRunner(adapter, 64)
    runner.logits(adapter.encode(texts))
    assert [note.params for note in compiling_notes(runner.spent)] == [{"n": 20}]
    assert not compiling_notes(TieredRunner(loaded(checkpoints["bert"]), 64).spent)


def test_a_model_without_padding_is_not_compiled(checkpoints: dict[str, Path]) -> None:
    adapter = loaded(checkpoints["gpt2"], compile=True)
    assert [note.params["why"] for note in adapter.notes if note.code == "not_compiled"] == [
        "the model has no token for padding, so that batches need graphs of their own"
    ]


def test_what_does_not_go_together_is_refused(model_case: Any) -> None:
    config = model_case()
    config["model"] |= {"compile": True, "device_map": "auto"}
    with pytest.raises(ConfigError, match="compile: does not go with `device_map`"):
        parse_config(config)
