"""Run one audit undisturbed, then the same one killed again and again; print what was found as JSON.

Not a test itself: test_resume.py runs it in a process of its own, since it forks. Children share the imports of this
process, which spares the seconds that each would need for them.
"""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import torch
from transformers import BertForSequenceClassification, BertForTokenClassification, LlamaForCausalLM

import audit.explain.explanations
import audit.explain.parts
import audit.models.predict
import audit.pipeline.decide
import audit.pipeline.run
from audit.store.shards import Shards

torch.set_num_threads(1)
audit.pipeline.decide.WINDOW_ROWS = 16
audit.explain.parts.PART_DECISIONS = 8


def log(path: Path, line: str) -> None:
    with path.open("a") as stream:
        stream.write(line + "\n")


def instrument(record: Path) -> None:
    """Write a line for every forward pass of the model, and one for every finished part with its forward passes.

    A model is tried before anything is decided, whenever it is loaded: those passes belong to no part.
    """
    write = Shards.write
    passes, trying = 0, False

    def counting(forward: Any) -> Any:
        def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal passes
            if not trying:
                passes += 1
                log(record, "forward")
            return forward(self, *args, **kwargs)

        return counted

    def untold(step: Any) -> Any:
        def run(*args: Any) -> Any:
            nonlocal trying
            trying = True
            try:
                return step(*args)
            finally:
                trying = False

        return run

    def written(self: Shards, number: int, *args: Any) -> None:
        nonlocal passes
        write(self, number, *args)
        log(record, f"part {self.folder.name} {number} {passes}")
        passes = 0

    audit.pipeline.run.load = untold(audit.pipeline.run.load)
    audit.pipeline.run.understand = untold(audit.pipeline.run.understand)
    for model in (BertForSequenceClassification, BertForTokenClassification, LlamaForCausalLM):
        model.forward = counting(model.forward)  # type: ignore[attr-defined]
    Shards.write = written  # type: ignore[method-assign]


def child(config: dict[str, Any], record: Path, kill_after: float | None) -> float:
    """Run (or resume) the audit in a forked process; return how long it lived."""
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        try:
            instrument(record)
            audit.run(config, resume=True)
            log(record, "done")
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - a child must not run on into the parent's code
            log(record, f"error {error!r}")
            os._exit(1)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return time.perf_counter() - began


def warm(config: dict[str, Any]) -> None:
    """Import what audits import on the way, and translate what they print, so that no child has to do it again."""
    audit.run(config)
    gc.collect()
    gc.freeze()


def lines(record: Path, word: str) -> list[list[str]]:
    text = record.read_text() if record.exists() else ""
    return [line.split() for line in text.splitlines() if line.startswith(word)]


def plain(folder: Path) -> dict[str, Any]:
    result = json.loads((folder / "result.json").read_text())
    del result["timings"]
    return dict(result)


def main() -> None:
    config = json.loads(Path(sys.argv[1]).read_text())
    work, kills = Path(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(5)

    config["output"]["folder"] = str(work / "warm")
    warm(config)
    config["output"]["folder"] = str(work / "calm")
    seconds = child(config, work / "calm.log", None)
    assert not lines(work / "calm.log", "error"), lines(work / "calm.log", "error")

    calm_parts = {tuple(part[1:3]): int(part[3]) for part in lines(work / "calm.log", "part")}
    killed_before_the_end, parts, finished, rounds = 0, Counter[tuple[str, ...]](), 0, 0
    forwards = 0
    while killed_before_the_end < kills and rounds < 5 * kills:
        # A run that got through before it was to be killed does not count, and the next begins anew.
        record, config["output"]["folder"] = work / f"kill-{finished}.log", str(work / f"kill-{finished}")
        child(config, record, rng.uniform(0.02, 0.6) * seconds)
        rounds += 1
        if lines(record, "done"):
            finished += 1
        else:
            killed_before_the_end += 1
    record, config["output"]["folder"] = work / f"kill-{finished}.log", str(work / f"kill-{finished}")
    child(config, record, None)
    same = True
    for number in range(finished + 1):
        record = work / f"kill-{number}.log"
        same = same and plain(work / f"kill-{number}") == plain(work / "calm")
        seen = Counter(tuple(part[1:3]) for part in lines(record, "part"))
        parts.update({(str(number), *part): n for part, n in seen.items()})
        forwards = sum(int(part[3]) for part in lines(record, "part")) if number == finished else forwards
    after = work / "after.log"
    child(config, after, None)
    print(
        json.dumps(
            {
                "kills": killed_before_the_end,
                "same_result": same,
                "parts_written_twice": [part for part, n in parts.items() if n > 1],
                "forwards_undisturbed": sum(calm_parts.values()),
                "forwards_of_finished_parts": forwards,
                "forwards_after_everything_was_finished": len(lines(after, "forward")),
            }
        )
    )


if __name__ == "__main__":
    main()
