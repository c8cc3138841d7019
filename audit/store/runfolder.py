"""The run folder: where each output lies, what is unfinished, and how a whole audit takes its place.

A new audit is built in `.work` and put into its place when it is whole: until then the one before it can be read,
judged and compared with. Moving several files is no single step, so a mark is left first; whoever finds it finishes the
move.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from audit.errors import RunFolderError, some
from audit.result import AuditResult
from audit.result.flagged import FlaggedDecision
from audit.result.review import Review
from audit.store.agreement import contradiction
from audit.store.files import make_folder, write_text
from audit.store.manifest import (
    DOCUMENTS,
    FILES,
    MANIFEST,
    OUTLIVING,
    REVIEW_ANSWERS,
    REVIEW_KEY,
    FileFact,
    Manifest,
    check_version,
    read_manifest,
)
from audit.store.shards import Shards

RESULT, WORK = "result.json", ".work"


class RunFolder:
    """One audit's outputs.

    Parameters
    ----------
    path
        The folder; made when the run begins.
    work
        Where unfinished parts lie; default: in the folder.
    """

    def __init__(self, path: Path, work: Path | None = None) -> None:
        self.path = path
        self.result = path / RESULT
        self.decisions = path / "decisions.parquet"
        self.attributions = path / "attributions.parquet"
        self.inputs = path / "inputs.parquet"
        self.contributions = path / "contributions.parquet"
        self.counterfactuals = path / "counterfactuals.parquet"
        self.names = path / "names.parquet"
        self.variants = path / "variants.parquet"
        self.flagged = path / "flagged.jsonl"
        self.review = path / "review.json"
        self.review_key = path / REVIEW_KEY
        self.review_answers = path / REVIEW_ANSWERS
        self.manifest = path / MANIFEST
        self._work = work or path / WORK
        self._state = self._work / "state.json"
        self._whole = self._work / "whole"

    @property
    def draft(self) -> RunFolder:
        """Where the next audit is built."""
        return RunFolder(self._work / "new", self._work)

    def shards(self, stage: str) -> Shards:
        """Return the parts of one stage."""
        return Shards(self._work / stage, self._state)

    def begin(self, fingerprint: dict[str, str], *, resume: bool, overwrite: bool) -> AuditResult | None:
        """Claim the folder, which is held, for an audit with this fingerprint. What lies there stays until `finish`.

        Returns
        -------
        AuditResult or None
            The result, if this very audit is finished and `resume` is set: there is nothing left to do.

        Parameters
        ----------
        fingerprint
            What decides the outcome: hashes of configuration, data and model. Parts of a run with another fingerprint
            are never reused.

        Raises
        ------
        RunFolderError
            If another audit lies here and neither `resume` nor `overwrite` says what to do, or if resuming would mix
            two audits.
        """
        if self._work.is_symlink():
            raise RunFolderError("is a link, and unfinished work is not written through one", where=str(self._work))
        if self._whole.exists():
            self._put_in_place()
        if overwrite:
            _remove_tree(self._work)
        elif self._state.exists():
            if not resume:
                raise RunFolderError(
                    "holds an unfinished audit",
                    where=str(self.path),
                    hint="--resume goes on with it, --overwrite begins again",
                )
            self._refuse_other(self._read_state(), fingerprint)
        elif self.manifest.exists():
            if not resume:
                raise RunFolderError(
                    "holds a finished audit",
                    where=str(self.path),
                    hint="--overwrite replaces it, --out names another folder",
                )
            self._refuse_other(read_manifest(self.path).fingerprint, fingerprint)
            return self.read_result()
        make_folder(self._work)
        # Unlike any other: on another machine, the same audit may have been begun in a folder of the same name.
        begun = {"begun": secrets.token_hex(16)}
        write_text(self._state, json.dumps(fingerprint | begun, indent=2, sort_keys=True))
        return None

    def finish(self, fingerprint: dict[str, str], facts: dict[str, Any]) -> None:
        """Vouch for the draft, and put it in the place of what was here; the answers of people stay."""
        draft = self.draft
        files = {name: FileFact.of(draft.path / name) for name in FILES if (draft.path / name).exists()}
        files |= {name: FileFact.of(self.path / name) for name in OUTLIVING if (self.path / name).is_file()}
        Manifest(fingerprint=fingerprint, files=files, **facts).write(draft.path)
        write_text(self._whole, "")
        self._put_in_place()

    def begin_amending(self) -> None:
        """Make ready to change a finished audit, which is held: end a move that was killed, and forget a begun draft.

        Raises
        ------
        RunFolderError
            If an audit is unfinished here, as its parts would be lost, or hold what is to be taken out.
        """
        if self._work.is_symlink():
            raise RunFolderError("is a link, and unfinished work is not written through one", where=str(self._work))
        if self._whole.exists():
            self._put_in_place()
        if self._state.exists():
            raise RunFolderError(
                "holds an unfinished audit",
                where=str(self.path),
                hint="audit run --resume finishes it; or remove .work in it",
            )
        _remove_tree(self._work)
        make_folder(self.draft.path)

    def amend(self, manifest: Manifest) -> None:
        """Put the files of the draft in the place of those of the same name.

        Parameters
        ----------
        manifest
            Vouches for every file that stays or is in the draft. Files that it does not name are removed.
        """
        manifest.write(self.draft.path)
        write_text(self._whole, "")
        self._put_in_place()

    def _put_in_place(self) -> None:
        """Move the draft; may be done again after a kill at any point."""
        draft = self.draft
        if draft.manifest.exists():
            ours = read_manifest(draft.path).files
            for name in FILES:
                if (draft.path / name).exists():
                    (draft.path / name).replace(self.path / name)
                elif name not in ours:
                    (self.path / name).unlink(missing_ok=True)
            draft.manifest.replace(self.manifest)
        _remove_tree(self._work)

    def check(self, but: Collection[str] = ()) -> None:
        """Hold every file against the manifest.

        Parameters
        ----------
        but
            Files not to look at: those about to be written anew.

        Raises
        ------
        RunFolderError
            If there is no finished audit, or something is not what the audit wrote.
        """
        if not self.path.is_dir():
            raise RunFolderError("no such folder", where=str(self.path))
        if self._whole.exists():
            raise RunFolderError(
                "a new audit was about to take its place here",
                where=str(self.path),
                hint="audit run --resume ends it, or the command that was interrupted, once more",
            )
        manifest = read_manifest(self.path)
        found = manifest.differences(self.path, but)
        if found:
            rendered = all(text.split()[0] in DOCUMENTS for text in found)
            raise RunFolderError(
                f"not as the audit wrote it: {', '.join(found)}",
                where=str(self.path),
                hint="audit report renders these again" if rendered else "restore it, or run the audit again",
            )

    def read_review(self) -> Review | None:
        """Read what a review found; None where there was none.

        Raises
        ------
        RunFolderError
            If it cannot be read.
        """
        try:
            return Review.model_validate_json(self.review.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise RunFolderError(
                f"is no review that this version can read: {str(error).splitlines()[0]}",
                where=str(self.review),
                hint="audit review import makes it again from the answers",
            ) from None

    def vouch(self, written: Collection[str]) -> None:
        """Take files that were written anew into the manifest, and nothing else."""
        manifest = read_manifest(self.path)
        files = manifest.files | {name: FileFact.of(self.path / name) for name in written}
        manifest.model_copy(update={"files": files}).write(self.path)

    def write_result(self, result: AuditResult) -> AuditResult:
        """Write `result.json`, and return what a reader will find in it.

        Raises
        ------
        RuntimeError
            If it could not be read back; the file that was there stays.
        """
        try:
            text = result.model_dump_json(indent=2, by_alias=True) + "\n"
            read = AuditResult.model_validate_json(text)
        except ValueError as error:
            raise RuntimeError(f"result.json would not read back: {error}") from error
        if wrong := contradiction(read):
            raise RuntimeError(f"result.json would not read back: {wrong}")
        write_text(self.result, text)
        return read

    def read_result(self, but: Collection[str] = ()) -> AuditResult:
        """Read `result.json`, after every file was held against the manifest.

        Raises
        ------
        RunFolderError
            If there is none, it is not of this version's schema, or a file is not what the audit wrote.
        """
        self.check(but)
        try:
            text = self.result.read_bytes()
            check_version(json.loads(text), self.result)
            result = AuditResult.model_validate_json(text)
        except FileNotFoundError:
            raise RunFolderError(
                "holds no result.json", where=str(self.path), hint="is this the folder of `audit run`?"
            ) from None
        except ValidationError as error:
            wrong = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_url=False)]
            raise RunFolderError(
                f"is not a result this version can read: {some(wrong, 3)}",
                where=str(self.result),
                hint="use the version that wrote it, or run the audit again",
            ) from None
        except (ValueError, RecursionError) as error:
            raise RunFolderError(f"cannot be read as JSON: {error}", where=str(self.result)) from None
        if said := contradiction(result):
            raise RunFolderError(
                f"contradicts itself: {said}", where=str(self.result), hint="restore it, or run the audit again"
            )
        return result

    def _read_state(self) -> dict[str, str]:
        if not self._state.is_file():  # a pipe would be waited for without end
            raise RunFolderError("is damaged", where=str(self._state), hint="--overwrite begins again")
        try:
            return dict(json.loads(self._state.read_text(encoding="utf-8")))
        except (ValueError, TypeError, RecursionError):
            raise RunFolderError("is damaged", where=str(self._state), hint="--overwrite begins again") from None

    def read_flagged(self) -> Iterator[dict[str, Any]]:
        """Yield flagged decisions, worst first; none if the audit wrote none."""
        if self.flagged.exists():
            with self.flagged.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    yield self._flagged_line(line, number)

    def _flagged_line(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(line)
            FlaggedDecision.model_validate(found)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False)[0]
            why = f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}"
        except (ValueError, RecursionError) as error:
            why = str(error)
        else:
            return found
        raise RunFolderError(f"is damaged: line {number}, {why}", where=str(self.flagged))

    def _refuse_other(self, found: dict[str, str], fingerprint: dict[str, str]) -> None:
        changed = [key for key in fingerprint if found.get(key) != fingerprint[key]]
        if changed:
            raise RunFolderError(
                f"holds an audit of another {' and '.join(changed)}",
                where=str(self.path),
                hint="--overwrite begins again, --out names another folder",
            )


def fingerprint_of(value: Any) -> str:
    """SHA-256 of plain data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _remove_tree(path: Path) -> None:
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
