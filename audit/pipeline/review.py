"""A review of a finished audit: decisions go out to people, and their answers come back into the run folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from audit.config import AuditConfig
from audit.data.about import examples_of_decisions
from audit.data.image_files import hash_data
from audit.errors import ConfigError, DataError, RunFolderError
from audit.pipeline.inputs import keep_inputs
from audit.pipeline.redact import REVIEW
from audit.report.documents import ALL, Telling
from audit.report.wording import Catalogue
from audit.report.write import write_documents
from audit.result import AuditResult
from audit.result.review import Review
from audit.review.answers import packed, read_answers
from audit.review.draw import draw, review_id, shared_out
from audit.review.key import Design, Key, read_key
from audit.review.meaning import Taken, take
from audit.review.measure import attributes_of, measure, reviewable
from audit.review.reading import read_file
from audit.review.tasks import Task, make_task, reasons_of
from audit.review.write import FORMATS, review_files
from audit.store.columns import group_column
from audit.store.files import link, make_folder, sha256, write_bytes
from audit.store.lock import held
from audit.store.manifest import DOCUMENTS, FileFact, read_manifest
from audit.store.runfolder import RunFolder
from audit.store.tables import read_table

if TYPE_CHECKING:
    from audit.models.adapter import Adapter


@dataclass(frozen=True)
class Asking:
    """What reviewers are given.

    Attributes
    ----------
    most, controls
        Flagged decisions at most, and controls; None: all, and as many.
    overlap
        Share of the decisions that all reviewers are given.
    decision_first
        Show decision and score before the class is asked for.
    seed
        Of the draw; None: that of the audit.
    question
        Question for the right class, in the auditor's own words.
    """

    most: int | None = None
    controls: int | None = None
    reviewers: int = 1
    overlap: float = 1.0
    decision_first: bool = False
    seed: int | None = None
    question: str | None = None


def run_folder(folder: Path) -> RunFolder:
    """Refuse what is no run folder: a copy for the public holds no rows.

    Raises
    ------
    RunFolderError
        With what to do.
    """
    place = RunFolder(folder)
    if place.result.is_file() and not place.manifest.exists() and _is_public(place.result):
        raise RunFolderError(
            "is a copy for the public, and holds no rows", where=str(folder), hint="review the run folder itself"
        )
    read_manifest(folder)
    return place


def read_for_review(place: RunFolder) -> AuditResult:
    """Read an audit whose decisions people can be asked about.

    Raises
    ------
    RunFolderError
        For numbers, which are no decisions of a class.
    """
    result = place.read_result(but=DOCUMENTS)
    if result.config["data"]["outcome"] == "number":
        raise RunFolderError("the audit is of predicted numbers; reviewers answer with a class", where=str(place.path))
    return result


def _is_public(path: Path) -> bool:
    try:
        return json.loads(path.read_bytes()).get("publication") is not None
    except (ValueError, AttributeError, RecursionError):
        return False


def export_review(
    folder: Path,
    asking: Asking,
    *,
    config: AuditConfig | None = None,
    formats: Collection[str] = FORMATS,
    out: Path | None = None,
    language: str | None = None,
    overwrite: bool = False,
) -> tuple[Key, list[Path]]:
    """Draw decisions, and write what reviewers are given.

    Parameters
    ----------
    config
        The audit's configuration, to read texts that the run did not keep, and to explain decisions that it did not.
    out
        Where to write; default: `review` in the run folder.
    overwrite
        Forget an earlier review of this run, answers included.

    Returns
    -------
    key, files

    Raises
    ------
    AuditError
        If texts are missing and cannot be read again, or if the answers of an earlier review would be lost.
    """
    place = run_folder(folder)
    with held(folder):
        place.begin_amending()
        result = read_for_review(place)
        if place.review_answers.exists() and not overwrite:
            raise RunFolderError(
                "holds answers of a review, which another draw would make worthless",
                where=str(folder),
                hint="--overwrite forgets them; a later audit of the same rows takes them over with import --from",
            )
        key = _drawn(place, result, asking)
        ids = key.table["row_id"].tolist()
        adapter = _checked(config, result) if config is not None else None
        kept = _shown(place, result, config, ids, adapter)
        reasons = _reasons(place, result, config, ids, kept, adapter, Catalogue.of(result, language))
        key = Key(Design(**{**key.design.__dict__, "reasons": bool(reasons)}), key.table)
        words = Catalogue.of(result, language)
        tasks = _tasks(place, key, kept, reasons, words)
        files = review_files(key, tasks, formats, result, words, asking.question)
        target = out or folder / REVIEW
        for name, content in files.items():
            make_folder((target / name).parent)
            write_bytes(target / name, content)
        _amend(place, {place.review_key.name: key.packed()}, gone=[place.review_answers.name, place.review.name])
    return key, [target / name for name in files]


def _drawn(place: RunFolder, result: AuditResult, asking: Asking) -> Key:
    decisions = reviewable(place, result)
    known = set(decisions["row_id"])
    flagged = [line["row_id"] for line in place.read_flagged() if line["row_id"] in known]
    seed = result.seed if asking.seed is None else asking.seed
    columns = [group_column(name) for name in attributes_of(result)]
    drawn = draw(decisions, flagged, columns, most=asking.most, controls=asking.controls, seed=seed)
    table = drawn.merge(decisions[["row_id", "y_pred"]], on="row_id", validate="one_to_one")
    if table.empty:
        raise RunFolderError("there is nothing to review: no decision is flagged, and no control is asked for")
    secret = f"{result.data.rows_sha256} {seed}"
    table["review_id"] = [review_id(row, secret) for row in table["row_id"]]
    if table["review_id"].duplicated().any():
        raise RunFolderError("two decisions would have the same id in the review", hint="--seed with another number")
    table["reviewers"] = shared_out(table["row_id"].tolist(), asking.reviewers, asking.overlap, seed)
    design = Design(
        rows_sha256=result.data.rows_sha256, seed=seed, reviewers=asking.reviewers, overlap=asking.overlap,
        flagged=len(flagged), others=len(decisions) - len(flagged), decision_first=asking.decision_first, reasons=False,
    )  # fmt: skip
    return Key(design, table)


def _checked(config: AuditConfig, result: AuditResult) -> Adapter | None:
    """Refuse data or a model that is not that of the run."""
    from audit.pipeline.run import load

    if hash_data(config) != result.data.sha256:
        raise RunFolderError(
            "the data is not that of the run", where=str(config.data.path), hint="restore it, or run the audit again"
        )
    if config.model is None or result.model is None:
        return None
    adapter = load(config)
    if adapter is None or adapter.facts().sha256 != result.model.sha256:
        raise RunFolderError("the model is not that of the run", where=config.model.called)
    return adapter


def _shown(
    place: RunFolder, result: AuditResult, config: AuditConfig | None, ids: Sequence[str], adapter: Adapter | None
) -> dict[str, dict[str, Any]]:
    """Collect what readers may see of each example; what the run did not keep is read again, and kept."""
    from audit.data.shown import shown_of
    from audit.pipeline.inputs import seeing_of

    if result.data.read is None:
        raise ConfigError(
            "the audit read no text, picture or values, so there is nothing to show to reviewers",
            where=str(place.path),
            hint="name what people should see in data.columns (input, image, fields or features), and run it again",
        )
    kept = {row["row_id"]: row for row in read_table(place.inputs).to_pylist()} if place.inputs.exists() else {}
    missing = [row for row in ids if row not in kept]
    if not missing:
        return kept
    if config is None:
        why = "not all were kept" if kept else "none are in this run"
        raise RunFolderError(
            f"{len(missing):,} of {len(ids):,} decisions to review have no text here: {why}",
            where=str(place.path),
            hint="--config with the audit's configuration reads them from the data again, if that is still the same",
        )
    if place.inputs.exists():
        # Beside the audit: they take their place together with the key.
        draft = place.draft
        make_folder(draft.path)
        for path, other in ((place.inputs, draft.inputs), (place.decisions, draft.decisions)):
            link(path, other)
        keep_inputs(config, draft, missing, seeing=seeing_of(adapter))
        draft.decisions.unlink()
        return {row["row_id"]: row for row in read_table(draft.inputs).to_pylist()}
    # Whoever removed the texts from the run does not want them back there.
    examples = examples_of_decisions(config, place, missing)
    return kept | {row: dict(shown_of(example, seeing_of(adapter))) for row, example in examples.items()}


def _reasons(
    place: RunFolder,
    result: AuditResult,
    config: AuditConfig | None,
    ids: Sequence[str],
    kept: dict[str, dict[str, Any]],
    adapter: Adapter | None,
    t: Catalogue,
) -> dict[str, str]:
    """Say which words count most: for every decision or for none, since reasons would tell flagged ones from others."""
    if result.explanations is None or result.data.read == "image":
        return {}
    found: dict[str, tuple[list[str], list[float]]] = {}
    if place.attributions.exists():
        for row in read_table(place.attributions, ids=ids).to_pylist():
            text = kept[row["row_id"]]["input"]
            places = zip(row["starts"], row["ends"], strict=True)
            found[row["row_id"]] = [text[start:end] for start, end in places], row["attributions"]
    missing = [row for row in ids if row not in found]
    if missing and adapter is not None and config is not None:
        found |= _explained(place, config, missing, adapter)
    if any(row not in found for row in ids):
        return {}
    return {row: reasons_of(*found[row], t) for row in ids}


def _explained(
    place: RunFolder, config: AuditConfig, ids: Sequence[str], adapter: Adapter
) -> dict[str, tuple[list[str], list[float]]]:
    """Attribute decisions that the run did not explain."""
    from audit.data.examples import joined
    from audit.explain.explanations import Explainer

    examples = examples_of_decisions(config, place, ids)
    decided = {
        row["row_id"]: row["y_pred"] for row in read_table(place.decisions, ["row_id", "y_pred"], ids).to_pylist()
    }
    encoded = adapter.encode([examples[row] for row in ids])
    settings = config.explanations
    baseline = adapter.baseline_kind(settings.baseline)
    engine = Explainer(adapter, settings, baseline, config.seed).integrator(baseline, fall_back=True)
    targets = [adapter.classes.index(decided[row]) for row in ids]
    attributed, _ = engine.attribute(encoded, targets)
    out = {}
    for row, item, one in zip(ids, encoded, attributed, strict=True):
        text = joined(examples[row])
        out[row] = [text[start:end] for start, end in item.places.tolist()], one.values.tolist()
    return out


def _tasks(
    place: RunFolder, key: Key, kept: dict[str, dict[str, Any]], reasons: dict[str, str], t: Catalogue
) -> dict[str, Task]:
    columns = ["row_id", "output", "start", "end", "y_pred", "score"]
    decided = {
        row["row_id"]: row for row in read_table(place.decisions, columns, key.table["row_id"].tolist()).to_pylist()
    }
    return {
        review: make_task(review, decided[row], kept[row], reasons.get(row, ""), t)
        for review, row in key.table[["review_id", "row_id"]].itertuples(index=False)
    }


def import_review(
    folder: Path,
    answers: Sequence[Path],
    *,
    source: Path | None = None,
    replace: bool = False,
    assumed: float | None = None,
    language: str | None = None,
) -> tuple[Review, Taken]:
    """Take answers into a run folder, work out what they say, and render the documents again.

    Parameters
    ----------
    answers
        Files; none: those that are there already.
    source
        Another run of the same rows, whose review is taken over first.
    replace
        Put the answers of these reviewers in the place of what they answered before.
    assumed
        How often a reviewer errs, instead of what their differences say.

    Raises
    ------
    AuditError
        With file, row and column of what is wrong; the run folder is then as it was.
    """
    place = run_folder(folder)
    with held(folder):
        place.begin_amending()
        result = read_for_review(place)
        came_from = place
        if source is not None:
            came_from = run_folder(source)
            read_for_review(came_from)
            if place.review_answers.exists():
                raise RunFolderError(
                    "holds answers of a review of its own", where=str(folder), hint="import into the other run instead"
                )
        key, before = read_key(came_from.review_key), read_answers(came_from.review_answers)
        taken = take(
            (said for path in answers for said in read_file(path)),
            result,
            _outputs(place, key),
            before,
            replace=replace,
        )
        if taken.answers.empty:
            raise DataError(
                "no answers", where=str(came_from.path), hint="audit review import RUN FILE takes in what people sent"
            )
        contents = {place.review_key.name: key.packed(), place.review_answers.name: packed(taken.answers)}
        hashes = [hashlib.sha256(content).hexdigest() for content in contents.values()]
        review = measure(place, result, key, taken.answers, (hashes[0], hashes[1]), assumed)
        text = review.model_dump_json(indent=2, by_alias=True) + "\n"
        _amend(place, contents | {place.review.name: text.encode()}, telling=(result, language))
    return review, taken


def _amend(
    place: RunFolder,
    contents: dict[str, bytes],
    *,
    gone: Collection[str] = (),
    telling: tuple[AuditResult, str | None] | None = None,
) -> None:
    """Put files into a run folder in one move: whoever is killed on the way leaves it as it was, or a move to end.

    Parameters
    ----------
    gone
        Files to remove.
    telling
        Result and language of documents that are to be written again.
    """
    draft, manifest = place.draft, read_manifest(place.path)
    make_folder(draft.path)
    for name, content in contents.items():
        write_bytes(draft.path / name, content)
    if telling is not None:
        kept = [name for name in manifest.files if name not in DOCUMENTS and not (draft.path / name).exists()]
        kept = [name for name in kept if (place.path / name).exists()]
        for name in kept:
            link(place.path / name, draft.path / name)
        write_documents(Telling(draft, *telling), [item.code for item in ALL if item.always])
        for name in kept:
            (draft.path / name).unlink()
    changed = {path.name: FileFact.of(path) for path in draft.path.iterdir()}
    files = {name: fact for name, fact in manifest.files.items() if name not in gone} | changed
    place.amend(manifest.model_copy(update={"files": dict(sorted(files.items()))}))


def _outputs(place: RunFolder, key: Key) -> dict[str, str | None]:
    """Id in the review -> of several labels, the one that is decided about."""
    found: pd.DataFrame = read_table(place.decisions, ["row_id", "output"], key.table["row_id"].tolist()).to_pandas()
    outputs = dict(zip(found["row_id"], found["output"], strict=True))
    return {review: outputs.get(row) for review, row in key.table[["review_id", "row_id"]].itertuples(index=False)}


def review_again(place: RunFolder, result: AuditResult) -> tuple[Review | None, Review | None]:
    """Return the review of a run as it is kept, and as it follows from its answers."""
    kept = place.read_review()
    if kept is None:
        return None, None
    key, answers = read_key(place.review_key), read_answers(place.review_answers)
    hashes = sha256(place.review_key), sha256(place.review_answers)
    assumed = kept.reviewer_error if kept.reviewer_error_from == "assumed" else None
    return kept, measure(place, result, key, answers, hashes, assumed)
