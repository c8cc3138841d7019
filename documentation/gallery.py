"""`python -m documentation.gallery`: audit real data anew; reports for everybody go to `docs/gallery/reports`.

Data and models lie in the folder `shared` beside the repository, and do not travel with it. What is committed is the
configuration, the page, and the report for the public: no texts, rows or pictures, and no count under ten.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from audit.cli import call
from audit.errors import ExitCode
from documentation.stage import DOCS, ROOT

SHARED = ROOT.parent / "shared"
#: What each audit reads of the shared folder, beside its configuration.
READS: dict[str, tuple[str, ...]] = {
    "berkeley": ("data/UCBAdmissions.csv",),
    "compas": ("data/compas-scores-two-years.csv",),
    "hiring": ("data/gpt_hiring_rankings.csv.gz",),
    "wnut17": ("data/wnut17_test.jsonl",),
    "faces": ("data/fairface_540.parquet", "models/resnet-adult-fairface"),
    "cold": ("data/cold_zh_test.csv", "models/bert-cold-zh"),
    "hatecheck": ("data/hatecheck_test_suite_cases.csv", "models/minilm-toxicity"),
}


def audit(name: str, folder: Path) -> Path:
    """Audit one, and return the report for everybody.

    Parameters
    ----------
    name
        One of `READS`.
    folder
        A folder of its own, which is made anew.

    Raises
    ------
    RuntimeError
        If a command fails; it has said why.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(DOCS / "gallery" / f"{name}.yaml", folder / "audit.yaml")
    for read in READS[name]:
        (folder / Path(read).name).symlink_to((SHARED / read).resolve())
    run = folder / "run"
    for command in (
        ["run", str(folder / "audit.yaml"), "--quiet"],
        ["verify", str(run)],
        ["report", str(run), "--format", "html", "--audience", "public", "--out", str(folder / "public")],
    ):
        if call(command) != ExitCode.PASSED:
            raise RuntimeError(f"{name}: audit {command[0]} failed")
    return folder / "public" / "report.html"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", default=list(READS), metavar="NAME", help=f"of {', '.join(READS)}; default: all"
    )
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "gallery", help="where the runs lie")
    given = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"there is no {SHARED}: data and models of the gallery do not travel with the repository")
    for name in given.names:
        report = audit(name, given.work / name)
        target = DOCS / "gallery" / "reports" / f"{name}.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(report, target)
        sys.stdout.write(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1e6:.1f} MB\n")
