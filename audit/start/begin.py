"""From data, and a model if there is one, to a first configuration that says of every guess why it was made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from audit.config import DataConfig, ModelConfig, PromptConfig
from audit.config.reading import read_yaml
from audit.data.profile import Profile, profile
from audit.errors import ConfigError, ModelError
from audit.models.config_only import read_config
from audit.models.described import classes_of, infer_task
from audit.models.peft_folder import is_adapter
from audit.models.tasks import PROMPTED, TASKS
from audit.start.classes import mapped, positive
from audit.start.compared import compare, suggest
from audit.start.decided import label_columns, label_of, stored_of, tags_of, truth_of
from audit.start.draft import Draft, listed, write
from audit.start.question import Said, ask, holds
from audit.start.roles import Chosen, Columns, cluster_of, count_of, identity, input_of, split_of, weight_of

#: Tasks of which a row has several decisions -> what decisions are.
OUTCOMES = {"token-classification": "entities", "multi-label-classification": "labels"}
PROMPT_FILES = ("PROMPT.json", "prompt.json", "prompt.yaml")


def begin(data: Path, said: Said, folder: Path) -> str:
    """Write a first configuration.

    Parameters
    ----------
    folder
        Where the file will lie: paths in it start there.

    Returns
    -------
    str
        The text of the file.

    Raises
    ------
    Question
        Where something cannot be told: one question, with the options that answer it.
    AuditError
        If data or model cannot be read.
    """
    found = profile(DataConfig(path=data))
    columns, draft = Columns(found, data, said), Draft()
    if said.model is not None:
        classes = _model(draft, said.model, said, folder)
    _table(draft, found, data, folder)
    row = columns.take(identity(columns), "id")
    if said.model is not None:
        _decided_by_model(draft, columns, classes)
    else:
        _stored(draft, columns)
    if row is not None:
        draft.put("data.columns.id", row.name, f"id: {row.why}")
    for key, choose in (("cluster", cluster_of), ("weight", weight_of)):
        if chosen := columns.take(choose(columns), key):
            draft.put(f"data.columns.{key}", chosen.name, f"{key}: {chosen.why}")
    if said.model is not None and (split := split_of(columns)):
        columns.take(split[0], "where")
        draft.put("data.where", {split[0].name: split[1]}, split[1] and f"where: {split[0].why}")
    compare(draft, columns)
    draft.put("output.folder", f"runs/{_stem(data)}", "")
    suggest(draft, columns)
    return write(draft, _head(data, found))


def _head(data: Path, found: Profile) -> list[str]:
    rows = f"all {found.rows:,} rows" if found.whole else f"the first {found.rows:,} rows"
    return [
        f"Begun by `audit init` from {rows} of {data.name}.",
        "Every line below a comment is a guess, and the comment says why it was made. Read them all, above all who is "
        "compared (attributes) and what counts as positive; then `audit validate` and `audit run` this file. "
        "`audit metrics` lists what can be asked, and docs/configuration.md has every key.",
    ]


def _stem(data: Path) -> str:
    return data.name.split(".")[0] or "audit"


def _from(folder: Path, path: Path) -> str:
    """Write a path as it is found from the folder of the file: relative, unless it lies elsewhere."""
    relative = Path(os.path.relpath(path.resolve(), folder.resolve()))
    far = sum(part == ".." for part in relative.parts) > 2
    return (path.resolve() if far else relative).as_posix()


def _model(draft: Draft, path: Path, said: Said, folder: Path) -> list[str]:
    """Say which model it is; return its classes."""
    config = ModelConfig(path=path)
    task = infer_task(config)
    if task is None:
        described = read_config(path).get("architectures")
        raise ModelError(
            f"cannot tell the task of {described or 'a model that names no architecture'}", where=str(path),
            hint=f"there are adapters for {listed(list(TASKS))}; see docs/models.md",
        )  # fmt: skip
    draft.put("model.path", _from(folder, path))
    if task == PROMPTED:
        prompt, why = _prompt(path, said)
        draft.put("model.prompt", prompt, why)
        config = config.model_copy(update={"prompt": PromptConfig.model_validate(prompt)})
    classes = classes_of(config)
    kind = "an adapter (PEFT) for" if is_adapter(path) else "its config.json says that it is for"
    draft.why["model"] = f"model: {kind} {task}; it knows {listed(classes, 10)}."
    return classes


def _prompt(path: Path, said: Said) -> tuple[dict[str, Any], str]:
    """Read what a decoder is asked, which nothing in a checkpoint says."""
    beside = next((path / name for name in PROMPT_FILES if (path / name).is_file()), None)
    file = said.prompt or beside
    if file is None:
        raise ask(
            "what is the model asked? It is a decoder that writes text, and nothing says which answers mean what",
            ["--prompt FILE   YAML or JSON with `template` and `labels`:",
             '  template: "Is this toxic? {text}\\nAnswer:"',
             '  labels: {acceptable: " no", toxic: " yes"}'],
            "say it again with such a file; {text} stands for a column", path,
        )  # fmt: skip
    raw = read_yaml(file)
    if not isinstance(raw, dict):
        raise ConfigError("holds no keys", where=str(file), hint="give `template` and `labels`")
    known = {key: value for key, value in raw.items() if key in PromptConfig.model_fields}
    try:
        PromptConfig.model_validate(known)
    except ValueError as error:
        raise ConfigError(f"is no prompt: {error}", where=str(file), hint="give `template` and `labels`") from None
    left = sorted(set(raw) - set(known))
    also = f" Left out, for no audit knows them: {listed(left)}." if left else ""
    return known, f"prompt: from {file.name}{'' if said.prompt else ', which lies beside the model'}.{also}"


def _table(draft: Draft, found: Profile, data: Path, folder: Path) -> None:
    draft.put("data.path", _from(folder, data))
    if found.delimiter is not None:
        draft.put("data.delimiter", found.delimiter, "delimiter: the header holds no comma, and holds these.")
    twice = sorted({column.name for column in found.columns if column.twice})
    said = [f"{len(found.columns)} columns."]
    if twice:
        places = [f"{n} ({', '.join(str(c.place) for c in found.columns if c.name == n)})" for n in twice]
        said.append(
            f"More than one column is called {listed(places)}: none of these can be named. Rename them, or call all "
            "columns by number: skip_rows: 1, header: false."
        )
    if nameless := [str(column.place) for column in found.columns if not column.name]:
        said.append(f"Column {', '.join(nameless)} has no name, so it is left out.")
    draft.why["data"] = "data: " + " ".join(said)


def _decided_by_model(draft: Draft, columns: Columns, classes: list[str]) -> None:
    task = infer_task(ModelConfig(path=columns.said.model or Path())) or ""
    outcome = OUTCOMES.get(task, "class")
    if outcome != "class":
        draft.put("data.outcome", outcome, f"outcome: what a model for {task} decides.")
    if outcome == "labels" and not columns.said.label and (several := label_columns(columns, classes)):
        columns.taken |= dict.fromkeys(several.values(), "labels")
        _read(draft, columns, task)
        missing = [cls for cls in classes[1:] if cls not in several]
        also = f" No column is called {listed(missing)}." if missing else ""
        why = f"labels: columns of 0 and 1 that are called like labels of the model.{also}"
        draft.put("data.columns.labels", several, why)
        return
    if outcome == "entities":
        label = columns.take(tags_of(columns), "label")
        _read(draft, columns, task)
        if label is not None:
            draft.put("data.columns.label", label.name, f"label: {label.why}")
        return
    # Labels first: a text never is one, and of two columns of text the other may be told by its name.
    label = columns.take(label_of(columns, classes), "label")
    _read(draft, columns, task)
    _label(draft, columns, label, classes)
    if outcome == "class":
        chosen, why = positive(classes, columns.said, columns.data, of_model=True)
        _positive(draft, chosen, why)


def _label(draft: Draft, columns: Columns, label: Chosen | None, classes: list[str]) -> None:
    if label is None:
        draft.why["data.columns"] = (
            "No column seems to say what is true (none has the classes of the model), so only metrics that need no "
            "labels are computed. --label names one."
        )
        return
    values = sorted(label.column.values)
    draft.put("data.columns.label", label.name, f"label: {label.why} It holds {holds(label.column)}.")
    mapping, why = mapped(values, classes, columns.said, columns.data, f"the label in {label.name!r}")
    if mapping:
        draft.put("data.label_map", mapping, f"label_map: label of the data: class of the model; {why}")
    elif why:
        draft.why["data.columns.label"] += f" They are {why}"


def _positive(draft: Draft, chosen: str | None, why: str) -> None:
    if chosen is None:
        draft.why["data.columns"] = " ".join([draft.why.get("data.columns", ""), why]).strip()
    else:
        draft.put("data.positive_label", chosen, f"positive_label: {why}")


def _read(draft: Draft, columns: Columns, task: str) -> None:
    """Say what the model reads."""
    if task == PROMPTED:
        _fields(draft, columns)
        return
    reads = "tokens" if task == "token-classification" else TASKS[task].reads
    chosen = columns.take(input_of(columns, reads), "input")
    if chosen is not None:
        key = "image" if reads == "image" else "input"
        draft.put(f"data.columns.{key}", chosen.name, f"{key}: what the model reads; {chosen.why}")
        if chosen.column.chinese > 0.5 * chosen.column.filled:
            draft.put(
                "exchange.languages",
                ["zh"],
                "exchange: identity terms; the texts are Chinese.",
            )


def _fields(draft: Draft, columns: Columns) -> None:
    prompt = PromptConfig.model_validate(draft.keys["model"]["prompt"])
    known = {column.name.casefold(): column.name for column in columns.free}
    fields = {name: known[name.casefold()] for name in prompt.fields if name.casefold() in known}
    left = [name for name in prompt.fields if name not in fields]
    why = "their names are those of the placeholders."
    if len(left) == 1 and len(prompt.fields) == 1:
        chosen = input_of(columns, "text")
        fields, why = {left[0]: chosen.name}, f"what stands for {{{left[0]}}}; {chosen.why}"
    elif left:
        raise ask(
            f"which column stands for {{{left[0]}}} in the prompt? None is called so",
            [f"a placeholder called {{{c.name}}}   {holds(c)}" for c in columns.free[:8]],
            "call placeholders in the prompt like the columns, and give it with --prompt FILE", columns.data,
        )  # fmt: skip
    for name in fields.values():
        columns.taken[name] = "fields"
    draft.put("data.columns.fields", fields, f"fields: {why}")


def _stored(draft: Draft, columns: Columns) -> None:
    """Say where decisions stand that were made already."""
    count = columns.take(count_of(columns), "count")
    stored = stored_of(columns)
    for chosen, key in ((stored.prediction, "prediction"), (stored.score, "score")):
        columns.take(chosen, key)
    tagged = stored.prediction is not None and stored.prediction.column.is_list
    if tagged:
        draft.put("data.outcome", "entities", "outcome: the decisions are tags of words.")
        words = columns.take(input_of(columns, "tokens"), "input")
        if words is not None:
            draft.put("data.columns.input", words.name, f"input: the words; {words.why}")
    label = columns.take(tags_of(columns) if tagged else truth_of(columns, stored.prediction), "label")
    if label is not None:
        draft.put("data.columns.label", label.name, f"label: what is true; {label.why} It holds {holds(label.column)}.")
    else:
        draft.why["data.columns"] = (
            "No column seems to say what is true, so only metrics that need no labels are computed. --label names one."
        )
    if stored.prediction is not None:
        told = f"prediction: what was decided; {stored.prediction.why} It holds {holds(stored.prediction.column)}."
        draft.put("data.columns.prediction", stored.prediction.name, told)
    if count is not None:
        draft.put("data.columns.count", count.name, f"count: {count.why}")
    if not tagged:
        _classes_of_stored(draft, columns, stored.prediction, label)
    if stored.score is not None:
        _score(draft, columns, stored.score, alone=stored.prediction is None)


def _classes_of_stored(draft: Draft, columns: Columns, decided: Chosen | None, label: Chosen | None) -> None:
    values, true = (sorted(chosen.column.values) if chosen else [] for chosen in (decided, label))
    classes = true or values
    if values and true and not set(values) & set(true):
        mapping, why = mapped(values, true, columns.said, columns.data, "the prediction")
        draft.put("data.prediction_map", mapping, f"prediction_map: prediction: class of the label; {why}")
    elif columns.said.maps and values:
        classes = sorted({columns.said.maps.get(value, value) for value in values} | set(true))
        draft.put("data.prediction_map", dict(columns.said.maps), "prediction_map: as --map says.")
    elif values and true:
        classes = sorted({*values, *true})
    if not classes:  # a score alone
        name = columns.said.positive or "positive"
        draft.put("data.positive_label", name, "positive_label: what a high score stands for; nothing names it.")
        return
    chosen, why = positive(classes, columns.said, columns.data, of_model=False)
    _positive(draft, chosen, why)


def _score(draft: Draft, columns: Columns, chosen: Chosen, *, alone: bool) -> None:
    low, high = chosen.column.lowest, chosen.column.highest
    draft.put("data.columns.score", chosen.name, f"score: {chosen.why} It holds {holds(chosen.column)}.")
    if low < 0 or high > 1:
        low, high = (int(edge) if edge.is_integer() else edge for edge in (low, high))
        why = "score_range: the lowest and highest score of the file: no probabilities. Widen it to the whole scale."
        draft.put("data.score_range", [low, high], why)
        if alone and columns.said.threshold is None:
            raise ask(
                f"from which score on does {chosen.name!r} decide positively? It is no probability: it goes from "
                f"{low:g} to {high:g}",
                ["--threshold NUMBER"], "say it again with the threshold that is in use", columns.data,
            )  # fmt: skip
    if columns.said.threshold is not None:
        threshold = columns.said.threshold
        value = int(threshold) if threshold.is_integer() else threshold
        draft.put("data.threshold", value, "threshold: as --threshold says.")
