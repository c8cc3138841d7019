"""Words that only people can give: which keys of the configuration hold them, and what an audit was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.config import DocumentationConfig

#: Words that stand outside `documentation`: field -> key of the configuration.
ELSEWHERE = {"intended_use": "output.intended_use", "appeal_route": "appeal_route"}
#: The sections of the report that show these.
_SHOWN = {"intended_use": "scope", "appeal_route": "sign_off"}
#: Fields of this beginning are for packs of installed packages: `other.<name>`.
OTHER = "other."


def is_field(name: str) -> bool:
    """Whether words can be given under this name."""
    if name.startswith(OTHER):
        return len(name) > len(OTHER)
    return name in ELSEWHERE or (name in DocumentationConfig.model_fields and name != "other")


def key_of(field: str) -> str:
    """Return the key of the configuration that holds the words for a field."""
    return ELSEWHERE.get(field, f"documentation.{field}")


def anchor_of(field: str) -> str:
    """Return the place in the report where the words for a field stand."""
    return _SHOWN.get(field, f"words-{field}")


def keys_of(fields: Sequence[str]) -> list[str]:
    """Name the keys for several fields; those of `documentation` are named together, at the end."""
    apart = [ELSEWHERE[field] for field in fields if field in ELSEWHERE]
    inside = [field for field in fields if field not in ELSEWHERE]
    return [*apart, *([f"documentation: {{{', '.join(inside)}}}"] if inside else [])]


def words_for(field: str, config: dict[str, Any]) -> str:
    """Return what the configuration of an audit says for a field; empty where it says nothing."""
    if field == "intended_use":
        return str(config["output"]["intended_use"]).strip()
    if field == "appeal_route":
        return str(config["appeal_route"]).strip()
    return DocumentationConfig.model_validate(config["documentation"]).given(field)


def given_words(config: dict[str, Any]) -> dict[str, str]:
    """Return everything that people said under `documentation`: field -> words, in its order."""
    own = [name for name in DocumentationConfig.model_fields if name != "other"]
    fields = [*own, *(f"{OTHER}{name}" for name in config["documentation"]["other"])]
    return {field: text for field in fields if (text := words_for(field, config))}
