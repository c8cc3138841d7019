"""How many tokens an input may have: what the configuration, the tokenizer and the table of positions allow."""

from __future__ import annotations

import re
from typing import Any

from audit.config import ModelConfig
from audit.errors import ConfigError, ModelError

#: Tables of learned positions, whatever a family calls them; distances between tokens are other tables.
_TABLE = re.compile(r"(\w*_)?(position|positional|pos)_(embeddings?|embed|emb)|wpe|embed_positions|positions_embed")
#: Tokenizers that know of no limit say 10³⁰, and no model reads a million tokens.
ABSURD = 10_000_000


def max_length(config: ModelConfig, model: Any, tokenizer: Any, taken: int = 0) -> int | None:
    """Return how many tokens an input may have, special ones included; None if nothing limits it.

    Parameters
    ----------
    taken
        Positions that are taken before any text: virtual tokens of an adapter.

    Raises
    ------
    ModelError, ConfigError
        If that leaves no room for a text, or more is asked for than the model has positions.
    """
    positions = positions_of(model)
    if positions is not None:
        positions = max(positions - taken, 0)
    if config.max_length and positions is not None and config.max_length > positions:
        raise ConfigError(
            f"{config.max_length:,} tokens are asked for, and the model has {positions:,} positions",
            where="model.max_length",
        )
    named = {
        "model.max_length": config.max_length,
        "model_max_length of tokenizer_config.json": _sane(tokenizer.model_max_length),
        "the table of positions": positions,
    }
    limits = {name: limit for name, limit in named.items() if limit is not None}
    if not limits:
        return None
    name = min(limits, key=lambda name: limits[name])
    specials = tokenizer.num_special_tokens_to_add()
    if limits[name] <= specials:
        raise ModelError(
            f"{name} allows {limits[name]} tokens, {specials} of which are special: that leaves no room for a text",
            where=str(config.path),
            hint="correct it, or set model.max_length",
        )
    return limits[name]


def positions_of(model: Any) -> int | None:
    """Return how many tokens a model has positions for; None where they are relative without end.

    A learned table has rows that stand for no token: families that count positions from the padding id on say so by
    the table's own padding index, others by its offset.
    """
    tables = [
        module for name, module in model.named_modules() if _TABLE.fullmatch(name.rsplit(".", 1)[-1]) and _rows(module)
    ]
    if tables:
        return min(_rows(table) - _unused(table) for table in tables)
    return _sane(getattr(model.config.get_text_config(), "max_position_embeddings", None))


def _rows(table: Any) -> int:
    weight = getattr(table, "weight", None)
    return int(weight.shape[0]) if weight is not None and weight.dim() == 2 else 0


def _unused(table: Any) -> int:
    padding, offset = getattr(table, "padding_idx", None), getattr(table, "offset", None)
    return (padding + 1 if isinstance(padding, int) else 0) + (offset if isinstance(offset, int) else 0)


def _sane(limit: Any) -> int | None:
    """Return a limit that is one: a number above zero that an input could ever reach."""
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit < ABSURD:
        return None
    return int(limit)
