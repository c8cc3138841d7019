"""A section of a model card, put into a card that is there: what others wrote stays, what was ours is replaced."""

from __future__ import annotations

import re
from typing import Any

import yaml

from audit.errors import ConfigError

BEGIN, END = "<!-- fairaudit: begin -->", "<!-- fairaudit: end -->"
_BLOCK = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


def joined(card: str, section: str, where: str) -> str:
    """Put a section into a card.

    Parameters
    ----------
    card
        What is there; empty for none.
    section
        Metadata and Markdown, as `modelcard.md` holds them.
    where
        Where the card is, for errors.

    Raises
    ------
    ConfigError
        If the metadata of the card are no YAML, or it holds one mark of a section without the other.
    """
    head, body = _split(card.replace("\r\n", "\n"), where)
    ours, text = _split(section, where)
    text = f"{BEGIN}\n{text.strip()}\n{END}\n"
    if (BEGIN in body) != (END in body) or body.find(BEGIN) > body.find(END):
        raise ConfigError(
            "holds one mark of an earlier section without the other", where=where, hint=f"remove {BEGIN} and {END}"
        )
    if BEGIN in body:
        before, _, rest = body.partition(BEGIN)
        body = before + text.rstrip("\n") + rest.partition(END)[2]
    elif body.strip():
        body = f"{body.rstrip()}\n\n{text}"
    else:
        name = ours["model-index"][0]["name"]
        body = f"\n# {name}\n\n{text}"
    merged = _merged(head, ours)
    dumped = yaml.safe_dump(merged, sort_keys=False, allow_unicode=True, width=120)
    return f"---\n{dumped}---\n{body}"


def _split(card: str, where: str) -> tuple[dict[str, Any], str]:
    found = _BLOCK.match(card)
    if found is None:
        return {}, card
    try:
        head = yaml.safe_load(found[1]) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"its metadata are no YAML: {error}", where=where, hint="mend the block at its top") from None
    if not isinstance(head, dict):
        raise ConfigError("its metadata are no mapping", where=where, hint="mend the block at its top")
    return head, card[found.end() :]


def _merged(head: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    tags = head.get("tags") or []
    tags = [tags] if isinstance(tags, str) else list(tags)
    merged = {**head, "tags": list(dict.fromkeys([*tags, *ours.get("tags", [])]))}
    index = [dict(model) for model in head.get("model-index") or []]
    new = ours.get("model-index") or []
    if index and new:
        kept = [item for item in index[0].get("results") or [] if not _is_ours(item)]
        index[0]["results"] = [*kept, *new[0]["results"]]
    return {**merged, "model-index": index or new}


def _is_ours(item: Any) -> bool:
    """Only an audit names the hash of its data and the decisions beneath a metric."""
    arguments = item.get("dataset", {}).get("args") if isinstance(item, dict) else None
    return isinstance(arguments, dict) and {"sha256", "decisions"} <= set(arguments)
