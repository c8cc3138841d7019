"""Whether a tokenizer is the one that the model was trained with, as far as that can be seen."""

from __future__ import annotations

from typing import Any

from audit.errors import ModelError, some
from audit.models.folder import CheckpointFolder
from audit.result import Note

#: Tables are padded to round sizes, and hold rows for tokens to come; a tokenizer of less than this share is another.
LEAST_SHARE = 0.5
NOTED_SHARE = 0.9


def check_vocabulary(tokenizer: Any, rows: int, folder: CheckpointFolder) -> list[Note]:
    """Hold the tokenizer against the folder and the model's table of embeddings.

    Parameters
    ----------
    rows
        Rows of the table.

    Raises
    ------
    ModelError
        If the folder has no tokenizer (transformers then makes one that knows no word), if a token has no row, or the
        table is made for far more tokens than there are.
    """
    where = str(folder.path)
    files = {"tokenizer.json", *type(tokenizer).vocab_files_names.values()}
    if not any((folder.path / name).is_file() for name in files):
        raise ModelError(
            f"holds no tokenizer: none of {some(sorted(files))} is there",
            where=where,
            hint="save the tokenizer that the model was trained with into the same folder",
        )
    vocabulary = tokenizer.get_vocab()
    beyond = sorted((token for token, number in vocabulary.items() if number >= rows), key=vocabulary.__getitem__)
    if beyond:
        raise ModelError(
            f"the tokenizer has {len(beyond):,} tokens beyond the {rows:,} rows of the model's embeddings: "
            f"{some(beyond, 4)}",
            where=where,
            hint="tokens were added without resizing the model, or the tokenizer is another model's",
        )
    if len(vocabulary) < LEAST_SHARE * rows:
        raise ModelError(
            f"the tokenizer knows {len(vocabulary):,} tokens and the model {rows:,}: it is not the tokenizer that the "
            "model was trained with",
            where=where,
            hint="save the right tokenizer into the folder",
        )
    if len(vocabulary) < NOTED_SHARE * rows:
        return [Note(code="small_vocabulary", params={"tokens": len(vocabulary), "rows": rows})]
    return []
