"""What `audit probe` prints: each edit, and why some were not made."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path

from audit.errors import DataError
from audit.probes.exchange import Exchange
from audit.say import say
from audit.store.files import replacing

#: Edits of a file that are printed.
MOST_PRINTED = 20


def texts_of_file(path: Path, column: str) -> Iterator[str]:
    """Read the texts of a file: a column of CSV, JSONL or Parquet, or the lines of anything else.

    Raises
    ------
    DataError
        If it has no such column, or is not readable.
    """
    if path.suffix.lower() not in {".csv", ".jsonl", ".parquet"}:
        try:
            yield from path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise DataError(f"is not UTF-8: {error}", where=str(path)) from None
        return
    from audit.config import Columns, DataConfig
    from audit.data.source import read_batches

    data = DataConfig(path=path, columns=Columns(input=column))
    for batch in read_batches(data, {column: "--column"}):
        yield from (str(text or "") for text in batch[column].to_pylist())


def describe(texts: Iterable[str], edit: Callable[[str], list[Exchange]], out: Path | None, *, every: bool) -> None:
    """Print edits and what they come to; with `out`, write them all."""
    read = named = made = printed = 0
    refused: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    with replacing(out) if out else nullcontext() as file:
        for row, text in enumerate(texts):
            read += 1
            found = edit(text)
            named += bool(found)
            for item in found:
                arrow = "↔" if item.both else "→"
                if item.text is None:
                    refused[item.refused or ""] += 1
                else:
                    made += 1
                    pairs[f"{item.axis}: {item.source} {arrow} {item.target}"] += 1
                if every or (printed < MOST_PRINTED and item.text is not None):
                    printed += 1
                    say(f"{item.axis}: {item.source} {arrow} {item.target}{_ambiguous(item)}")
                    say(f"  {item.text if item.text is not None else f'not made: {item.refused}'}")
                if file:
                    file.write((json.dumps(_record(row, text, item), ensure_ascii=False) + "\n").encode())
    if every and not named:
        say("names no group of the lexicons")
    if not every:
        say("", f"{read:,} texts, {named:,} of them name a group; {made:,} edits")
        for reason, n in refused.most_common():
            say(f"  not made, {reason}: {n:,}")
        for pair, n in pairs.most_common():
            say(f"  {pair}: {n:,}")
    if out:
        say(out)


def _ambiguous(item: Exchange) -> str:
    return f"  ({item.ambiguous} words with several meanings)" if item.ambiguous else ""


def _record(row: int, text: str, item: Exchange) -> dict[str, object]:
    return {
        "row": row,
        "axis": item.axis,
        "source": item.source,
        "target": item.target,
        "both": item.both,
        "text": text,
        "edited": item.text,
        "not_made": item.refused,
        "edits": [{"start": e.start, "end": e.end, "old": e.old, "new": e.new} for e in item.edits],
        "ambiguous": item.ambiguous,
    }
