"""Documents for everybody: whatever is looked for in their bytes, no text, id, picture or small count is found."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from audit import run
from audit.cli import main
from audit.errors import RunFolderError
from audit.report.documents import FORMATS
from audit.store.runfolder import RunFolder
from audit.store.tables import read_table
from tests.conftest import ROOT, shared

#: So many characters of an input are found nowhere.
LONGEST = 12
LEAST = 10
PICTURE = re.compile(r"data:image/\w+;base64")
#: Files whose words the tool says of itself.
OWN = {".py", ".j2", ".json", ".yaml", ".js", ".css", ".html"}
ESCAPES = {"&#39;": "'", "&#34;": '"', "&quot;": '"', "&lt;": "<", "&gt;": ">", "&amp;": "&"}


def unpacked(content: bytes) -> Iterator[bytes]:
    """What a file holds, and what lies packed in it."""
    yield content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from unpacked(archive.read(name))
    if content[:2] == b"\x1f\x8b":
        yield from unpacked(gzip.decompress(content))
    for island in re.findall(rb"[A-Za-z0-9+/]{200,}={0,2}", content):
        try:
            inner = base64.b64decode(island, validate=True)
        except ValueError:
            continue
        if inner[:2] in {b"\x1f\x8b", b"PK"}:
            yield from unpacked(inner)


def said_in(folder: Path) -> dict[str, str]:
    """File -> all text in it, as it is and with escapes taken back."""
    found = {}
    for path in sorted(folder.iterdir()):
        texts = [content.decode("utf-8", "ignore") for content in unpacked(path.read_bytes())]
        # Plotly's own source is nobody's text.
        texts = [text for text in texts if "plotly.js v" not in text[:200]]
        whole = "\n".join(texts)
        for escape, plain in (
            ("&#39;", "'"),
            ("&#34;", '"'),
            ("&quot;", '"'),
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&amp;", "&"),
        ):
            whole = whole.replace(escape, plain)
        found[path.name] = whole
    return found


def pieces(text: str) -> Iterator[str]:
    """Every run of so many characters."""
    return (text[at : at + LONGEST] for at in range(len(text) - LONGEST + 1))


def small_counts(part: Any, where: str = "") -> Iterator[str]:
    """Counts of decisions from one to nine, wherever they stand in a public result."""
    counts = {"n", "selected", "flips", "flagged", "support", "n_labelled", "low_n", "high_n", "reference_n",
              "to_positive", "to_negative", "explained", "weak", "unexplained", "reference_selected", "hits",
              "in_sample", "members", "held_out", "rows"}  # fmt: skip
    if isinstance(part, dict):
        for key, value in part.items():
            of_class = where.endswith(("/by_label", "/by_prediction", "/labels", "/predictions"))
            if (key in counts or of_class) and isinstance(value, int) and 0 < value < LEAST:
                yield f"{where}/{key}: {value}"
            # Steps count rules as well, and are made of what is told alone.
            yield from small_counts(value, f"{where}/{key}") if key != "next_steps" else ()
    elif isinstance(part, list):
        for at, item in enumerate(part):
            yield from small_counts(item, f"{where}/{at}")


def published(folder: Path, *formats: str) -> Path:
    """Documents of a run folder for everybody."""
    asked = [word for code in formats for word in ("--format", code)]
    done = CliRunner().invoke(main, ["report", str(folder), "--audience", "public", *asked], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return folder / "public"


@pytest.fixture(scope="module")
def hatecheck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of some hundred sentences with everything that shows texts."""
    folder = tmp_path_factory.mktemp("hatecheck")
    cases = pd.read_csv(shared("data", "hatecheck_test_suite_cases.csv"))
    table = cases.sample(360, random_state=3)
    table["case_id"] = [f"case-{at:05d}-of-the-house" for at in range(len(table))]
    table.to_csv(folder / "the_file_of_the_house.csv", index=False)
    members = cases.drop(table.index).sample(80, random_state=3)
    members["case_id"] = [f"member-{at:05d}-of-the-house" for at in range(len(members))]
    members.to_csv(folder / "the_file_of_the_house_of_members.csv", index=False)
    config = {
        "model": {"path": str(shared("models", "minilm-toxicity"))},
        "data": {
            "path": str(folder / "the_file_of_the_house.csv"),
            "columns": {"input": "test_case", "label": "label_gold", "id": "case_id"},
            "label_map": {"hateful": "toxic", "non-hateful": "acceptable"},
            "positive_label": "toxic",
        },
        "attributes": [{"column": "target_ident", "name": "target"}, {"column": "direction"}],
        "crossings": [["target", "direction"]],
        "exchange": {"shown": 6},
        "explanations": {"sample": 16, "most_flagged": 6, "shown": 12, "sanity": 2},
        "gaps": {"sample": 40},
        "data_audit": {},
        "probes": {
            "sample": 40,
            "adversarial": None,
            "robustness": {"transforms": ["keyboard", "swapped_letters"], "severities": [1]},
            "membership": {"members": str(folder / "the_file_of_the_house_of_members.csv")},
        },
        "deployment": {"decisions_per_year": 100_000, "positive_is": "burden"},
        "remedies": {"attributes": ["direction"], "frontier": 0},
        "scorecard": {},
        "policy": {"presets": ["four-fifths", "equalized-odds"]},
        "output": {"folder": str(folder / "run")},
    }
    run(config)
    return folder / "run"


