"""Keys of the configuration that ask what a model remembers of the rows that it was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from audit.config.data import Columns
from audit.config.part import Column, ConfigPart, Label
from audit.config.place import DataPlace


class RowsConfig(ConfigPart):
    """Another table, which is read as the audited one is."""

    path: DataPlace = Field(
        description="Where it lies, as `data.path`: a file, a folder, a pattern, an address, a list."
    )
    format: Literal["csv", "jsonl", "parquet", "datasets"] | None = Field(None, description="Inferred if left out.")
    where: dict[Column, Label | list[Label]] = Field(
        default_factory=dict, description="Keep only the rows whose column holds this value, or one of these values."
    )
    columns: Columns = Field(
        Columns(), description="Columns that are called otherwise than in `data`; null: there is none."
    )

    def based_at(self, folder: Path) -> RowsConfig:
        """Return it with a path that starts at a folder."""
        return self.model_copy(update={"path": self.path.based_at(folder)})

    def portable(self) -> RowsConfig:
        """Return it without where it lies on this machine."""
        return self.model_copy(update={"path": self.path.portable()})


def _bare_path(value: object) -> object:
    return {"path": value} if isinstance(value, str | Path | list) else value


RowsEntry = Annotated[RowsConfig, BeforeValidator(_bare_path, json_schema_input_type=str | list[str] | RowsConfig)]


class MembershipConfig(ConfigPart):
    """Can rows that the model was trained on be told from others?"""

    members: RowsEntry = Field(description="Rows that the model was trained on; a bare path will do.")
    held_out: RowsEntry | None = Field(
        None, description="Rows like these that it was not trained on; default: the audited data."
    )
    reference: Path | None = Field(
        None,
        description="Folder of a second model of the same task and classes that was trained on neither: it tells how "
        "difficult a row is.",
    )
    sample: int = Field(2000, ge=10, description="Rows of each side that are compared; of more, a sample is drawn.")
    by: tuple[str, ...] | None = Field(
        None, description="Attributes whose groups are compared; default: all that are columns. []: none."
    )

    @property
    def tables(self) -> dict[str, RowsConfig]:
        """The tables that it names, by key."""
        return {"members": self.members} | ({} if self.held_out is None else {"held_out": self.held_out})

    def based_at(self, folder: Path) -> MembershipConfig:
        """Return it with paths that start at a folder."""
        changes = {key: table.based_at(folder) for key, table in self.tables.items()}
        return self.model_copy(update={**changes, "reference": self.reference and folder / self.reference})

    def portable(self) -> MembershipConfig:
        """Return it without where things lie on this machine."""
        changes = {key: table.portable() for key, table in self.tables.items()}
        return self.model_copy(update={**changes, "reference": self.reference and Path(self.reference.name)})


class LeakageConfig(ConfigPart):
    """Of models that write: do they give back what they were trained on, word for word?"""

    canaries: Path | None = Field(
        None, description="YAML file with secrets that were planted in the training texts, and those that were not."
    )
    candidates: int = Field(
        1000, ge=100, description="Other secrets that each canary is held against; all, where there are no more."
    )
    members: RowsEntry | None = Field(None, description="Texts that the model was trained on; a bare path will do.")
    held_out: RowsEntry | None = Field(None, description="Texts like these that it was not trained on.")
    column: Column = Field("text", description="Column of the texts, in both files.")
    prefix: int = Field(50, ge=1, description="Tokens of a text that the model is given.")
    continuation: int = Field(50, ge=1, description="Tokens that it has to go on with, all of them.")
    sample: int = Field(200, ge=1, description="Texts of each side that it is asked to go on with.")
    by: tuple[str, ...] | None = Field(
        None, description="Attributes whose groups are compared; default: all that are columns. []: none."
    )

    @property
    def tables(self) -> dict[str, RowsConfig]:
        """The tables that it names, by key."""
        named = {"members": self.members, "held_out": self.held_out}
        return {key: table for key, table in named.items() if table is not None}

    def based_at(self, folder: Path) -> LeakageConfig:
        """Return it with paths that start at a folder."""
        changes = {key: table.based_at(folder) for key, table in self.tables.items()}
        return self.model_copy(update={**changes, "canaries": self.canaries and folder / self.canaries})

    def portable(self) -> LeakageConfig:
        """Return it without where things lie on this machine."""
        changes = {key: table.portable() for key, table in self.tables.items()}
        return self.model_copy(update={**changes, "canaries": self.canaries and Path(self.canaries.name)})

    @model_validator(mode="after")
    def _something(self) -> LeakageConfig:
        if self.canaries is None and self.members is None:
            raise ValueError("name `canaries`, or `members`, texts that the model was trained on")
        if self.held_out is not None and self.members is None:
            raise ValueError("held_out: goes with `members`")
        return self
