"""Keys of the configuration that say which model is asked, what is done with its decisions, and where results go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PrivateAttr, field_validator, model_validator

from audit.config.data import AttributeConfig, AttributeEntry
from audit.config.encoding import FeatureEncoding
from audit.config.part import Column, ConfigPart, Label
from audit.config.place import is_address
from audit.config.prompt import PromptConfig
from audit.text import Language

#: A probability from which on a label is given.
Threshold = Annotated[float, Field(gt=0, lt=1)]


def _dotted(name: str) -> str:
    module, colon, function = name.partition(":")
    parts = [*module.split("."), *function.split(".")]
    if not colon or not all(part.isidentifier() for part in parts):
        raise ValueError(f"{name!r} names no function; write package.module:function")
    return name


#: A function of the user's own: `package.module:function`.
Dotted = Annotated[str, AfterValidator(_dotted)]
#: How layers are spread: a way that Accelerate knows, or module -> number of a graphics card, or `cpu`.
DeviceMap = (
    Literal["auto", "balanced", "balanced_low_0", "sequential"]
    | dict[str, Annotated[int, Field(ge=0)] | Literal["cpu"]]
)
#: What `path` is where nothing is named.
NOWHERE = Path()
#: Keys that only mean something where a checkpoint is loaded.
_OF_CHECKPOINTS = (
    "base",
    "device_map",
    "attention",
    "compile",
    "quantize",
    "thresholds",
    "prompt",
    "max_length",
    "allow_pickle",
    "allow_remote_code",
)


class ModelConfig(ConfigPart):
    """The model under audit: a checkpoint, a network with its weights, or a function."""

    path: Path = Field(
        NOWHERE,
        description="Folder of a Hugging Face checkpoint, or of an adapter (PEFT); of a `factory`, the safetensors "
        "file with its weights; of a `callable`, a file or folder that it reads, if there is one.",
    )
    callable: Dotted | None = Field(
        None,
        description="package.module:function of your own that decides: a batch in, probabilities (rows, classes) out.",
    )
    factory: Dotted | None = Field(
        None, description="package.module:function of your own that builds the torch module whose weights `path` holds."
    )
    arguments: dict[str, bool | int | float | str] = Field(
        default_factory=dict, description="What `factory` is called with, by name."
    )
    classes: tuple[Label, ...] = Field(
        (), description="Of a `callable` or `factory`: its classes, in the order of the columns it returns."
    )
    encoding: dict[Column, FeatureEncoding] = Field(
        default_factory=dict, description="Of a `callable` or `factory`: how each feature is put into numbers."
    )
    base: Path | None = Field(
        None, description="Of an adapter: folder of its base model; default: where the adapter says it is."
    )
    task: str | None = Field(None, description="Name of the adapter; inferred from the checkpoint if left out.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="`auto` takes cuda, then mps, then cpu.")
    device_map: DeviceMap | None = Field(
        None,
        description="Of a checkpoint too large for one graphics card: how its layers are spread over those of this "
        "machine, as Accelerate has it: `auto`, `balanced`, `balanced_low_0`, `sequential`, or module -> card.",
    )
    dtype: Literal["float32", "float16", "bfloat16"] = Field(
        "float32", description="Precision of the computation, whatever the checkpoint is stored in."
    )
    precision: Literal["float32", "tf32", "bf16"] = Field(
        "float32",
        description="Of matrix products where decisions are asked for, with weights in float32: coarser ones are "
        "faster, and a sample and every decision in doubt is computed again in float32.",
    )
    attention: Literal["auto", "eager", "sdpa", "flash_attention_2", "flex_attention"] = Field(
        "auto", description="What computes attention; `auto`: what transformers picks for the architecture."
    )
    compile: bool = Field(
        False,
        description="Let torch compile a model of text for decisions, which takes as long as thousands of them; where "
        "it cannot, a note says why.",
    )
    quantize: Literal["int8"] | None = Field(
        None, description="Round the weights of linear layers when loading, to hold the copy against the original."
    )
    thresholds: Threshold | dict[str, Threshold] | None = Field(
        None, description="Of several labels per text: probability from which on each is given; default 0.5."
    )
    prompt: PromptConfig | None = Field(
        None, description="Of a decoder: what it is asked, and which answers stand for which class."
    )
    max_length: int | None = Field(None, ge=3, description="Tokens per input; default: what the model can take.")
    batch_tokens: int | None = Field(
        None, ge=16, description="Tokens, or features, per batch; default: found from the device."
    )
    allow_pickle: bool = Field(False, description="Load weights from pickles. Pickles can run code: only if you trust.")
    allow_remote_code: bool = Field(
        False, description="Run Python code shipped with the checkpoint. Only if you trust."
    )
    #: Folder of the configuration file: modules are looked for there first.
    _folder: Path = PrivateAttr(NOWHERE)

    @property
    def folder(self) -> Path:
        """Folder of the configuration file."""
        return self._folder

    @property
    def has_path(self) -> bool:
        """Whether it names a path: a function may need none."""
        return self.path != NOWHERE

    @property
    def function(self) -> str | None:
        """The function of the user's own that decides, or builds what decides; None of a checkpoint."""
        return self.callable or self.factory

    @property
    def called(self) -> str:
        """What messages call it: the function, or where it lies."""
        return self.function or str(self.path)

    def based_at(self, folder: Path) -> ModelConfig:
        """Return it with paths that start at a folder."""
        changes = {
            "path": folder / self.path if self.has_path else self.path,
            "base": self.base and folder / self.base,
        }
        based = self.model_copy(update=changes)
        based._folder = folder
        return based

    @model_validator(mode="after")
    def _precision_of_float32(self) -> ModelConfig:
        if self.precision != "float32" and self.dtype != "float32":
            raise ValueError(
                f"precision: {self.precision} is held against float32, and dtype is {self.dtype}; leave one of them out"
            )
        return self

    @model_validator(mode="after")
    def _compiled_whole(self) -> ModelConfig:
        if self.compile and (self.prompt is not None or self.device_map is not None):
            raise ValueError(f"compile: does not go with `{'prompt' if self.prompt is not None else 'device_map'}`")
        return self

    @model_validator(mode="after")
    def _one_kind_of_model(self) -> ModelConfig:
        if self.callable and self.factory:
            raise ValueError("give `callable` or `factory`, not both")
        if not self.has_path and not self.callable:
            raise ValueError("path: is missing; only a `callable` needs none")
        if not self.function:
            if wrong := [key for key in ("arguments", "classes", "encoding") if getattr(self, key)]:
                raise ValueError(f"{wrong[0]}: goes with `callable` or `factory`")
            return self
        more = ("device", "dtype", "precision", "arguments") if self.callable else ()
        keys = (*_OF_CHECKPOINTS, *more)
        if wrong := [
            key
            for key in keys
            if getattr(self, key) != type(self).model_fields[key].get_default(call_default_factory=True)
        ]:
            raise ValueError(f"{wrong[0]}: does not go with `{'callable' if self.callable else 'factory'}`")
        if len(self.classes) < 2:
            raise ValueError("classes: name at least two, in the order of the columns that are returned")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("classes: a class stands twice")
        return self