def squeezed(text: str) -> str:
    """Text without spaces and line breaks: a page breaks its lines where it likes."""
    return "".join(text.split())


def check_that_no_input_is_told(hatecheck: Path, words: dict[str, str], of: Callable[[str], str] = str) -> None:
    """Look for texts and ids of the audit in public documents; `of` is what is done to all that is compared."""
    table = pd.concat([pd.read_csv(path) for path in hatecheck.parent.glob("the_file_of_the_house*.csv")])
    # What the documents say of every audit, they say of one without any text, too.
    sources = [path for room in ("audit", "reports") for path in (ROOT / room).rglob("*.*") if path.suffix in OWN]
    house = of("\n".join(path.read_text(encoding="utf-8") for path in sources))
    wanted = {piece for case in table.test_case for piece in pieces(of(case))}
    told = json.loads((hatecheck / "public" / "result.json").read_text())
    groups = {value for slicing in told["slicings"] for group in slicing["groups"] for value in group["values"]}
    for name, whole in words.items():
        # Texts name groups as the data does, and groups are told.
        names = sorted(map(of, groups), key=len, reverse=True)
        text = re.sub("|".join(map(re.escape, names)), "\n", of(whole))
        found = {piece for piece in pieces(text) if piece in wanted and piece not in house}
        assert not found, f"{name} holds {sorted(found)[:5]}"
        assert "of-the-house" not in text
        assert "the_file_of_the_house" not in text
        assert "test_case" not in text


def printed(folder: Path) -> PdfReader:
    """The public PDF of a run folder."""
    return PdfReader(published(folder, "pdf") / "report.pdf")


def said_on(document: PdfReader) -> dict[str, str]:
    """Page -> its text; and what the file says beside its pages."""
    beside = [*(document.metadata or {}).values(), document.outline]
    pages = {f"page {number}": page.extract_text() for number, page in enumerate(document.pages, 1)}
    return pages | {"beside the pages": "\n".join(map(str, beside))}


def test_no_text_and_no_id_of_hatecheck_is_public(hatecheck: Path) -> None:
    assert read_table(RunFolder(hatecheck).inputs).num_rows, "nothing to look for"
    check_that_no_input_is_told(hatecheck, said_in(published(hatecheck, *[code for code in FORMATS if code != "pdf"])))


@pytest.mark.browser
def test_no_text_and_no_id_of_hatecheck_is_printed(hatecheck: Path, browser: Any) -> None:
    words = said_on(printed(hatecheck))
    assert len(words) > 5
    check_that_no_input_is_told(hatecheck, words, squeezed)
    # Texts of the audit would be found: the internal page has them.
    table = pd.read_csv(hatecheck.parent / "the_file_of_the_house.csv")
    texts = {squeezed(case) for case in table.test_case}
    internal = squeezed((hatecheck / "report.html").read_text(encoding="utf-8"))
    assert any(text in internal for text in texts)


