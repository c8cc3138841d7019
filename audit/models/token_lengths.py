"""How many tokens texts have, told from a checkpoint's files alone: neither the model nor torch is loaded.

Only of what a tokenizer file describes in full (`tokenizer.json`); of all else lengths are told in characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.config_only import read_config, read_json, size_of
from audit.models.peft_folder import is_adapter

#: Tokenizers that know of no limit say 10³⁰.
ABSURD = 10_000_000
#: Texts that are cut into tokens at a time.
BATCH = 1_000


@dataclass(frozen=True)
class TokenLengths:
    """Counts tokens, special ones included.

    Attributes
    ----------
    limit
        Tokens that the model can read.
    """

    limit: int
    _tokenizer: Any

    def of(self, texts: Sequence[str | tuple[str, str]]) -> list[int]:
        """Count the tokens of each text, or of each pair of texts."""
        out: list[int] = []
        for start in range(0, len(texts), BATCH):
            found = self._tokenizer.encode_batch(list(texts[start : start + BATCH]))
            out += [len(one.ids) for one in found]
        return out


def token_lengths(config: ModelConfig | None) -> TokenLengths | None:
    """Prepare to count; None where the files do not tell how, or no limit is known."""
    if config is None or config.function or config.prompt is not None or is_adapter(config.path):
        return None
    if not size_of(config.path / "tokenizer.json", str(config.path)):
        return None
    limits = [config.max_length, *_told(config)]
    known = [limit for limit in limits if isinstance(limit, int) and 0 < limit < ABSURD]
    if not known:
        return None
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(config.path / "tokenizer.json"))
    except Exception as error:  # noqa: BLE001 - the library raises nothing narrower
        raise ModelError(f"tokenizer.json is not readable: {error}", where=str(config.path)) from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return TokenLengths(min(known), tokenizer)


def _told(config: ModelConfig) -> list[Any]:
    """What the files say of the longest input."""
    tokenizer = read_json(config.path, "tokenizer_config.json") or {}
    described = read_config(config.path)
    positions = described.get("max_position_embeddings")
    if isinstance(positions, int) and described.get("model_type") in _AFTER_PADDING:
        # These families count positions from behind the padding id.
        positions -= int(described.get("pad_token_id") or 0) + 1
    return [tokenizer.get("model_max_length"), positions]


_AFTER_PADDING = {"roberta", "xlm-roberta", "camembert", "longformer"}
