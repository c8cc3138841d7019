"""What was audited, and how, as it may be told to everybody: no file of the house, no column, no value of a cell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from audit.disclosure.reasons import all_plain, is_plain
from audit.disclosure.suppress import LEAST
from audit.disclosure.told import Told
from audit.result import AuditResult, DataFacts, DecisionPrecision, ModelFacts, Note

#: Keys of the configuration whose text is told: what people wrote for readers, and what names no cell.
OPEN_KEYS = frozenset(
    {
        "controls",
        "frameworks",
        "metrics",
        "crossings",
        "data.outcome",
        "data.format",
        "model.device",
        "model.dtype",
        "model.precision",
        "model.attention",
        "model.task",
        "model.quantize",
        "explanations.which",
        "explanations.target",
        "explanations.baseline",
        "explanations.precision",
        "gaps.metrics",
        "exchange.languages",
        "exchange.axes",
        "policy",
        "output.title",
        "output.language",
        "output.intended_use",
        "output.contact",
        "documentation",
        "sign_off",
        "appeal_route",
    }
)
#: Of what is told by `OPEN_KEYS`, this is not: names of persons who decided, and of groups.
CLOSED_KEYS = frozenset(
    {"policy.waivers.owner", "policy.waivers.approver", "policy.rules.exempt", "policy.rules.reference"}
)
#: Notes that are told, as they name nothing of the house; their numbers must be none or large.
OPEN_NOTES = frozenset(
    {
        *("no_labels", "rows_truncated", "rows_empty", "clusters", "other_dtype", "explanations_off"),
        *("no_model_no_explanations", "nothing_exchanged", "no_sanity_without_weights", "tokens_unknown"),
        *("tokens_mostly_unknown", "words_unread", "rows_in_windows", "first_of_several", "stored_quantised"),
        *("texts_redacted", "personal_redacted", "answers_apart", "small_vocabulary", "gaps_not_decomposed"),
        *("no_tf32_here", "precision_too_coarse", "precision_not_used"),
    }
)


def subject(result: AuditResult, told: Told) -> dict[str, Any]:
    """Every field of `Subject` and `Record` that is not told as it is."""
    plain = _is_plain(result.data)
    return {
        "title": title_of(result),
        "config": config(result.config),
        "model": result.model and _model(result.model),
        "data": _data(result.data, told),
        "notes": [note for note in result.notes if _is_open(note) and (plain or not _numbers(note))],
        "decision_precision": _precision(result.decision_precision),
        "work": {name: n for name, n in result.work.items() if is_plain(n)} if plain else {},
    }


def title_of(result: AuditResult) -> str:
    """What somebody wrote for readers; left out, it would be the name of a file or folder."""
    if title := result.config["output"]["title"]:
        return str(title)
    return PurePath(result.model.name).name if result.model else "data"


def _is_plain(data: DataFacts) -> bool:
    """Whether the number of decisions that failed, and of the others by status, may be told."""
    return all_plain([*data.statuses.values(), *data.failures.values()])


def config(whole: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with every text, list and map emptied that `OPEN_KEYS` does not name; numbers stay."""
    found: dict[str, Any] = _emptied(whole, "")
    attributes = [{**item, "name": given["name"] or str(given["column"])} for item, given in
                  zip(found["attributes"], whole["attributes"], strict=True)]  # fmt: skip
    for item, given in zip(attributes, whole["attributes"], strict=True):
        # Whether rows belong to several groups is told, not to which.
        item["members"] = {"": ""} if given.get("members") else {}
    found["attributes"] = attributes
    found["data"]["path"] = f"data{PurePath(str(whole['data']['path'])).suffix}"
    found["data"]["columns"]["cluster"] = "" if whole["data"]["columns"]["cluster"] is not None else None
    return found


def _emptied(value: Any, key: str, *, is_open: bool = False) -> Any:
    is_open = (is_open or key in OPEN_KEYS) and key not in CLOSED_KEYS
    if isinstance(value, Mapping):
        if not is_open and key and key not in _BRANCHES:
            return {}
        return {name: _emptied(item, f"{key}.{name}".lstrip("."), is_open=is_open) for name, item in value.items()}
    if isinstance(value, list | tuple):
        if not is_open and key != "attributes":
            return []
        return [_emptied(item, key, is_open=is_open) for item in value]
    if isinstance(value, str):
        return value if is_open else ""
    return value


#: Parts of the configuration that have keys of their own, rather than names that somebody gave.
_BRANCHES = frozenset(
    {
        "attributes",
        "data",
        "data.columns",
        "model",
        "model.prompt",
        "discovery",
        "explanations",
        "exchange",
        "exchange.names",
    }
    | {"exchange.tone", "gaps", "policy", "output", "output.public", "documentation"}
)


def _model(model: ModelFacts) -> ModelFacts:
    return model.model_copy(update={"name": PurePath(model.name).name, "reference": None})


def _data(data: DataFacts, told: Told) -> DataFacts:
    kept = told.kept
    whole = next(group for slicing in told.result.slicings if not slicing.attributes for group in slicing.groups)
    plain = _is_plain(data)
    # Where each row is one decision, rows less decisions are those that failed.
    rows = data.rows if plain or data.rows != data.decisions else whole.n
    filtered = data.rows_filtered if rows == data.rows and is_plain(data.rows_filtered) else None
    counted = {"label": whole.by_label, "prediction": whole.by_prediction}
    of = {
        kind: {cls: n if (kind, (), (), cls) in kept else None for cls, n in counts.items()}
        for kind, counts in counted.items()
    }
    labelled = whole.n_labelled if ("labelled", (), ()) in kept else None
    return data.model_copy(
        update={
            "name": f"data{PurePath(data.name).suffix}",
            "rows_sha256": "",
            "rows_read": rows if filtered is None and data.rows_filtered is not None else data.rows_read,
            "rows_filtered": filtered,
            "rows": rows,
            "decisions": data.decisions if plain else whole.n,
            "statuses": data.statuses if plain else {"ok": whole.n},
            "failures": data.failures if plain else {},
            "labels": of["label"],
            "predictions": of["prediction"],
            "confusion": data.confusion if ("confusion",) in kept else [],
            "unlabelled": _unlabelled(data, whole.n, labelled),
        }
    )


def _unlabelled(data: DataFacts, n: int, labelled: int | None) -> int | None:
    """Rows without a label, where the groups tell as much."""
    if not data.unlabelled:
        return data.unlabelled
    return data.unlabelled if labelled is not None and min(n - labelled, data.unlabelled) >= LEAST else None


def _is_open(note: Note) -> bool:
    return (note.code in OPEN_NOTES or note.code.startswith("failed_")) and all_plain(_numbers(note))


def _precision(found: DecisionPrecision | None) -> DecisionPrecision | None:
    """What was computed again, where no number of it is small: decisions that turned are few."""
    counts = found and [found.asked, found.exact, found.sampled, found.again, found.otherwise, found.beyond]
    return found if counts and all_plain(counts) else None


def _numbers(note: Note) -> list[int]:
    return [value for value in note.params.values() if isinstance(value, int)]
