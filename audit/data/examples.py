"""What a row gives a model: a text, or a pair of texts. Nobody else asks the configuration which of the two it is."""

from __future__ import annotations

import pyarrow as pa

#: A text, or a pair of texts.
Example = str | tuple[str, str]
#: Columns of a canonical batch that make an example; the second is there where the model reads pairs.
EXAMPLE_FIELDS = ("input", "input_pair")


def examples_of(rows: pa.Table) -> list[Example]:
    """Make the example of each row of a canonical batch; a missing text is an empty one."""
    first, *second = ([text or "" for text in rows[name].to_pylist()] for name in example_fields(rows))
    return list(zip(first, second[0], strict=True)) if second else list(first)


def example_fields(rows: pa.Table) -> list[str]:
    """Name the columns that examples are made of."""
    return [name for name in EXAMPLE_FIELDS if name in rows.column_names]
