"""What `audit probe` prints: each edit, and why some were not made."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path

from audit.probes.exchange import Exchange
from audit.say import say
from audit.store.files import replacing

#: Edits of a file that are printed.
MOST_PRINTED = {"made": 20, "refused": 10}
REASONS = {
    "senseless": "the text would make no sense",
    "no_form": "the lexicon has no word for the other group",
    "unchanged": "nothing would change",
    "open": "too many words whose meaning is open",
    "name": "a term seems to be part of a name",
    "entity": "the term is within the name of a place, work or brand",
    "address": "the term is within a link, a mention or a hashtag",
    "interjection": "the word is called out and names nobody",
    "part": "the term is part of a longer word",
    "boundary": "it is open where a word begins or ends",
}


def texts_of_file(path: Path, column: str) -> Iterator[str]:
    """Read the texts of a file: a column of CSV, JSON or Parquet, or the lines of anything else.

    Raises
    ------
    DataError
        If it has no such column, or is not readable.
    """
    from audit.config import Columns, DataConfig
    from audit.data.files import format_of
    from audit.data.listing import is_folder
    from audit.data.source import read_batches
    from audit.data.text import text_lines

    if not is_folder(path) and format_of(path) is None:
        yield from text_lines(path)
        return
    data = DataConfig(path=path, columns=Columns(input=column))
    for batch in read_batches(data, {column: "--column"}):
        yield from (str(text or "") for text in batch[column].to_pylist())


def describe(texts: Iterable[str], edit: Callable[[str], list[Exchange]], out: Path | None, *, every: bool) -> None:
    """Print edits and what they come to; with `out`, write them all."""
    read = named = made = 0
    printed: Counter[str] = Counter()
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
                shown = "refused" if item.text is None else "made"
                if every or printed[shown] < MOST_PRINTED[shown]:
                    printed[shown] += 1
                    say(f"{item.axis}: {item.source} {arrow} {item.target}{_remarks(item)}")
                    for line in _lines(text, item):
                        say(f"  {line}")
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


def _lines(text: str, item: Exchange) -> list[str]:
    """Write the versions of the edited text; of a refused edit the text as it is, with the reason."""
    if item.text is not None:
        return [str(version.text) for version in item.versions]
    return [text, f"not made, {item.refused}: {REASONS.get(item.refused or '', '')}"]


def _remarks(item: Exchange) -> str:
    said = [f"{len(item.versions)} versions, for a word has several meanings"] if len(item.versions) > 1 else []
    if n := item.ambiguous:
        said.append(f"{n} words with several meanings" if n > 1 else "1 word with several meanings")
    if (n := item.kept) and item.text is not None:
        said.append(f"{n} terms left as they are" if n > 1 else "1 term left as it is")
    return f"  ({'; '.join(said)})" if said else ""


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
        "versions": [version.text for version in item.versions],
        "ambiguous": item.ambiguous,
        "kept": item.kept,
    }
