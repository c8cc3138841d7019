"""Keys of the configuration that ask the model new questions about rows it decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from audit.config.part import Column, ConfigPart, Label
from audit.config.privacy import LeakageConfig, MembershipConfig
from audit.config.robustness import RobustnessConfig
from audit.config.stages import Dotted

#: What stands between the parts of the name of a probe's metric, which no name may hold.
PARTS = ":"


class InvarianceConfig(ConfigPart):
    """A change of your own, and what must become of the decision."""

    function: Dotted = Field(
        description="package.module:function of yours: what the model reads of a row in, the changed one out; None "
        "where it changes nothing."
    )
    expect: Literal["same", "rises", "falls"] = Field(
        "same",
        description="`same`: the decision stays. `rises`, `falls`: so does the score of the positive class, by "
        "`tolerance` at least.",
    )
    tolerance: float = Field(0.0, ge=0, lt=1, description="Least change of the score for `rises` and `falls`.")
    name: Label | None = Field(None, description="Its name in every output; default: that of the function.")

    #: Folder of the configuration file: modules are looked for there first.
    _folder: Path = PrivateAttr(Path())

    @property
    def folder(self) -> Path:
        """Folder of the configuration file."""
        return self._folder

    @property
    def called(self) -> str:
        """Its name in every output."""
        return self.name or self.function.rpartition(PARTS)[2]


class AdversarialConfig(ConfigPart):
    """A search for few words whose exchange turns a decision."""

    words: int = Field(3, ge=1, le=10, description="Most words of a row that are exchanged.")
    candidates: int = Field(5, ge=1, le=20, description="Substitutes of each word that the model is asked about.")


class PairsConfig(ConfigPart):
    """A file of pairs of texts, and what must become of the decision from the first to the second."""

    file: Path = Field(description="Table of pairs: CSV, JSON lines or Parquet.")
    first: Column = Field("first", description="Column of the text that is asked about first.")
    second: Column = Field("second", description="Column of the text that is held against it.")
    groups: dict[str, Column] = Field(
        {}, description="Attribute -> column with the group that a pair is about; without one, no groups are compared."
    )
    expect: Literal["same", "rises", "falls"] = Field("same", description="As of `invariance`.")
    tolerance: float = Field(0.0, ge=0, lt=1, description="As of `invariance`.")
    name: Label | None = Field(None, description="Its name in every output; default: that of the file.")

    @property
    def called(self) -> str:
        """Its name in every output."""
        return self.name or self.file.stem


class DialectConfig(ConfigPart):
    """Write texts as speakers of another variety of English may."""

    varieties: tuple[str, ...] = Field(
        ("african_american", "indian"), description="Varieties whose rules ship, by name; none: an empty list."
    )
    rules: tuple[Path, ...] = Field((), description="Files with rules of your own.")


class ProbesConfig(ConfigPart):
    """Ask the model again about changed rows, and compare between groups what becomes of its decisions."""

    sample: int = Field(300, ge=1, description="Decisions that every probe asks about; of more, a sample is drawn.")
    shown: int = Field(12, ge=0, le=100, description="Changed rows of each probe that the report shows.")
    adversarial: AdversarialConfig | None = Field(
        AdversarialConfig(),
        description="Exchange the words that carry a decision for others that say the same; null: do not.",
    )
    dialect: DialectConfig | None = Field(
        None, description="Write texts as speakers of another variety of English may; {}: with the rules that ship."
    )
    invariance: tuple[InvarianceConfig, ...] = Field(
        (), description="Changes of your own, each with what must become of the decision."
    )
    pairs: tuple[PairsConfig, ...] = Field(
        (), description="Files of pairs of texts, each with what must become of the decision."
    )
    robustness: RobustnessConfig | None = Field(
        RobustnessConfig(),
        description="Changes that keep the right answer: typing errors, spelling, blur, noise; null: none.",
    )
    membership: MembershipConfig | None = Field(
        None, description="Can rows that the model was trained on be told from others? Left out: nobody looks."
    )
    leakage: LeakageConfig | None = Field(
        None, description="Does a model that writes give back what it was trained on? Left out: nobody looks."
    )
    own: dict[str, dict[str, Any]] = Field(
        {}, description="Probes of installed packages, by name, each with its settings."
    )

    def based_at(self, folder: Path) -> ProbesConfig:
        """Return it with functions that are looked for in a folder first."""
        remembered = {
            "membership": self.membership and self.membership.based_at(folder),
            "leakage": self.leakage and self.leakage.based_at(folder),
            "pairs": tuple(one.model_copy(update={"file": folder / one.file}) for one in self.pairs),
            "dialect": self.dialect
            and self.dialect.model_copy(update={"rules": tuple(folder / path for path in self.dialect.rules)}),
        }
        based = self.model_copy(deep=True).model_copy(update=remembered)
        for one in based.invariance:
            one._folder = folder
        return based

    def portable(self) -> ProbesConfig:
        """Return it without where things lie on this machine."""
        return self.model_copy(
            update={
                "membership": self.membership and self.membership.portable(),
                "leakage": self.leakage and self.leakage.portable(),
                "pairs": tuple(one.model_copy(update={"file": Path(one.file.name)}) for one in self.pairs),
                "dialect": self.dialect
                and self.dialect.model_copy(update={"rules": tuple(Path(path.name) for path in self.dialect.rules)}),
            }
        )

    @model_validator(mode="after")
    def _names_are_plain(self) -> ProbesConfig:
        called = {"invariance": [one.called for one in self.invariance], "pairs": [one.called for one in self.pairs]}
        for key, names in called.items():
            if twice := [name for at, name in enumerate(names) if name in names[:at]]:
                raise ValueError(f"{key}: {twice[0]!r} is there twice; give one of them another `name`")
        names = [name for several in called.values() for name in several]
        if wrong := [name for name in (*names, *self.own) if PARTS in name]:
            raise ValueError(f"the name {wrong[0]!r} holds a {PARTS!r}, which stands between parts of metrics' names")
        return self
