"""The run folder: where each output lies, what is unfinished, and the manifest that vouches for all of it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.errors import RunFolderError
from audit.result import AuditResult
from audit.store.files import sha256, write_text
from audit.store.shards import Shards

RESULT, MANIFEST, WORK = "result.json", "manifest.json", ".work"


class RunFolder:
    """One audit's outputs.

    Parameters
    ----------
    path
        The folder; made when the run begins.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.result = path / RESULT
        self.decisions = path / "decisions.parquet"
        self.attributions = path / "attributions.parquet"
        self.inputs = path / "inputs.parquet"
        self.contributions = path / "contributions.parquet"
        self.counterfactuals = path / "counterfactuals.parquet"
        self.flagged = path / "flagged.jsonl"
        self.metrics_csv = path / "metrics.csv"
        self.disparities_csv = path / "disparities.csv"
        self.summary = path / "summary.md"
        self.report = path / "report.html"
        self.junit = path / "junit.xml"
        self.sarif = path / "audit.sarif"
        self.manifest = path / MANIFEST
        self._work = path / WORK
        self._state = self._work / "state.json"

    @property
    def finished(self) -> bool:
        """Whether a whole audit lies here."""
        return self.manifest.exists() and not self._work.exists()

    @property
    def outputs(self) -> list[Path]:
        """Every file an audit may leave here, the manifest last."""
        return [
            self.result, self.decisions, self.attributions, self.contributions, self.counterfactuals,
            self.inputs, self.flagged,
            self.metrics_csv, self.disparities_csv, self.summary, self.report, self.junit, self.sarif, self.manifest,
        ]  # fmt: skip

    def shards(self, stage: str) -> Shards:
        """Return the parts of one stage."""
        return Shards(self._work / stage)

    def begin(self, fingerprint: dict[str, str], *, resume: bool, overwrite: bool) -> AuditResult | None:
        """Claim the folder for an audit with this fingerprint.

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
        if self.path.exists() and not self.path.is_dir():
            raise RunFolderError("is a file, not a folder", where=str(self.path))
        if overwrite:
            self.clear()
        elif self._state.exists():
            if not resume:
                raise RunFolderError(
                    "holds an unfinished audit",
                    where=str(self.path),
                    hint="--resume goes on with it, --overwrite begins again",
                )
            self._refuse_other(json.loads(self._state.read_text(encoding="utf-8")), fingerprint)
        elif self.manifest.exists() and not resume:
            raise RunFolderError(
                "holds a finished audit",
                where=str(self.path),
                hint="--overwrite replaces it, --out names another folder",
            )
        elif resume and self.manifest.exists():
            self._refuse_other(self.read_manifest()["fingerprint"], fingerprint)
            if self.finished:
                return self.read_result()
        self._work.mkdir(parents=True, exist_ok=True)
        write_text(self._state, json.dumps(fingerprint, indent=2, sort_keys=True))
        return None

    def clear(self) -> None:
        """Remove what an audit left here, and nothing else."""
        for path in self.outputs:
            path.unlink(missing_ok=True)
        shutil.rmtree(self._work, ignore_errors=True)

    def finish(self, fingerprint: dict[str, str], facts: dict[str, Any]) -> None:
        """Write the manifest and drop the parts."""
        self.write_manifest(fingerprint, facts)
        shutil.rmtree(self._work)

    def write_manifest(self, fingerprint: dict[str, str], facts: dict[str, Any]) -> None:
        """Hash every output."""
        files = {
            path.name: {"sha256": sha256(path), "bytes": path.stat().st_size}
            for path in self.outputs[:-1]
            if path.exists()
        }
        manifest = {"schema_version": "1.0", "fingerprint": fingerprint, **facts, "files": files}
        write_text(self.manifest, json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n")

    def read_manifest(self) -> dict[str, Any]:
        """Read the manifest of a finished run."""
        return dict(json.loads(self.manifest.read_text(encoding="utf-8")))

    def write_result(self, result: AuditResult) -> None:
        """Write `result.json`."""
        write_text(self.result, result.model_dump_json(indent=2, by_alias=True) + "\n")

    def read_result(self) -> AuditResult:
        """Read `result.json`.

        Raises
        ------
        RunFolderError
            If there is none, or it is not of this version's schema.
        """
        try:
            return AuditResult.model_validate_json(self.result.read_bytes())
        except FileNotFoundError:
            raise RunFolderError(
                "holds no result.json", where=str(self.path), hint="is this the folder of `audit run`?"
            ) from None
        except ValueError as error:
            raise RunFolderError(f"is not a result this version can read: {error}", where=str(self.result)) from None

    def read_flagged(self) -> Iterator[dict[str, Any]]:
        """Yield flagged decisions, worst first; none if the audit wrote none."""
        if self.flagged.exists():
            with self.flagged.open(encoding="utf-8") as lines:
                yield from map(json.loads, lines)

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