def test_no_count_of_hatecheck_is_small(hatecheck: Path) -> None:
    told = json.loads((published(hatecheck, "csv") / "result.json").read_text())
    assert not list(small_counts(told))
    internal = json.loads((hatecheck / "result.json").read_text())
    assert list(small_counts(internal)), "nothing to suppress"


def test_what_was_measured_beside_fairness_is_told_without_small_counts(hatecheck: Path) -> None:
    """Lines of the summary and sheets of the workbook: what the public may not read has none."""
    from openpyxl import load_workbook

    public = published(hatecheck, "md", "xlsx", "modelcard")
    summary = (public / "summary.md").read_text()
    assert "**Dimensions of risk**" in summary and "**The data themselves**" not in summary
    assert "**The data themselves**" in (hatecheck / "summary.md").read_text()
    book = load_workbook(public / "tables.xlsx")
    hidden = {"Data checks", "What tells the group", "Membership", "Members named", "Thresholds by group", "Remedies"}
    assert not hidden & set(book.sheetnames) and "Dimensions of risk" in book.sheetnames
    counts = {"Decisions", "Altered", "Flagged", "In the sample", "Selected", "Members", "Other rows", "Rows found"}
    for sheet in book:
        head, *rows = sheet.iter_rows(values_only=True)
        found = {cell for row in rows for name, cell in zip(head, row, strict=True) if name in counts}
        assert not found & set(range(1, LEAST)), sheet.title


def test_internal_documents_stay_as_they_were(hatecheck: Path) -> None:
    before = {path.name: path.read_bytes() for path in hatecheck.iterdir() if path.is_file()}
    published(hatecheck, "html", "md")
    assert {path.name: path.read_bytes() for path in hatecheck.iterdir() if path.is_file()} == before


def test_a_run_folder_is_not_written_over(hatecheck: Path) -> None:
    done = CliRunner().invoke(main, ["report", str(hatecheck), "--audience", "public", "--out", str(hatecheck)])
    assert isinstance(done.exception, RunFolderError)
    assert "its documents are internal" in str(done.exception)


@pytest.fixture(scope="module")
def lesions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of the sample of drawn lesions."""
    out = tmp_path_factory.mktemp("lesions") / "run"
    sample = ROOT / "sample_data" / "lesions" / "audit.yaml"
    small = ("explanations.sample=12", "explanations.most_flagged=4", "explanations.sanity=2", "gaps.sample=24")
    arguments = [word for value in small for word in ("--set", value)]
    done = CliRunner().invoke(main, ["run", str(sample), "--out", str(out), "--quiet", *arguments])
    assert done.exit_code == 0, done.output
    return out


def test_no_picture_is_public(lesions: Path) -> None:
    """Thumbnails and ids."""
    kept = read_table(RunFolder(lesions).inputs).to_pylist()
    internal = (lesions / "report.html").read_text(encoding="utf-8")
    assert PICTURE.search(internal)
    for name, text in said_in(published(lesions, *[code for code in FORMATS if code != "pdf"])).items():
        assert not PICTURE.search(text), name
        for row in kept:
            # The ids of this sample are names of cells as well; those of sentences are looked for in sheets, too.
            own = re.search(rf"\b{re.escape(row['row_id'])}\b", text) if not name.endswith(".xlsx") else None
            assert own is None, f"{name} holds the id {row['row_id']}"
            for picture in (row["image"], row["exchanged"]):
                if picture is not None:
                    assert base64.b64encode(picture)[:200].decode() not in text, name


@pytest.mark.browser
def test_no_picture_is_printed(lesions: Path, browser: Any) -> None:
    kept = read_table(RunFolder(lesions).inputs).to_pylist()
    document = printed(lesions)
    assert not any(len(page.images) for page in document.pages)
    for name, text in said_on(document).items():
        for row in kept:
            assert not re.search(rf"\b{re.escape(row['row_id'])}\b", text), f"{name} holds the id {row['row_id']}"
