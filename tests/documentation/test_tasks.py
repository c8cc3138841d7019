"""Task pages that need a model of their kind are lived through with real ones, which do not travel with the repository.

Configuration and commands are the page's own. Data are some rows of real sets, in the columns that the page names; few
decisions are explained.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import ROOT, shared
from tests.documentation.blocks import blocks
from tests.documentation.living import live_through
from tests.documentation.test_stories import STORIES

TASKS = ROOT / "docs" / "tasks"
FEW = "--quiet --set explanations.sample=2 --set explanations.most_flagged=1 --set gaps.sample=4"
NONE = "--quiet --explain none"


def entities(folder: Path) -> None:
    put(folder, "ner", "minilm-wnut17")
    (told,) = [block.text for block in blocks(TASKS / "entities.md") if block.language == "jsonl"]
    rows = [json.loads(line) for line in shared("data", "wnut17_test.jsonl").read_text("utf-8").splitlines()[:60]]
    said = [{key: row[key] for key in ("id", "tokens", "tags")} for row in rows]
    real = [row | {"source": "forum" if i % 2 else "video"} for i, row in enumerate(said)]
    text = told + "".join(f"{json.dumps(row)}\n" for row in real)
    (folder / "sentences.jsonl").write_text(text, encoding="utf-8")


def labels(folder: Path) -> None:
    put(folder, "hate-labels", "minilm-ethos-multilabel")
    comments = pd.read_csv(shared("data", "ethos_multilabel_test.csv")).head(60)
    comments.assign(words=comments["comment"].str.split().str.len()).to_csv(folder / "comments.csv", index=False)


def decoders(folder: Path) -> None:
    put(folder, "decoder", "llama-toxicity-prompted")
    tweets = pd.read_csv(shared("data", "davidson_tweets_test.csv")).head(60)
    tweets = tweets.rename(columns={"text": "tweet", "source_row": "id"})
    # Nobody asked those who wrote; two groups by the row's number will do.
    tweets.assign(dialect=["one" if i % 2 else "other" for i in range(60)]).to_csv(folder / "tweets.csv", index=False)


def pairs(folder: Path) -> None:
    made = folder / "models" / "relevance"
    shutil.copytree(shared("models", "minilm-toxicity"), made, copy_function=shutil.copyfile)
    classes = {"id2label": {"0": "no", "1": "yes"}, "label2id": {"no": 0, "yes": 1}}
    config = json.loads((made / "config.json").read_text()) | classes
    (made / "config.json").write_text(json.dumps(config))
    rows = pd.read_csv(ROOT / "sample_data" / "applications.csv").tail(60)
    rows = rows.rename(columns={"statement": "application", "shortlisted": "suitable", "application_id": "id"})
    rows.assign(job_advert="We look for a nurse.").to_csv(folder / "pairs.csv", index=False)


def adapters(folder: Path) -> None:
    peft = pytest.importorskip("peft", reason="needs peft: pip install '.[peft]'")
    import torch
    from transformers import AutoModelForSequenceClassification

    put(folder, "base", "minilm-toxicity")
    settings = peft.LoraConfig(task_type="SEQ_CLS", r=4, lora_alpha=1, init_lora_weights=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of peft, about transformers
        torch.manual_seed(0)  # a small random change is as good as a trained one here
        model = AutoModelForSequenceClassification.from_pretrained(folder / "models" / "base")
        peft.get_peft_model(model, settings).save_pretrained(folder / "models" / "adapter")
    cases = pd.read_csv(shared("data", "hatecheck_test_suite_cases.csv")).sample(400, random_state=0)
    cases = cases.rename(columns={"test_case": "text", "case_id": "id", "target_ident": "target_group"})
    cases["label"] = cases["label_gold"].map({"hateful": "toxic", "non-hateful": "acceptable"})
    cases.to_csv(folder / "comments.csv", index=False)


def put(folder: Path, name: str, model: str) -> None:
    """Put a model of the shared folder where a page says that it lies."""
    source = shared("models", model)
    (folder / "models").mkdir()
    (folder / "models" / name).symlink_to(source)


#: What each page finds in the reader's folder.
READERS: dict[str, Callable[[Path], None]] = {
    "adapters.md": adapters,
    "decoders.md": decoders,
    "entities.md": entities,
    "labels.md": labels,
    "pairs.md": pairs,
}


@pytest.mark.parametrize("page", READERS)
def test_it_happens_with_a_real_model(page: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    READERS[page](folder)
    live_through(TASKS / page, folder, capfd, more=NONE if page == "adapters.md" else FEW)


def test_every_page_is_executed() -> None:
    told = {page.name for page in STORIES if page.parent == TASKS} | set(READERS)
    assert told == {page.name for page in TASKS.glob("*.md")} - {"index.md"}
