"""The decision sheet: everything about one decision and its explanation, from the run folder or made on request."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from audit.config import AuditConfig, ExplanationConfig
from audit.data.about import examples_of_decisions
from audit.data.shown import shown_of
from audit.errors import ConfigError, DataError, RunFolderError
from audit.explain.integrate.units import FRAME, units_of
from audit.result import AuditResult, DecisionSheet, SheetField, SheetUnit
from audit.store.columns import group_column
from audit.store.runfolder import RunFolder
from audit.store.tables import read_table

#: Columns of the attribution table that a sheet takes over.
KEPT = (
    *("outcome", "reason", "target_class", "method", "baseline", "scale", "named"),
    *("f_input", "f_baseline", "convergence_delta", "error_share"),
    *("removed", "sufficient", "followed", "wrong_signs", "chance_p", "comprehensiveness", "sufficiency"),
    *("content", "gradients", "calls", "forwards"),
)


def stored_sheet(folder: RunFolder, result: AuditResult, row_id: str) -> DecisionSheet:
    """Make the sheet of a decision that the run explained and whose text it kept.

    Raises
    ------
    RunFolderError
        If it did not, or the text is gone.
    """
    hint = "--config with the audit's configuration explains any row anew"
    decision = decision_of(folder, row_id)
    if not folder.attributions.exists():
        raise RunFolderError("this run explained no decision", where=str(folder.path), hint=hint)
    found = read_table(folder.attributions, ids=[row_id]).to_pylist()
    if not found:
        raise RunFolderError(f"row {row_id!r} is not among the explained ones", where=str(folder.path), hint=hint)
    texts = read_table(folder.inputs, ids=[row_id]).to_pylist() if folder.inputs.exists() else []
    if not texts:
        raise RunFolderError(f"the text of row {row_id!r} was not kept", where=str(folder.path), hint=hint)
    return make_sheet(result, decision, found[0], texts[0], {})


def decision_of(folder: RunFolder, row_id: str) -> dict[str, Any]:
    """Look a decision up.

    Raises
    ------
    DataError
        If there is none with this id.
    """
    found = read_table(folder.decisions, ids=[row_id]).to_pylist()
    if not found:
        raise DataError(f"no row has the id {row_id!r}", where=str(folder.decisions))
    return dict(found[0])


def fresh_sheet(
    folder: RunFolder, result: AuditResult, config: AuditConfig, row_id: str, methods: Sequence[str]
) -> DecisionSheet:
    """Explain one row with the model, and with other methods if asked.

    Raises
    ------
    RunFolderError
        If model or data are not those of the run.
    """
    from audit.data.image_files import hash_data
    from audit.explain.explanations import Explainer
    from audit.explain.integrate.methods import Other
    from audit.models.registry import load_adapter

    decision = decision_of(folder, row_id)
    if config.model is None:
        raise RunFolderError("the audit is of stored predictions: there is no model to explain", where=str(folder.path))
    if hash_data(config) != result.data.sha256:
        raise RunFolderError("the data is not that of the run", where=str(config.data.path))
    adapter = load_adapter(config.model, config)
    if result.model is None or adapter.facts().sha256 != result.model.sha256:
        raise RunFolderError("the model is not that of the run", where=config.model.called)
    if decision["y_pred"] is None:
        raise DataError(f"the decision of row {row_id!r} failed: there is nothing to explain", where=str(folder.path))
    text = examples_of_decisions(config, folder, [row_id])[row_id]
    if "input_x_gradient" in methods and not adapter.differentiable:
        raise ConfigError("the model has no gradients", where="--method input_x_gradient", hint="occlusion needs none")
    settings: ExplanationConfig = config.explanations
    explainer = Explainer(adapter, settings, adapter.baseline_kind(settings.baseline), config.seed)
    rows = pd.DataFrame({"row_id": [row_id], "y_pred": [decision["y_pred"]], "inclusion_probability": [1.0]})
    rows["input"] = pd.Series([text], dtype=object)
    (record,) = explainer.explain(rows)[0].to_pylist()
    (item,) = adapter.encode([text])
    other = Other(adapter, record["baseline"], record["scale"], config.seed)
    target = adapter.classes.index(decision["y_pred"])
    found = {method: other.attribute(item, target, method) for method in methods}
    return make_sheet(result, decision, record, shown_of(text, getattr(adapter, "seen", None)), found)


def make_sheet(
    result: AuditResult,
    decision: dict[str, Any],
    record: dict[str, Any],
    shown: Mapping[str, Any],
    others: dict[str, np.ndarray],
) -> DecisionSheet:
    """Put the parts together, unit by unit.

    Parameters
    ----------
    shown
        What readers may see of the example, as `audit.data.shown` has it.
    """
    text, image = shown["input"], shown["image"]
    units = units_of(pd.DataFrame([record]), "attributions")
    framed = units.numbers == FRAME
    ours = units.phi[~framed]
    names = [item["name"] or item["column"] for item in result.config["attributes"]]
    return DecisionSheet(
        title=result.title,
        row_id=decision["row_id"],
        example=decision["example"] or decision["row_id"],
        output=decision["output"],
        start=decision["start"],
        end=decision["end"],
        model_sha256=result.model.sha256 if result.model else None,
        data_sha256=result.data.sha256,
        groups={name: decision[group_column(name)] for name in names},
        y_true=decision["y_true"],
        y_pred=decision["y_pred"],
        score=decision["score"],
        status=decision["status"],
        text=text,
        read=result.data.read,
        fields=None if shown["fields"] is None else [SheetField(**one) for one in shown["fields"]],
        image=None if image is None else base64.b64encode(image).decode("ascii"),
        grid=result.model.grid if result.model else None,
        units=[
            SheetUnit(
                text=text[start:end],
                start=start,
                end=end,
                attribution=value,
                others={method: float(values[i]) for method, values in others.items()},
            )
            for i, (start, end, value) in enumerate(
                zip(units.starts[~framed].tolist(), units.ends[~framed].tolist(), ours.tolist(), strict=True)
            )
        ],
        frame=record["frame"],
        agreement={method: _cosine(ours, values) for method, values in others.items()},
        **{name: record[name] for name in KEPT},
    )


def _cosine(a: np.ndarray, b: np.ndarray) -> float | None:
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 0 else None