class ExplanationConfig(ConfigPart):
    """Which decisions are explained, how, and what an explanation is held to."""

    which: Literal["sample", "all", "flagged", "none"] = Field(
        "sample", description="Decisions to explain. `sample`: a sample and every flagged one; `flagged`: these alone."
    )
    sample: int = Field(200, ge=0, description="Size of the sample; 0 turns explanations off.")
    most_flagged: int = Field(
        200,
        ge=0,
        description="Flagged decisions that are explained beside the sample, worst first; `flagged` has no end. And as "
        "many of those that changed since the baseline.",
    )
    shown: int = Field(24, ge=0, le=200, description="Explained decisions whose text the report shows.")
    target: Literal["probability", "log_odds"] = Field(
        "probability", description="What is explained, of the predicted class."
    )
    tolerance: float = Field(
        0.05,
        gt=0,
        description="Converged: what the sum misses, and the estimated error in all, at most this share.",
    )
    most_gradients: int = Field(129, ge=5, description="Gradients per decision, after which it is given up.")
    most_calls: int = Field(
        4096,
        ge=64,
        description="Of models without gradients: variants of an input that are asked about, after which it is given "
        "up.",
    )
    baseline: Literal["auto", "mask", "pad", "eos", "zero", "reference", "blur", "mean"] = Field(
        "auto",
        description="`auto`: of texts, MASK if there is one, else PAD, EOS, zeros; none whose embedding is next to "
        "zero. Of features, `reference`: the values that `model.encoding` names. Of pictures, `blur`; `mean` is their "
        "mean colour.",
    )
    least_contrast: float = Field(
        0.05,
        ge=0,
        description="Less difference from the baseline cannot be explained; in probability, log-odds are tried then.",
    )
    interventions: int = Field(
        48,
        ge=24,
        description="Most random halves of the words that are erased to see whether the model follows; fewer where "
        "these settle it.",
    )
    contentless: float = Field(
        0.5, gt=0, le=1, description="Weak: more than this share on special tokens and punctuation."
    )
    sanity: int = Field(12, ge=0, description="Decisions explained again with randomised weights; 0 leaves it out.")
    precision: Literal["float32", "tf32", "bf16"] = Field(
        "float32",
        description="Of gradients, and of the tests of explanations. Coarser ones are checked against float32, and "
        "what is near a threshold is computed in it.",
    )


