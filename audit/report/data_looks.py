"""What the data audit found, as words and tables: the same for the page, the terminal and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from audit.report.wording import Catalogue, count, decimal, percent, points
from audit.result import DataAudit, DataFinding, RatesByAttribute, RowCheck, RowRate
from audit.text import cut

#: Classes in a table of label rates, and telling words in a line.
MOST_CLASSES, MOST_WORDS = 6, 8
#: Findings in one line.
MOST_CONCLUDED = 2
#: P-values below this are told so.
LEAST_P = 0.001
#: Block of the page -> what it tells of.
_BLOCKS = {
    "missing": ("missing",),
    "texts": ("empty", "too_long"),
    "copies": (
        "duplicate",
        "contradiction",
        "near_duplicate",
        "near_contradiction",
        "in_training",
        "near_training",
    ),
    "doubtful": ("disagreement", "likely_label_error"),
    "personal": ("personal",),
}


#: What is looked for in every row -> its entry in the glossary.
CHECK_TERMS = {
    "missing": "missing_value",
    "duplicate": "exact_duplicate",
    "contradiction": "contradiction",
    "near_duplicate": "near_duplicate",
    "near_contradiction": "contradiction",
    "in_training": "in_training",
    "near_training": "near_duplicate",
    "disagreement": "disagreement",
    "likely_label_error": "likely_label_error",
    "personal": "personal_data",
}
#: Head of a column -> its entry in the glossary.
HEAD_TERMS = {
    "interval": "interval",
    "reference": "reference_share",
    "labelled": "label",
    "p": "holm",
    "alpha": "krippendorff_alpha",
    "auc": "held_out_auc",
}


@dataclass(frozen=True)
class Table:
    """A table of text; columns from the second on hold numbers, but for those in `texts`.

    Attributes
    ----------
    terms
        Words in its head and its first column that the glossary explains -> code of the entry.
    """

    caption: str
    head: list[str]
    rows: list[list[str]]
    texts: frozenset[int] = frozenset()
    terms: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Block:
    """One subject: what is said of it, and its tables."""

    code: str
    title: str
    says: str
    tables: list[Table] = field(default_factory=list)


def finding(item: DataFinding, t: Catalogue) -> str:
    """Say one thing that matters."""
    told: dict[str, str] = {}
    for name, value in item.params.items():
        if name == "what":
            told[name] = t(f"data_audit.check.{value}")
        elif name == "kind":
            told[name] = "" if value is None else t(f"data_audit.kind.{value}")
        elif isinstance(value, float):
            told[name] = decimal(value, 2) if name in {"auc", "alpha", "lower", "upper", "limit"} else percent(value)
        else:
            told[name] = count(value) if isinstance(value, int) else cut(str(value))
    if told.get("what") and told.get("kind"):
        told["what"] = t.aside(told["what"], told["kind"])
    return t(f"data_audit.found.{item.code}", **told)


def lead(found: DataAudit, t: Catalogue) -> str:
    """Say how much was looked at, and how often."""
    told = t("data_audit.lead", rows=count(found.rows), tests=found.tests)
    return t.sentences(told, t("data.of_files", files=count(found.files))) if found.files > 1 else told


def conclusion(found: DataAudit, t: Catalogue) -> str:
    """Say what matters most, or that nothing does."""
    if not found.findings:
        return t("conclusion.data_audit.none", rows=count(found.rows))
    return t.sentences(*(finding(item, t) for item in found.findings[:MOST_CONCLUDED]))


def blocks(found: DataAudit, t: Catalogue) -> list[Block]:
    """Everything that was looked at, subject by subject."""
    told = [*_representation(found, t), *_labels(found, t)]
    told += [block for code in ("missing", "texts", "copies") if (block := _checks(found, code, t))]
    told += [*_agreement(found, t)]
    told += [block for code in ("doubtful", "personal") if (block := _checks(found, code, t))]
    return [*told, *_proxies(found, t)]


def every_group(found: DataAudit, t: Catalogue) -> Table | None:
    """How often everything that was found at all was found in each group."""
    checks = [check for check in found.checks if check.code != "label" and check.overall.hits]
    if not checks:
        return None
    groups = list(
        dict.fromkeys(
            (part.attribute, group.group) for check in checks for part in check.by_attribute for group in part.groups
        )
    )
    known = [
        {(part.attribute, group.group): group for part in check.by_attribute for group in part.groups}
        for check in checks
    ]
    rows = []
    for attribute, group in groups:
        cells = [of.get((attribute, group)) for of in known]
        told = [
            "–" if one is None or not one.n else f"{count(one.hits)} / {count(one.n)}: {_rate(one)}" for one in cells
        ]
        rows.append([t.pair(cut(attribute), cut(group or "")), *told])
    names = [
        t.pair(t("data_audit.check.missing"), named(check, t)) if check.code == "missing" else named(check, t)
        for check in checks
    ]
    return Table(t("data_audit.every_group"), [t("data_audit.head.group"), *names], rows, terms=_named_terms(checks, t))


def p_value(p: float | None, t: Catalogue) -> str:
    """Word a corrected p-value."""
    if p is None:
        return "–"
    return t("data_audit.p_below", p=decimal(LEAST_P)) if p < LEAST_P else decimal(p)


def _interval(lower: float | None, upper: float | None) -> str:
    return "–" if lower is None or upper is None else f"{points(lower)}–{percent(upper)}"


def _representation(found: DataAudit, t: Catalogue) -> Iterator[Block]:
    tables = []
    for part in found.representation:
        head = ["group", "n", "share", "interval", "reference"]
        rows = [
            [cut(one.group), count(one.n), percent(one.share), _interval(one.lower, one.upper), percent(one.reference)]
            for one in part.groups
        ]
        caption = t("data_audit.shares_of", attribute=part.attribute, p=p_value(part.corrected_p_value, t))
        tables.append(Table(caption, [t(f"data_audit.head.{name}") for name in head], rows, terms=_heads(head, t)))
    if tables:
        others = sum(sum(part.others.values()) for part in found.representation)
        yield _block("representation", t, tables, others=count(others))


def _block(code: str, t: Catalogue, tables: list[Table], **params: object) -> Block:
    return Block(code, t(f"data_audit.title.{code}"), t(f"data_audit.says.{code}", **params), tables)


def _labels(found: DataAudit, t: Catalogue) -> Iterator[Block]:
    checks = [check for check in found.checks if check.code == "label"][:MOST_CLASSES]
    tables = []
    for at in range(len(checks[0].by_attribute) if checks else 0):
        parts = [check.by_attribute[at] for check in checks]
        head = [t("data_audit.head.group"), t("data_audit.head.labelled")]
        for check, part in zip(checks, parts, strict=True):
            p = t("data_audit.p", p=p_value(part.corrected_p_value, t))
            head.append(t.aside(cut(check.about or ""), p))
        rows = [
            [cut(one.group or ""), count(one.n), *(_rate(part.groups[number]) for part in parts)]
            for number, one in enumerate(parts[0].groups)
        ]
        tables.append(
            Table(t("data_audit.labels_of", attribute=parts[0].attribute), head, rows, terms=_heads(["labelled"], t))
        )
    for means in found.label_means:
        head = [t(f"data_audit.head.{name}") for name in ("group", "labelled", "mean")]
        rows = [
            [cut(one.group), count(one.n), f"{one.value:.4g}" + _ends(one.lower, one.upper)] for one in means.groups
        ]
        tables.append(Table(t("data_audit.labels_of", attribute=means.attribute), head, rows))
    if tables:
        yield _block("labels", t, tables)


def _heads(names: Iterable[str], t: Catalogue) -> dict[str, str]:
    """Heads of columns that the glossary explains."""
    return {t(f"data_audit.head.{name}"): HEAD_TERMS[name] for name in names if name in HEAD_TERMS}


def _named_terms(checks: Iterable[RowCheck], t: Catalogue) -> dict[str, str]:
    """Names of what was looked for that the glossary explains; of what is missing these are columns of the data."""
    return {
        named(check, t): CHECK_TERMS[check.code]
        for check in checks
        if check.code in CHECK_TERMS and check.code != "missing"
    }


def _ends(lower: float | None, upper: float | None) -> str:
    return "" if lower is None or upper is None else f" ({lower:.4g} – {upper:.4g})"


def _rate(rate: RowRate) -> str:
    if rate.value is None:
        return "–"
    return f"{percent(rate.value)} ({_interval(rate.lower, rate.upper)})"


def _checks(found: DataAudit, code: str, t: Catalogue) -> Block | None:
    """What was looked for in every row: how often, where least and most, and whether groups differ."""
    checks = [check for check in found.checks if check.code in _BLOCKS[code]]
    names = ("what", "by", "found", "share", "lowest", "highest", "p")
    rows = [row for check in checks for row in _check(check, t)]
    head = [t(f"data_audit.head.{name}") for name in names]
    terms = _heads(names, t) | _named_terms(checks, t)
    table = Table(t(f"data_audit.title.{code}"), head, rows, texts=frozenset({1, 4, 5}), terms=terms)
    if code == "missing":
        if not checks and not found.complete:
            return None
        says = t("data_audit.says.missing", n=len(checks), complete=len(found.complete))
    elif code == "texts":
        if found.too_long is None:
            return None
        unit = t(f"data_audit.unit.{found.too_long.unit}", n=count(found.too_long.limit))
        says = t(f"data_audit.says.texts.{found.too_long.source}", unit=unit)
    elif code == "copies":
        if found.duplicates is None:
            return None
        says = _copies(found, t)
    elif code == "personal":
        if not found.personal:
            return None
        kinds = t.listed(t(f"data_audit.kind.{kind}") for kind in found.personal if kind != "other")
        says = t(f"data_audit.says.personal.{'some' if checks else 'none'}", kinds=kinds)
    else:
        if not checks:
            return None
        says = t("data_audit.says.doubtful")
        if found.label_errors is not None:
            suspected, share = count(found.label_errors.suspected), percent(found.label_errors.estimated)
            says = t.sentences(says, t("data_audit.says.errors", n=suspected, share=share))
    none = [named(check, t) for check in checks if not check.overall.hits]
    if none:
        says = t.sentences(says, t("data_audit.says.none", what=t.listed(none)))
    return Block(code, t(f"data_audit.title.{code}"), says, [table] if rows else [])


def _check(check: RowCheck, t: Catalogue) -> list[list[str]]:
    rate = check.overall
    if not rate.hits:
        return []
    what = [named(check, t)]
    parts = [*check.by_attribute, *([check.by_label] if check.by_label else [])]
    found = [
        [part.attribute or t("data_audit.by_label"), count(rate.hits), percent(rate.value), *_extremes(part, t)]
        for part in parts
        if any(group.hits for group in part.groups)
    ]
    return [what + row for row in found or [["–", count(rate.hits), percent(rate.value), "–", "–", "–"]]]


def _extremes(part: RatesByAttribute, t: Catalogue) -> list[str]:
    known = [group for group in part.groups if group.compared and group.n]
    if not known:
        return ["–", "–", "–"]
    low, high = (choose(known, key=lambda group: group.value or 0.0) for choose in (min, max))
    ends = [t.pair(cut(group.group or "", 40), percent(group.value)) for group in (low, high)]
    return [*ends, p_value(part.corrected_p_value, t)]


def named(check: RowCheck, t: Catalogue) -> str:
    """Name what was looked for: a column, a kind of personal data, or the check itself."""
    if check.code == "missing":
        return cut(check.about or "")
    if check.code == "personal":
        return t(f"data_audit.kind.{check.about}")
    return t(f"data_audit.check.{check.code}")


def _copies(found: DataAudit, t: Catalogue) -> str:
    facts = found.duplicates
    if facts is None:
        return ""
    says = [t("data_audit.says.copies", sets=count(facts.sets))]
    if facts.near_rows:
        says.append(t("data_audit.says.near", rows=count(facts.near_rows), share=percent(facts.near, 0)))
    if not facts.near_complete:
        says.append(t("data_audit.says.not_all"))
    if facts.training is not None:
        says.append(t("data_audit.says.training", file=facts.training, rows=count(facts.training_rows)))
    return t.sentences(*says)


def _agreement(found: DataAudit, t: Catalogue) -> Iterator[Block]:
    agreement = found.agreement
    if agreement is None:
        return
    head = [t(f"data_audit.head.{name}") for name in ("group", "rows", "differing", "alpha")]
    tables = []
    for part in agreement.by_attribute:
        rows = [
            [
                t("data_audit.everybody") if one.group is None else cut(one.group),
                count(one.rows),
                percent(one.differing / one.rows if one.rows else None),
                t(f"data_audit.undefined.{one.note}")
                if one.alpha is None
                else f"{decimal(one.alpha, 2)} ({decimal(one.lower, 2)} – {decimal(one.upper, 2)})",
            ]
            for one in (agreement.overall, *part.groups)
        ]
        tables.append(
            Table(t("data_audit.agreement_of", attribute=part.attribute), head, rows, terms=_heads(["alpha"], t))
        )
    yield _block("agreement", t, tables, people=len(agreement.annotators))


def _proxies(found: DataAudit, t: Catalogue) -> Iterator[Block]:
    if not found.proxies:
        return
    head = [t(f"data_audit.head.{name}") for name in ("by_what", "group", "rows", "auc")]
    tables = []
    for attribute in dict.fromkeys(proxy.attribute for proxy in found.proxies):
        told = [(proxy, one) for proxy in found.proxies if proxy.attribute == attribute for one in proxy.groups]
        told.sort(key=lambda item: -item[1].lower)
        rows = [
            [
                t("data_audit.words") if proxy.column is None else cut(proxy.column),
                cut(one.group),
                count(one.n),
                f"{decimal(one.auc, 2)} ({decimal(one.lower, 2)} – {decimal(one.upper, 2)})",
            ]
            for proxy, one in told
        ]
        caption = t("data_audit.proxies_of", attribute=attribute)
        tables.append(Table(caption, head, rows, texts=frozenset({1}), terms=_heads(["auc"], t)))
        words = [word for proxy in found.proxies if proxy.attribute == attribute for word in proxy.words]
        if words:
            names = [t(f"data_audit.head.{name}") for name in ("word", "group", "rows", "of_group", "of_rest")]
            lines = [
                [cut(word.word), cut(word.group), count(word.n), percent(word.share), percent(word.rest)]
                for word in words
            ]
            tables.append(Table(t("data_audit.words_of", attribute=attribute), names, lines, texts=frozenset({1})))
    yield _block("proxies", t, tables, n=found.comparisons)
