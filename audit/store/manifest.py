"""The manifest: what an audit wrote, by hash, so that nobody reads something else without being told."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audit.errors import RunFolderError, some
from audit.result import SCHEMA_VERSION
from audit.store.files import sha256, write_text

MANIFEST = "manifest.json"
#: Rendered from the others, and again by `audit report`.
DOCUMENTS = (
    *("metrics.csv", "disparities.csv", "adverse_impact.csv", "impact_ratios.csv"),
    *("summary.md", "report.html", "junit.xml", "audit.sarif"),
    *("modelcard.md", "bom.cdx.json", "verdict.intoto.json", "tables.xlsx", "report.pdf"),
    *("expectations.json", "evidently.json", "gl-code-quality-report.json"),
)
#: May be removed: the report then says that the text is gone.
REMOVABLE = ("inputs.parquet", *DOCUMENTS)
#: What people were given and what they answered: kept when the audit is run again, since nobody can compute it.
REVIEW_KEY, REVIEW_ANSWERS = "review_key.parquet", "review_answers.parquet"
OUTLIVING = (REVIEW_KEY, REVIEW_ANSWERS)
#: Every file that an audit may leave, beside the manifest.
FILES = (
    *("result.json", "decisions.parquet", "attributions.parquet", "contributions.parquet", "counterfactuals.parquet"),
    *("names.parquet", "variants.parquet", "flagged.jsonl", *OUTLIVING, "review.json", *REMOVABLE),
)


class FileFact(BaseModel):
    """One file as it was written."""

    sha256: str
    bytes: int

    @classmethod
    def of(cls, path: Path) -> FileFact:
        """Hash a file."""
        return cls(sha256=sha256(path), bytes=path.stat().st_size)


class Manifest(BaseModel):
    """Hashes of every file, and of what decided the outcome. Facts about the run stand beside them."""

    model_config = ConfigDict(extra="allow")

    schema_version: str = SCHEMA_VERSION
    fingerprint: dict[str, str]
    files: dict[str, FileFact] = Field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write it into a folder."""
        plain = self.model_dump(mode="json")
        write_text(folder / MANIFEST, json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n")

    def differences(self, folder: Path, but: Collection[str] = ()) -> list[str]:
        """Name the files of a folder that are not what the audit wrote, and how.

        Parameters
        ----------
        but
            Files not to look at.
        """
        found = []
        for name in FILES:
            path, fact = folder / name, self.files.get(name)
            if name in but or (fact is None and not path.exists()):
                continue
            if fact is None:
                found.append(f"{name} is not of this audit")
            elif not path.is_file():
                if name not in REMOVABLE or path.exists():
                    found.append(f"{name} is missing")
            elif fact != FileFact.of(path):
                found.append(f"{name} was changed")
        return found


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a finished audit.

    Raises
    ------
    RunFolderError
        If there is none, or it is none of this version.
    """
    path = folder / MANIFEST
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        raise RunFolderError("is no file", where=str(path), hint="restore it, or run the audit again")
    try:
        plain: Any = json.loads(path.read_text(encoding="utf-8"))
        check_version(plain, path)
        return Manifest.model_validate(plain)
    except FileNotFoundError:
        raise RunFolderError(
            "holds no finished audit", where=str(folder), hint="audit run makes one; --resume finishes what was begun"
        ) from None
    except ValidationError as error:
        wrong = some([".".join(map(str, item["loc"])) for item in error.errors()])
        raise RunFolderError(f"is no manifest: {wrong}", where=str(path)) from None
    except (ValueError, RecursionError) as error:
        raise RunFolderError(f"cannot be read as JSON: {error}", where=str(path)) from None


def check_version(plain: Any, path: Path) -> None:
    """Refuse what another version of this tool wrote.

    Raises
    ------
    RunFolderError
        With both versions.
    """
    found = plain.get("schema_version") if isinstance(plain, dict) else None
    if found != SCHEMA_VERSION:
        raise RunFolderError(
            f"schema version is {found!r}, this version of the tool reads {SCHEMA_VERSION!r}"
            if found is not None
            else "names no schema_version",
            where=str(path),
            hint="use the version that wrote it, or run the audit again",
        )