class DiscoveryConfig(ConfigPart):
    """Search for slices that nobody named, over all attributes and further columns."""

    columns: tuple[AttributeEntry, ...] = Field((), description="Further columns to search, as attributes are given.")
    depth: int = Field(2, ge=1, le=3, description="Most columns that one slice names.")

    @field_validator("columns")
    @classmethod
    def _plain(cls, columns: tuple[AttributeConfig, ...]) -> tuple[AttributeConfig, ...]:
        if any(column.members for column in columns):
            raise ValueError("columns to search hold one group per row, not `members`")
        return columns


class NamesConfig(ConfigPart):
    """Of models that find entities: put names of other groups in the place of persons."""

    types: tuple[Label, ...] = Field(
        (), description="Types of entities that are persons; default: those called person or per, in any case."
    )
    file: Path | None = Field(None, description="Names of people by group; default: the list of `languages`.")
    per_group: int = Field(4, ge=1, description="Names of each group, drawn once for all entities.")
    sample: int = Field(300, ge=1, description="Persons whose names are exchanged; of more, a sample is drawn.")


class ValueExchangeConfig(ConfigPart):
    """A field or feature whose values are exchanged."""

    field: Label = Field(description="Placeholder or feature.")
    attribute: str | None = Field(
        None, description="Attribute whose groups the values stand for, as names do; default: each value is a group."
    )
    within: tuple[str, ...] = Field(
        (), description="Attributes whose groups stay: a woman's name becomes another woman's name."
    )
    values: tuple[Label, ...] = Field((), description="Values to exchange, without `attribute`; default: all.")

    @property
    def axis(self) -> str:
        """What the exchange is called."""
        return self.field if self.attribute is None else self.attribute

    @model_validator(mode="after")
    def _one_kind(self) -> ValueExchangeConfig:
        if self.attribute is None and self.within:
            raise ValueError("`within` goes with `attribute`")
        if self.attribute in self.within:
            raise ValueError(f"within: {self.attribute!r} cannot stay, since it is exchanged")
        if self.attribute is not None and self.values:
            raise ValueError("give either `values` or `attribute`")
        if len(self.values) == 1:
            raise ValueError("`values` holds one value, which cannot be exchanged")
        if len(set(self.values)) < len(self.values):
            raise ValueError(f"`values` holds a value twice: {', '.join(map(repr, self.values))}")
        return self


class ToneConfig(ConfigPart):
    """Of models of pictures: move pictures to other tones of skin."""

    column: Column = Field(
        description="Tone of the skin in each picture on the Monk scale, as whoever made the data saw it: 1 to 10, or "
        "`Monk 3`. It is never guessed."
    )
    attribute: str | None = Field(
        None, description="Attribute whose groups say whose pictures are moved; default: each tone is a group."
    )
    to: tuple[Annotated[int, Field(ge=1, le=10)], ...] = Field(
        (2, 6, 9), min_length=1, description="Tones that each picture is moved to."
    )


