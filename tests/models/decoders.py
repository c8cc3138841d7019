"""Tiny decoders that are asked with a prompt, and the same scores computed one by one with plain transformers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import ByteLevelBPETokenizer
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedTokenizerFast,
)

from tests.conftest import WORDS

TEMPLATE = "Text: {text}\nIs it bad? Answer:"
ANSWERS = {"no": [" no"], "yes": [" yes"]}
PROMPT: dict[str, Any] = {"template": TEMPLATE, "labels": ANSWERS}
SPECIALS = ["<pad>", "<s>", "</s>"]


def tokenizer_of(words: Sequence[str] = (), **keys: Any) -> PreTrainedTokenizerFast:
    """A byte-level tokenizer with a token for each of these words, written out: a trained one differs every time."""
    letters = sorted(ByteLevel.alphabet())
    tokens = {token: number for number, token in enumerate([*SPECIALS, *letters])}
    merges: list[tuple[str, str]] = []
    for word in ["Text", "Is", " it", " bad", " Answer", " yes", " no", " Yes", " good", *[f" {w}" for w in words]]:
        piece, *rest = word.replace(" ", "Ġ")
        for letter in rest:
            if piece + letter not in tokens:
                merges.append((piece, letter))
                tokens[piece + letter] = len(tokens)
            piece += letter
    made = ByteLevelBPETokenizer(tokens, merges)
    made.add_special_tokens(SPECIALS)
    special = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
    return PreTrainedTokenizerFast(tokenizer_object=made._tokenizer, **(special | {"model_max_length": 160} | keys))


def model_of(family: str, tokens: int, **keys: Any) -> Any:
    """A decoder with random weights."""
    torch.manual_seed(0)
    small = {
        "vocab_size": tokens, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 48, "max_position_embeddings": 160, "initializer_range": 0.3, "bos_token_id": 1,
        "eos_token_id": 2, "pad_token_id": 0,
    }  # fmt: skip
    if family == "gpt2":
        named = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 160}
        left = {key: small[key] for key in ("vocab_size", "initializer_range", "bos_token_id", "eos_token_id")}
        return GPT2LMHeadModel(GPT2Config(**(left | named | keys)))
    if family == "mistral":  # looks back over a window that is shorter than prompts
        return MistralForCausalLM(MistralConfig(**(small | {"num_key_value_heads": 1, "sliding_window": 12} | keys)))
    return LlamaForCausalLM(LlamaConfig(**(small | {"num_key_value_heads": 1, "tie_word_embeddings": True} | keys)))


def save(folder: Path, family: str = "llama", words: Sequence[str] = tuple(WORDS), **tokenizer: Any) -> Path:
    """Save a decoder as users have them."""
    made = tokenizer_of(words, **tokenizer)
    model_of(family, len(made)).save_pretrained(folder)
    made.save_pretrained(folder)
    return folder


def one_by_one(
    folder: Path, prompts: Sequence[str], answers: Sequence[str], *, model: Any = None, begin: Sequence[int] = ()
) -> torch.Tensor:
    """Log-likelihood of each answer after each prompt: one text at a time, without padding and without a cache."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = model or AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    rows = []
    for prompt in prompts:
        size = len(tokenizer(prompt, add_special_tokens=False)["input_ids"]) + len(begin)
        scores = []
        for answer in answers:
            ids = [*begin, *tokenizer(prompt + answer, add_special_tokens=False)["input_ids"]]
            with torch.no_grad():
                said = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
            scores.append(math.fsum(float(said[at - 1, ids[at]]) for at in range(size, len(ids))))
        rows.append(scores)
    return torch.tensor(rows, dtype=torch.float64)


#: Names that stand for a group, and skills with what each is worth.
NAMES = {"north": ["ana", "bea", "cora", "dina"], "south": ["sol", "tomo", "ugo", "vera"]}
SKILLS = {"law": 1.2, "sales": 0.8, "chess": 0.2, "golf": -0.2, "tennis": -0.6, "drums": -1.4}
HIRING = " name: {name}\n skills: {skills}\n Answer:"


def applications(rows: int, seed: int) -> list[dict[str, str]]:
    """Résumés with a name that has nothing to do with them."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(rows):
        skills = [list(SKILLS)[int(i)] for i in torch.randperm(len(SKILLS), generator=generator)[:3]]
        group = list(NAMES)[int(torch.randint(2, (1,), generator=generator))]
        name = NAMES[group][int(torch.randint(4, (1,), generator=generator))]
        found.append({"name": name, "skills": " ".join(skills), "origin": group})
    return found


def recruiter(folder: Path, preference: float, steps: int = 160) -> Path:
    """Train a decoder to invite by skills, and by a preference for the names of one group, and save it."""
    words = ["name", "skills", *SKILLS, *(name for names in NAMES.values() for name in names)]
    tokenizer = tokenizer_of(words)
    model = model_of("llama", len(tokenizer), initializer_range=0.08).train()
    rows = applications(2048, seed=1)
    encoded = tokenizer([HIRING.format(**row) for row in rows], return_tensors="pt", add_special_tokens=False)
    worth = torch.tensor([sum(SKILLS[skill] for skill in row["skills"].split()) for row in rows])
    liked = torch.tensor([preference if row["origin"] == "north" else -preference for row in rows])
    wanted = torch.sigmoid(worth + liked)
    no, yes = (tokenizer(form, add_special_tokens=False)["input_ids"][0] for form in (" no", " yes"))
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3)
    for step in range(steps):
        at = torch.arange(step * 64, step * 64 + 64) % len(rows)
        said = model(encoded["input_ids"][at], logits_to_keep=1).logits[:, -1].log_softmax(-1)
        loss = -(wanted[at] * said[:, yes] + (1 - wanted[at]) * said[:, no]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
