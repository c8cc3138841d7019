"""Where the time of an audit goes: CPU seconds by kind of work, each counted without what it calls of the others.

`BENCH_CONFIG` names the configuration (default: the end-to-end audit of `end_to_end`, or without its data the embedded
sample). The audit runs in a process of its own, so that imports are its own as well.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.end_to_end import DATA, MODEL, configuration

SAMPLE = Path(__file__).parents[1] / "sample_data" / "audit.yaml"
#: Module, class or nothing, function -> what its time is counted as. Names are those that callers look up.
KINDS = (
    ("audit.pipeline.run", "", "survey", "reading the table"),
    ("audit.pipeline.run", "", "load", "loading the model"),
    ("audit.pipeline.run", "", "compare_all", "tally, values and bounds"),
    ("audit.pipeline.run", "", "with_explained_rates", "tally, values and bounds"),
    ("audit.pipeline.run", "", "concluded", "judging"),
    ("audit.pipeline.run", "", "write_documents", "report"),
    ("audit.models.text_classification", "TextClassification", "encode", "tokenize"),
    ("audit.models.embedding_model", "EmbeddingModel", "_raw", "model, forward"),
    ("audit.explain.integrate.refining", "GradientPath", "refine", "integration between nodes"),
    ("torch.autograd", "", "grad", "model, backward"),
)
_here = threading.local()


class Account:
    """CPU seconds by kind, over all threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    def counted(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function so that its own time is counted."""

        @functools.wraps(function)
        def run(*args: Any, **more: Any) -> Any:
            inside, began = getattr(_here, "inside", None), time.thread_time()
            _here.inside = spent = [0.0]
            try:
                return function(*args, **more)
            finally:
                whole = time.thread_time() - began
                _here.inside = inside
                if inside is not None:
                    inside[0] += whole
                with self._lock:
                    self.seconds[kind] += whole - spent[0]

        return run


def account(config: Path) -> None:
    """Run an audit in this process; print what was counted as JSON."""
    began = time.process_time()
    found = Account()
    for module, owner, name, kind in KINDS:
        holder = import_module(module)
        holder = getattr(holder, owner) if owner else holder
        setattr(holder, name, found.counted(kind, getattr(holder, name)))
    import_module("audit.models.registry")
    import_module("audit.explain.stage")
    found.seconds["imports"] = time.process_time() - began
    import_module("audit").run(config, overwrite=True)
    whole = time.process_time()
    found.seconds["the rest"] = whole - sum(found.seconds.values())
    print(json.dumps({"whole": whole, **found.seconds}))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(os.environ.get("BENCH_CONFIG", SAMPLE))
        if "BENCH_CONFIG" not in os.environ and MODEL.exists() and DATA.exists():
            config = configuration(Path(folder))
        code = f"from benchmarks.where import account; from pathlib import Path; account(Path({str(config)!r}))"
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds = json.loads(out.stdout.splitlines()[-1])
    whole = seconds.pop("whole")
    print(f"{config.name}: {whole:.0f} CPU seconds\n\n| kind of work | CPU seconds | share |\n|---|---|---|")
    for kind, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        print(f"| {kind} | {spent:.1f} | {spent / whole:.1%} |")


if __name__ == "__main__":
    main()
