"""Make the embedded sample from nothing: applications, and two fine-tuned BERT screening models.

    python sample_data/make_sample.py                          # the committed sample
    python sample_data/make_sample.py --seed 7 --cues sport:-2 language:2 --out /tmp/other
    python sample_data/make_sample.py --cues none --next-cues none --out /tmp/fair

`screener` learns from past decisions with the penalties of `--cues`, `screener-next` from those of `--next-cues`. Both
start from one encoder that was pre-trained on the statements with masked-language modelling. Takes a few minutes on a
CPU. DATASHEET.md says what the committed sample holds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from applicants import Planting, judge, make_applicants
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification, BertTokenizerFast

HERE = Path(__file__).parent
CUES = ["care_gap:3", "affinity:2.5", "age:2.5"]
NEXT_CUES = ["affinity:4.5", "age:2.5"]
COLUMNS = ["application_id", "statement", "gender", "ethnicity", "age", "experience_years", "shortlisted", "split"]
MAX_LENGTH = 160


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--rows", type=int, default=9000, help="applications in all; a third is the test split")
    parser.add_argument("--cues", nargs="+", default=CUES, metavar="CUE:PENALTY", help="bias of screener, or 'none'")
    parser.add_argument("--next-cues", nargs="+", default=NEXT_CUES, metavar="CUE:PENALTY", help="of screener-next")
    parser.add_argument("--epochs", type=int, default=6, help="of fine-tuning")
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    make_sample(
        options.out,
        seed=options.seed,
        rows=options.rows,
        cues=Planting.parse(options.cues),
        next_cues=Planting.parse(options.next_cues),
        epochs=options.epochs,
    )


def make_sample(out: Path, *, seed: int, rows: int, cues: Planting, next_cues: Planting, epochs: int) -> None:
    """Write `applications.csv`, `screener/` and `screener-next/` into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    test_rows = rows // 3
    train = make_applicants(rows - test_rows, seed, "train", 1)
    test = make_applicants(test_rows, seed, "test", rows - test_rows + 1)
    train["shortlisted"] = judge(train, cues, seed)
    test["shortlisted"] = judge(test, Planting(), seed + 1)
    pd.concat([train, test])[COLUMNS].to_csv(out / "applications.csv", index=False, lineterminator="\n")

    torch.manual_seed(seed)
    tokenizer = _train_tokenizer(train["statement"].tolist(), out)
    ids = [np.array(row) for row in tokenizer(train["statement"].tolist(), truncation=True)["input_ids"]]
    encoder = _pretrain(ids, tokenizer, seed)
    for name, planting in (("screener", cues), ("screener-next", next_cues)):
        labels = (judge(train, planting, seed) == "yes").to_numpy(int)
        model = _finetune(encoder, ids, labels, tokenizer, seed, epochs)
        model.save_pretrained(out / name)
        tokenizer.save_pretrained(out / name)
        (out / name / "model.safetensors").chmod(0o644)
        print(f"{name}: accuracy on the fair test labels {_accuracy(model, tokenizer, test):.3f}", flush=True)


def _train_tokenizer(texts: list[str], out: Path) -> BertTokenizerFast:
    trainer = BertWordPieceTokenizer(lowercase=True)
    trainer.train_from_iterator(texts, vocab_size=1200, min_frequency=2, show_progress=False)
    return BertTokenizerFast(tokenizer_object=trainer._tokenizer, do_lower_case=True, model_max_length=MAX_LENGTH)


def _config(tokenizer: BertTokenizerFast) -> BertConfig:
    return BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=256,
        max_position_embeddings=MAX_LENGTH,
        pad_token_id=tokenizer.pad_token_id,
        id2label={0: "no", 1: "yes"},
        label2id={"no": 0, "yes": 1},
    )


def _batches(ids: list[np.ndarray], size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Shuffled batches of rows of like length."""
    noisy = np.array([len(row) for row in ids]) + rng.uniform(0, 6, len(ids))
    batches = np.array_split(np.argsort(noisy), max(1, len(ids) // size))
    rng.shuffle(batches)
    return batches


def _pad(ids: list[np.ndarray], batch: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(len(ids[i]) for i in batch)
    padded = torch.zeros(len(batch), width, dtype=torch.long)
    mask = torch.zeros_like(padded)
    for row, i in enumerate(batch):
        padded[row, : len(ids[i])] = torch.from_numpy(ids[i])
        mask[row, : len(ids[i])] = 1
    return padded, mask


def _hide(
    ids: torch.Tensor, mask: torch.Tensor, share: float, tokenizer: BertTokenizerFast
) -> tuple[torch.Tensor, torch.Tensor]:
    """Replace a share of the content tokens by MASK; return the new ids and where."""
    content = (mask == 1) & (ids != tokenizer.cls_token_id) & (ids != tokenizer.sep_token_id)
    hidden = content & (torch.rand(ids.shape) < share)
    return torch.where(hidden, tokenizer.mask_token_id, ids), hidden


def _pretrain(ids: list[np.ndarray], tokenizer: BertTokenizerFast, seed: int) -> BertForMaskedLM:
    model = BertForMaskedLM(_config(tokenizer)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    rng = np.random.default_rng([seed, 1])
    for _ in range(3):
        for batch in _batches(ids, 32, rng):
            clean, mask = _pad(ids, batch)
            masked, hidden = _hide(clean, mask, 0.2, tokenizer)
            loss = model(input_ids=masked, attention_mask=mask, labels=clean.masked_fill(~hidden, -100)).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model


def _finetune(
    encoder: BertForMaskedLM,
    ids: list[np.ndarray],
    labels: np.ndarray,
    tokenizer: BertTokenizerFast,
    seed: int,
    epochs: int,
) -> BertForSequenceClassification:
    torch.manual_seed(seed + 1)
    model = BertForSequenceClassification(_config(tokenizer)).train()
    model.bert.load_state_dict(encoder.bert.state_dict(), strict=False)
    optimizer = torch.optim.AdamW(model.parameters(), lr=7e-4, weight_decay=0.01)
    rng = np.random.default_rng([seed, 2])
    steps = epochs * len(_batches(ids, 32, np.random.default_rng(0)))
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, steps)
    for _ in range(epochs):
        for batch in _batches(ids, 32, rng):
            clean, mask = _pad(ids, batch)
            # A tenth of the words is hidden, so that a masked word means "nothing said" to the classifier as well.
            masked, _ = _hide(clean, mask, 0.1, tokenizer)
            loss = model(input_ids=masked, attention_mask=mask, labels=torch.from_numpy(labels[batch])).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval()


def _accuracy(model: BertForSequenceClassification, tokenizer: BertTokenizerFast, rows: pd.DataFrame) -> float:
    encoded = tokenizer(rows["statement"].tolist(), truncation=True, padding=True, return_tensors="pt")
    with torch.inference_mode():
        predicted = model(input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"]).logits.argmax(1)
    return float((predicted.numpy() == (rows["shortlisted"] == "yes")).mean())


if __name__ == "__main__":
    main()
