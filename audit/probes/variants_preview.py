"""What `audit probe --probe NAME` prints: every changed text, and why some changes were not made; no model is asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path

from audit.config import AuditConfig, Columns, DataConfig
from audit.config.probes import AdversarialConfig, DialectConfig
from audit.config.robustness import RobustnessConfig
from audit.probes.variants import ProbedRow, Variant
from audit.say import say
from audit.store.files import replacing

#: Probes whose changes of a text can be seen without a model.
NAMES = ("robustness", "dialect", "adversarial")
#: Changes of each kind that are printed of a file.
MOST_PRINTED = 5


def variants_by(name: str, languages: tuple[str, ...], seed: int = 0) -> Callable[[ProbedRow], list[Variant]]:
    """Return what makes the changes of a probe.

    Parameters
    ----------
    languages
        Of the texts; where none is named, English.
    """
    if name == "robustness":
        from audit.probes.robustness.probe import Robustness

        data = DataConfig(path=Path("texts"), columns=Columns(input="text"))
        config = AuditConfig.model_construct(data=data, attributes=(), seed=seed)
        return Robustness(config, RobustnessConfig.model_validate({"languages": languages or ("en",)})).variants
    if name == "dialect":
        from audit.probes.dialect.probe import Dialect

        return Dialect(DialectConfig()).variants
    from audit.probes.adversarial.search import substitutions

    return lambda row: substitutions(row, AdversarialConfig())


def describe_variants(
    texts: Iterable[str],
    variants: Callable[[ProbedRow], list[Variant]],
    why: Callable[[str], str],
    out: Path | None,
    *,
    every: bool,
) -> None:
    """Print changes and what they come to; with `out`, write them all.

    Parameters
    ----------
    why
        Words for the code of a reason why a change is not made.
    """
    read = 0
    made: Counter[str] = Counter()
    refused: Counter[tuple[str, str]] = Counter()
    with replacing(out) if out else nullcontext() as file:
        for at, text in enumerate(texts):
            read += 1
            for variant in variants(ProbedRow(str(at), text, None, "", {})):
                name = f"{variant.transform} {variant.severity}" if variant.severity else variant.transform
                if variant.version is None:
                    refused[variant.transform, variant.refused or ""] += 1
                else:
                    made[name] += 1
                if variant.version is not None and (every or made[name] <= MOST_PRINTED):
                    say(f"{name}: {variant.version.text}")
                if file:
                    file.write((json.dumps(_record(at, text, variant), ensure_ascii=False) + "\n").encode())
    say("", f"texts: {read:,}; changes: {sum(made.values()):,}")
    for (transform, reason), n in refused.most_common():
        say(f"  not made, {transform}: {why(reason)}" + ("" if every else f" ({n:,})"))
    if out:
        say(out)


def _record(row: int, text: str, variant: Variant) -> dict[str, object]:
    version = variant.version
    edits = version.edits if version else ()
    return {
        "row": row,
        "transform": variant.transform,
        "severity": variant.severity,
        "text": text,
        "changed": str(version.text) if version else None,
        "not_made": variant.refused,
        "edits": [{"start": edit.start, "end": edit.end, "old": edit.old, "new": edit.new} for edit in edits],
    }
