"""Other tables, read as the audited one is: rows that a model was trained on, and rows that it was not."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from audit.config import AttributeConfig, AuditConfig, DataConfig
from audit.config.data import Columns
from audit.config.privacy import RowsConfig
from audit.data.examples import Fields, Image, Plain, Words
from audit.data.files import data_format
from audit.errors import ConfigError, some

#: What the audited table says of its rows that another need not say.
_OWN = ("id", "weight", "count", "score", "prediction", "predictions")
#: Keys of `data` that say how stored scores and predictions are read.
_OF_PREDICTIONS = ("prediction_map", "score_range", "threshold", "positive_label")
#: Keys of `data` that mean something in files of some formats only.
_OF_FORMATS = ("delimiter", "quote", "escape", "skip_rows", "header", "encoding")


def groups_asked(config: AuditConfig, by: Collection[str] | None, where: str) -> tuple[AttributeConfig, ...]:
    """Attributes of whole rows that another table is compared by.

    Parameters
    ----------
    by
        Their names; None for all.
    where
        Key of the configuration that names them.

    Raises
    ------
    ConfigError
        For a name that is no attribute, or is of parts of a row.
    """
    of_rows = [attribute for attribute in config.attributes if attribute.entity is None]
    if by is None:
        return tuple(of_rows)
    names = [attribute.label for attribute in of_rows]
    if unknown := [name for name in by if name not in names]:
        raise ConfigError(f"{unknown[0]!r} is no attribute of whole rows; there are {some(names, 20)}", where=where)
    return tuple(attribute for attribute in of_rows if attribute.label in by)


def reading_others(config: AuditConfig, table: RowsConfig, attributes: tuple[AttributeConfig, ...]) -> AuditConfig:
    """Return a configuration by which rows of another table are read.

    Parameters
    ----------
    attributes
        Those that are read; a table needs their columns.
    """
    data = config.data
    named = {key: getattr(data.columns, key) for key in data.columns.model_fields_set if key not in _OWN}
    named |= {key: getattr(table.columns, key) for key in table.columns.model_fields_set}
    kept = {key: getattr(data, key) for key in data.model_fields_set if key not in _OF_PREDICTIONS}
    kept |= {"path": table.path, "format": table.format, "where": table.where, "columns": Columns(**named)}
    read = DataConfig(**{key: value for key, value in kept.items() if key not in _OF_FORMATS})
    if data_format(read) == data_format(data):
        read = DataConfig(**kept)
    changes = {"data": read, "attributes": attributes, "crossings": (), "controls": (), "discovery": None}
    return config.model_copy(update={**changes, "exchange": None})


def digest_of(example: Plain) -> bytes:
    """What tells whether two rows say the same: a hash, of which nobody learns what they say."""
    digest = hashlib.blake2b(digest_size=16)
    for part in _parts(example):
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()


def _parts(example: Plain) -> list[bytes]:
    if isinstance(example, str):
        return [example.encode()]
    if isinstance(example, Words):
        return [word.encode() for word in example.words]
    if isinstance(example, Image):
        return [_content(example)]
    values = example.values if isinstance(example, Fields) else example
    return [repr(value).encode() for value in values]


def _content(image: Image) -> bytes:
    if image.data is not None:
        return image.data
    try:
        return (image.path or Path()).read_bytes()
    except OSError:
        # One that cannot be read is like no other; the model says why its decision failed.
        return str(image.path).encode()
