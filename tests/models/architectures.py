"""Tiny random classifiers of the families that transformers knows, as a table in the documentation lists them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    AutoTokenizer,
    PreTrainedTokenizerFast,
    RobertaTokenizerFast,
)
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from tests.conftest import WORDS

#: Every family's own names for sizes; set where its configuration has them.
SMALL: dict[str, Any] = {
    "hidden_size": 32, "dim": 32, "d_model": 32, "n_embd": 32, "emb_dim": 32, "embedding_size": 32,
    "num_hidden_layers": 2, "n_layers": 2, "n_layer": 2, "num_layers": 2, "encoder_layers": 2, "decoder_layers": 2,
    "num_decoder_layers": 2, "num_attention_heads": 2, "n_heads": 2, "n_head": 2, "num_heads": 2,
    "encoder_attention_heads": 2, "decoder_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 48,
    "hidden_dim": 48, "d_ff": 48, "d_inner": 48, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "ffn_dim": 48,
    "head_dim": 16, "d_kv": 16, "d_head": 16, "num_experts": 2, "num_local_experts": 2, "num_experts_per_tok": 1,
    "moe_intermediate_size": 48, "max_position_embeddings": 160,
}  # fmt: skip
ONE_GROUP = ("q_groups", "k_groups", "v_groups", "post_attention_groups", "intermediate_groups", "output_groups")
#: What a family needs beside that; None takes a size away again.
OWN: dict[str, dict[str, Any]] = {
    "bigbird_pegasus": {"block_size": 4, "num_random_blocks": 1},
    "big_bird": {"block_size": 4, "num_random_blocks": 1},
    "convbert": {"head_ratio": 1, "num_groups": 1},
    "deberta": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "type_vocab_size": 0},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "type_vocab_size": 0},
    "esm": {"mask_token_id": 4, "token_dropout": False},
    "falcon": {"head_dim": None},
    "funnel": {"num_hidden_layers": None, "block_sizes": [1, 1], "block_repeats": [1, 1], "num_decoder_layers": 1},
    "gemma2": {"sliding_window": 16},
    "gemma3_text": {"sliding_window": 16},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "window_size": 8},
    "gptj": {"rotary_dim": 8},
    "longformer": {"attention_window": [8, 8]},
    "luke": {"entity_vocab_size": 10, "entity_emb_size": 16},
    "mistral": {"sliding_window": 16},
    "mobilebert": {"true_hidden_size": 32, "intra_bottleneck_size": 32, "bottleneck_norm": "no_norm"},
    "modernbert": {"local_attention": 8, "global_attn_every_n_layers": 2},
    "nystromformer": {"segment_means_seq_len": 64, "num_landmarks": 8, "conv_kernel_size": 5},
    "perceiver": {
        "num_latents": 8, "d_latents": 32, "num_blocks": 1, "num_self_attends_per_block": 1, "qk_channels": 32,
        "num_self_attention_heads": 2, "num_cross_attention_heads": 2, "v_channels": 32,
    },
    "reformer": {
        "attn_layers": ["local", "lsh"], "axial_pos_shape": [16, 8], "axial_pos_embds_dim": [16, 16],
        "max_position_embeddings": 128, "attention_head_size": 16, "feed_forward_size": 48, "is_decoder": False,
        "local_attn_chunk_length": 8, "lsh_attn_chunk_length": 8,
    },
    "rembert": {"input_embedding_size": 16, "output_embedding_size": 16},
    "roc_bert": {"enable_pronunciation": False, "enable_shape": False, "concat_input": False},
    "squeezebert": dict.fromkeys(ONE_GROUP, 1),
    "t5": {"decoder_start_token_id": 1},
    "xlm": {"n_langs": 1},
    "xlnet": {"max_position_embeddings": None},
    "xmod": {"languages": ["en"], "default_language": "en"},
    "yoso": {"use_expectation": True},
}  # fmt: skip
#: Families whose tokenizers have RoBERTa's special tokens, and those that add none and have no MASK.
LIKE_ROBERTA = {
    "bart", "bigbird_pegasus", "camembert", "data2vec-text", "esm", "ibert", "longformer", "luke", "mbart", "mpnet",
    "mvp", "plbart", "roberta", "roberta-prelayernorm", "t5", "umt5", "mt5", "xlm-roberta", "xlm-roberta-xl", "xmod",
}  # fmt: skip
DECODERS = {
    "arcee", "biogpt", "bloom", "ctrl", "diffllama", "falcon", "gemma", "gemma2", "gemma3_text", "glm", "gpt2",
    "gpt_bigcode", "gpt_neo", "gpt_neox", "gptj", "helium", "llama", "mistral", "mixtral", "mpt", "nemotron", "olmo",
    "olmo2", "openai-gpt", "opt", "persimmon", "phi", "phi3", "qwen3", "smollm3", "stablelm", "starcoder2", "xlnet",
}  # fmt: skip


def tokenizers(bert: Path) -> dict[str, Any]:
    """Tokenizers of the three kinds; one of them as it is saved beside a checkpoint."""
    pieces = ByteLevelBPETokenizer()
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    pieces.train_from_iterator(
        [" ".join(WORDS)] * 3, vocab_size=400, min_frequency=1, special_tokens=specials, show_progress=False
    )
    return {
        "bert": AutoTokenizer.from_pretrained(bert),
        "roberta": RobertaTokenizerFast(tokenizer_object=pieces._tokenizer),
        "decoder": PreTrainedTokenizerFast(tokenizer_object=pieces._tokenizer, eos_token="</s>", pad_token="<pad>"),
    }


def configure(family: str, vocabulary: int, labels: Sequence[str] = ("no", "yes")) -> Any:
    """Describe a tiny classifier of a family."""
    kind = CONFIG_MAPPING[family]
    default = kind()
    own = OWN.get(family, {})
    small = {name: size for name, size in SMALL.items() if own.get(name, size) is not None and hasattr(default, name)}
    special = {"pad_token_id": 0}
    if family in LIKE_ROBERTA or family in DECODERS:
        special = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
    given = small | special | {name: value for name, value in own.items() if value is not None}
    named = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    return kind(**given, **named, vocab_size=vocabulary, initializer_range=0.12)


def save(family: str, kinds: dict[str, Any], folder: Path, head: str = "SequenceClassification") -> Path:
    """Save a tiny classifier of a family with a tokenizer, as users have them."""
    tokenizer = kinds["roberta" if family in LIKE_ROBERTA else "decoder" if family in DECODERS else "bert"]
    torch.manual_seed(0)
    transformers.utils.logging.disable_progress_bar()
    labels = ("no", "yes") if head == "SequenceClassification" else ("O", "B-person", "I-person")
    auto = getattr(transformers, f"AutoModelFor{head}")
    model = auto.from_config(configure(family, len(tokenizer), labels)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            # Families that start from next to nothing would say next to the same of every text.
            if parameter.dim() > 1 and parameter.std() < 0.05:
                parameter.normal_(std=0.12)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