class ExchangeConfig(ConfigPart):
    """Exchange identity terms, values of fields, tones of skin, or names of persons, and see what is decided then."""

    languages: tuple[Literal["en", "zh"], ...] = Field(("en",), description="Built-in lexicons to use.")
    lexicons: tuple[Path, ...] = Field((), description="Lexicon files of your own; they extend the built-in ones.")
    replace: bool = Field(False, description="Use your own lexicons alone.")
    axes: tuple[str, ...] = Field((), description="Axes to exchange on, for example [gender]; default: all.")
    threshold: float = Field(
        0.2, gt=0, lt=1, description="Change of the score that is flagged even if the decision stays."
    )
    reliance: float = Field(
        0.5, gt=0, le=1, description="Share of the attribution on identity terms from which a decision is looked into."
    )
    shown: int = Field(12, ge=0, le=100, description="Rows whose exchanges the report shows.")
    names: NamesConfig = NamesConfig()
    values: tuple[ValueExchangeConfig, ...] = Field((), description="Fields or features whose values are exchanged.")
    tone: ToneConfig | None = Field(None, description="Of pictures: move them to other tones of skin.")
    light: int = Field(
        0,
        ge=0,
        le=4,
        description="Of pictures, to compare with `tone`: make them darker and brighter by so many tenths of the range "
        "at mid-grey; 0: neither.",
    )

    @model_validator(mode="after")
    def _some_lexicon(self) -> ExchangeConfig:
        if self.replace and not self.lexicons:
            raise ValueError("`replace` needs `lexicons`")
        asked = [(one.field, one.axis) for one in self.values]
        if twice := [field for number, (field, axis) in enumerate(asked) if (field, axis) in asked[:number]]:
            raise ValueError(f"values: {twice[0]!r} is exchanged twice for the same groups")
        return self


class GapConfig(ConfigPart):
    """What carries a gap in the mean score: every disparity that fails is decomposed, and those asked for here."""

    metrics: tuple[Literal["selection_rate", "true_positive_rate", "false_positive_rate"], ...] = Field(
        (), description="Disparities to decompose whether or not they fail."
    )
    concepts: dict[str, tuple[str, ...]] = Field(
        {}, description="Words and phrases to take together, by name; they come before identity terms."
    )
    sample: int = Field(
        1000, ge=0, description="Decisions whose score is attributed for it, untested; 0 takes no gap apart."
    )
    resamples: int = Field(1000, ge=200, description="Bootstrap resamples behind the intervals.")


class ScorecardConfig(ConfigPart):
    """Five dimensions of risk, each a weighted sum of what was measured."""

    file: Path | None = Field(
        None, description="A scorecard of your own, which replaces the one that ships: indicators, ends and weights."
    )


class PublicConfig(ConfigPart):
    """What documents for everybody are made of."""

    epsilon: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="Budget of differentially private noise; left out: exact counts, small ones suppressed.",
    )
    per_unit: int | None = Field(
        None,
        ge=1,
        description="With `epsilon`, where decisions form clusters, or rows have several: so many of each are counted.",
    )

    @model_validator(mode="after")
    def _goes_with_noise(self) -> PublicConfig:
        if self.per_unit is not None and self.epsilon is None:
            raise ValueError("per_unit: goes with `epsilon`")
        return self


class OutputConfig(ConfigPart):
    """Where the run folder goes."""

    folder: Path = Field(Path("runs/audit"), description="The run folder, on a disk.")
    title: str = Field("", description="Title of the report; default: the name of the model or data.")
    intended_use: str = Field("", description="What the model is meant for: shown under scope.")
    contact: str = Field("", description="Who answers for this audit.")
    language: Language = Field("en", description="Language of the report and of what commands tell of this audit.")
    public: PublicConfig = PublicConfig()

    @field_validator("folder", mode="before")
    @classmethod
    def _on_a_disk(cls, folder: object) -> object:
        if isinstance(folder, str) and is_address(folder):
            raise ValueError(
                f"{folder!r} is an address: a run folder lies on a disk, since its files take each other's place in "
                "one step; `audit copy` brings the finished one there"
            )
        return folder
