"""Take texts, or the personal data in them, out of a finished audit for good.

All that is changed is built beside the audit and takes its place in one move, as a new audit does: whoever is killed on
the way leaves the audit as it was, or a move that the same command ends.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audit.disclosure.reasons import rest_of
from audit.disclosure.suppress import LEAST
from audit.errors import AuditError
from audit.findings.join import with_findings
from audit.personal.found import Found, Kind
from audit.personal.masking import masked
from audit.report.documents import ALL, Telling
from audit.report.write import write_documents
from audit.result import AuditResult, GapDecomposition, Note
from audit.result.probes import ProbeResult, ShownVariant
from audit.store.files import link, replacing, sha256, write_text
from audit.store.lock import held
from audit.store.manifest import DOCUMENTS, FileFact, read_manifest
from audit.store.runfolder import RunFolder
from audit.store.signatures import signatures
from audit.store.tables import read_table

#: Folder of decision sheets that `audit explain` writes unless told otherwise; each holds the text of its row.
SHEETS = "sheets"
#: Folder of what `audit review export` gives to reviewers; what they fill in comes back into the same one.
REVIEW = "review"


@dataclass(frozen=True)
class Goes:
    """What goes.

    Attributes
    ----------
    word
        Whether a word goes, of how many explained decisions hold it.
    edit
        Whether what a probe wrote into a text goes, of the row and of the first and last characters that it changed:
        a word with a typing error is still that word.
    """

    word: Callable[[str, int], bool]
    edit: Callable[[str, Sequence[int], Sequence[int]], bool]


@dataclass
class Redacted:
    """What was taken out.

    Attributes
    ----------
    texts
        Texts, or pictures, that were kept and are gone.
    comments
        Comments of reviewers that are gone.
    masked
        Kind -> places that were covered.
    words
        Words of texts that the result named and does not any more.
    rendered, removed
        Documents that were written again, and files that are gone.
    unrendered
        Of the removed, documents that could not be written again: name -> why.
    """

    texts: int = 0
    comments: int = 0
    masked: Counter[Kind] = field(default_factory=Counter)
    words: int = 0
    rendered: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unrendered: dict[str, str] = field(default_factory=dict)


def redact(folder: RunFolder, *, personal: bool = False) -> Redacted:
    """Take out what a finished audit keeps of the texts it read.

    Parameters
    ----------
    personal
        Cover the personal data in the texts and keep the rest.

    Raises
    ------
    RunFolderError
        If there is no finished audit, an unfinished one, or a file is not what the audit wrote.
    """
    done = Redacted()
    with held(folder.path):
        folder.begin_amending()
        result = folder.read_result(but=DOCUMENTS)
        manifest = read_manifest(folder.path)
        draft = folder.draft
        goes = _cover_inputs(folder, done) if personal else _drop_inputs(folder, done)
        _drop_comments(folder, done)
        _drop_edits(folder, goes)
        result = draft.write_result(_without_words(result, goes, done, personal=personal, folder=folder))
        kept = [name for name in manifest.files if name not in DOCUMENTS and not (draft.path / name).exists()]
        kept = [name for name in kept if (folder.path / name).exists() and name not in done.removed]
        for name in kept:
            link(folder.path / name, draft.path / name)
        _render(draft, result, [name for name in DOCUMENTS if (folder.path / name).exists()], done)
        for name in kept:
            (draft.path / name).unlink()
        changed = {path.name: FileFact.of(path) for path in draft.path.iterdir()}
        facts = {name: manifest.files[name] for name in kept} | changed
        extra = {"redacted": {"what": "personal data" if personal else "texts", "at": _now()}}
        folder.amend(manifest.model_copy(update={"files": dict(sorted(facts.items())), **extra}))
        _remove_sheets(folder.path, done)
    return done


def _drop_inputs(folder: RunFolder, done: Redacted) -> Goes:
    if folder.inputs.exists():
        done.texts = read_table(folder.inputs).num_rows
        done.removed.append(folder.inputs.name)
    return Goes(lambda word, n: True, lambda row, starts, ends: True)


def _cover_inputs(folder: RunFolder, done: Redacted) -> Goes:
    """Write the kept texts with their personal data covered; words that stood there go, and what is like them."""
    covered: set[str] = set()
    places: dict[str, list[Found]] = {}

    def cover(text: str, row: str | None = None) -> str:
        told, found = masked(text)
        done.masked.update(item.kind for item in found)
        covered.update(word for item in found for word in _words(text[item.start : item.end]))
        if row is not None:
            places[row] = found
        return told

    if folder.inputs.exists():
        table = read_table(folder.inputs)
        rows = table.to_pylist()
        for row in rows:
            row["input"] = cover(row["input"], row["row_id"]) if row["input"] is not None else None
            row["fields"] = row["fields"] and [
                {**one, "value": cover(one["value"]) if one["value"] is not None else None} for one in row["fields"]
            ]
        with replacing(folder.draft.inputs) as stream:
            pq.write_table(pa.Table.from_pylist(rows, table.schema), stream)
    # Only shown texts are kept; of the others nobody can see whether a rare word is a part of a name or an address.
    return Goes(
        lambda word, n: n < LEAST or bool(re.search(r"[\d@＠]", word)) or not covered.isdisjoint(_words(word)),
        lambda row, starts, ends: row not in places or _touch(places[row], starts, ends),
    )


def _touch(found: Sequence[Found], starts: Sequence[int], ends: Sequence[int]) -> bool:
    """Whether an edit changed, or stands right beside, something that was covered."""
    return any(
        start <= item.end and item.start <= end for item in found for start, end in zip(starts, ends, strict=True)
    )


def _drop_edits(folder: RunFolder, goes: Goes) -> None:
    """Forget what probes wrote into texts; where they wrote it, and what became of the decision, stays."""
    if folder.variants.exists():
        table = read_table(folder.variants)
        rows = table.to_pylist()
        for row in rows:
            if row["replacements"] and goes.edit(row["row_id"], row["starts"], row["ends"]):
                row["replacements"] = None
        with replacing(folder.draft.variants) as stream:
            pq.write_table(pa.Table.from_pylist(rows, table.schema), stream)


def _drop_comments(folder: RunFolder, done: Redacted) -> None:
    """Take out what reviewers wrote in their own words; their answers stay, and what follows from them."""
    if not folder.review_answers.exists():
        return
    table = read_table(folder.review_answers)
    there = table.num_rows - table["comment"].null_count
    if not there:
        return
    done.comments = there
    at = table.column_names.index("comment")
    table = table.set_column(at, table.schema.field(at), pa.nulls(table.num_rows, pa.string()))
    with replacing(folder.draft.review_answers) as stream:
        pq.write_table(table, stream)
    if review := folder.read_review():
        told = review.model_copy(update={"answers_sha256": sha256(folder.draft.review_answers)})
        write_text(folder.draft.review, told.model_dump_json(indent=2, by_alias=True) + "\n")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _without_words(
    result: AuditResult, goes: Goes, done: Redacted, *, personal: bool, folder: RunFolder
) -> AuditResult:
    """Take words of texts out of a result; words of lexicons, which people chose, stay. Findings are joined again."""
    update: dict[str, Any] = {"gaps": [_without_word_parts(gap, goes, done) for gap in result.gaps]}
    update["probes"] = [_without_edits(probe, goes) for probe in result.probes]
    if audited := result.data_audit:
        kept = [[item for item in proxy.words if not goes.word(item.word, item.n)] for proxy in audited.proxies]
        done.words += sum(len(proxy.words) - len(words) for proxy, words in zip(audited.proxies, kept, strict=True))
        proxies = [
            proxy.model_copy(update={"words": words}) for proxy, words in zip(audited.proxies, kept, strict=True)
        ]
        update["data_audit"] = audited.model_copy(update={"proxies": proxies})
    if found := result.explanations:
        words = [item for item in found.words if not goes.word(item.word, item.n)]
        done.words += len(found.words) - len(words)
        update["explanations"] = found.model_copy(update={"words": words})
    code = "personal_redacted" if personal else "texts_redacted"
    notes = [note for note in result.notes if note.code not in {"personal_redacted", "texts_redacted"}]
    was_gone = any(note.code == "texts_redacted" for note in result.notes)
    update["notes"] = [*notes, Note(code="texts_redacted" if was_gone else code, params={})]
    return with_findings(result.model_copy(update=update), folder.read_flagged())


def _without_edits(probe: ProbeResult, goes: Goes) -> ProbeResult:
    """Show no change of a text whose words go."""

    def is_gone(item: ShownVariant) -> bool:
        starts, ends = [edit.start for edit in item.edits], [edit.end for edit in item.edits]
        return bool(item.edits) and goes.edit(item.row_id, starts, ends)

    return probe.model_copy(update={"shown": [item for item in probe.shown if not is_gone(item)]})


def _without_word_parts(gap: GapDecomposition, goes: Goes, done: Redacted) -> GapDecomposition:
    """Words that go join what is left of the gap."""
    gone = [part for part in gap.parts if part.kind == "word" and goes.word(part.name, part.n)]
    if not gone:
        return gap
    done.words += len(gone)
    left = [*gone, *(part for part in gap.parts if part.kind == "rest")]
    told = [part for part in gap.parts if part not in left]
    return gap.model_copy(update={"parts": [*told, rest_of(left, gap.high_n + gap.low_n)]})


def _render(draft: RunFolder, result: AuditResult, names: Collection[str], done: Redacted) -> None:
    """Write the documents that there were; one that cannot be written again here goes, as its texts must."""
    for document in ALL:
        present = [name for name in document.files if name in names]
        if not present:
            continue
        try:
            done.rendered += write_documents(Telling(draft, result), [document.code])
        except (AuditError, OSError) as error:
            done.removed += present
            done.unrendered |= dict.fromkeys(present, str(error).split("\n", 1)[0])


def _remove_sheets(folder: Path, done: Redacted) -> None:
    """Remove sheets, which hold texts, and signatures of what is no more: last, as the audit is whole without them."""
    sheets = folder / SHEETS
    if sheets.is_dir() and not sheets.is_symlink():
        for path in sorted(sheets.iterdir()):
            if path.suffix in {".html", ".json"} and path.is_file():
                path.unlink()
                done.removed.append(f"{SHEETS}/{path.name}")
    given = folder / REVIEW
    if given.is_dir() and not given.is_symlink():
        done.removed += [f"{REVIEW}/{path.relative_to(given)}" for path in sorted(given.rglob("*")) if path.is_file()]
        shutil.rmtree(given)
    for path in signatures(folder):
        path.unlink()
        done.removed.append(path.name)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
