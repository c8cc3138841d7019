"""Does a decoder give back what it was trained on? Canaries, and continuations of the beginnings of training texts.

What a text says, and what the model writes, never leaves this module: parts hold whether they are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
import pyarrow as pa

from audit.data.examples import examples_of, joined
from audit.data.sides import Side
from audit.models.language_model import LanguageModel
from audit.probes.canaries import Canaries, Exposure, exposure_of
from audit.store.decisions import windows
from audit.store.progress import Progress
from audit.store.shards import Shards

#: Texts per part of a resumable run.
PART_TEXTS = 64
CANARY = pa.schema([("secret", pa.float64()), ("others", pa.list_(pa.float64()))])


def exposures(
    canaries: Canaries,
    model: LanguageModel,
    candidates: int,
    seed: int,
    level: float,
    shards: Shards,
    progress: Progress,
) -> tuple[list[Exposure], int, int]:
    """Compare each canary with other secrets in its place, in resumable parts.

    Returns
    -------
    exposures, computed, reused
    """
    computed = reused = 0
    with progress.stage("canaries", len(canaries.canaries), "canaries") as bar:
        for number, canary in enumerate(canaries.canaries):
            if shards.done(number):
                reused += 1
            else:
                before = model.spent
                texts = [canary.with_secret(one) for one in (canary.secret, *canary.others(candidates, seed + number))]
                first, *others = model.log_likelihoods(model.tokens(texts)).tolist()
                table = pa.Table.from_pylist([{"secret": first, "others": others}], schema=CANARY)
                shards.write(number, table, _spent(model, before))
                computed += 1
            bar.update(1)
    found = [
        exposure_of(row["secret"], row["others"], canary.space, level)
        for canary, table in zip(canaries.canaries, shards.read(), strict=True)
        for row in table.to_pylist()
    ]
    return found, computed, reused


def continuations(
    sides: Mapping[str, Side],
    groups: Sequence[str],
    model: LanguageModel,
    prefix: int,
    continuation: int,
    shards: Shards,
    progress: Progress,
) -> tuple[pd.DataFrame, int, int]:
    """Let the model go on with the beginnings of texts, in resumable parts.

    Parameters
    ----------
    groups
        Columns of the attributes.
    prefix, continuation
        Tokens that it is given, and tokens that it has to write as they stand in the text.

    Returns
    -------
    rows : DataFrame
        `side`, `row_id`, `long` (whether the text has so many tokens), `same` (whether all tokens are the same; None of
        a text that is too short), `cluster`, and groups.
    computed, reused
    """
    texts = ("side", "row_id", "cluster", *groups)
    schema = pa.schema([*((name, pa.string()) for name in texts), ("long", pa.bool_()), ("same", pa.bool_())])
    computed = reused = 0
    with progress.stage("leakage", sum(len(side.drawn) for side in sides.values()), "texts") as bar:
        for number, (name, rows) in enumerate(_parts(sides)):
            if shards.done(number):
                reused += 1
            else:
                before = model.spent
                ids = model.tokens([joined(example) for example in examples_of(rows)])
                long = [len(one) >= prefix + continuation for one in ids]
                asked = [one for one, enough in zip(ids, long, strict=True) if enough]
                written = iter(model.continued([one[:prefix] for one in asked], continuation))
                same = [
                    next(written) == one[prefix : prefix + continuation] if enough else None
                    for one, enough in zip(ids, long, strict=True)
                ]
                columns = {key: rows[key] for key in ("row_id", "cluster", *groups)}
                columns |= {"side": pa.array([name] * rows.num_rows), "long": pa.array(long)}
                table = pa.table({**columns, "same": pa.array(same, pa.bool_())})
                shards.write(number, table.select(schema.names).cast(schema), _spent(model, before))
                computed += 1
            bar.update(rows.num_rows)
    return pd.concat([part.to_pandas() for part in shards.read()], ignore_index=True), computed, reused


def _parts(sides: Mapping[str, Side]) -> Iterator[tuple[str, pa.Table]]:
    for name, side in sides.items():
        for rows in windows(side.batches(), PART_TEXTS):
            yield name, rows


def _spent(model: LanguageModel, before: Mapping[str, int]) -> dict[str, int]:
    return {key: value - before[key] for key, value in model.spent.items()}
