"""`gl-code-quality-report.json`: what `audit.sarif` says, in the format that GitLab shows in merge requests.

Only what is to be mended or known: verdicts that are no pass, and findings. Waived failures are left out, as GitLab
knows no suppression, and so are single decisions, for a merge request is read by more people than the data.
"""

from __future__ import annotations

import json
from urllib.parse import unquote

from audit.report.sarif import render_sarif
from audit.report.wording import Catalogue
from audit.result import AuditResult

SEVERITIES = {"error": "critical", "warning": "major", "note": "info"}


def render_code_quality(result: AuditResult, t: Catalogue) -> str:
    """Render verdicts and findings as issues."""
    issues = []
    for found in json.loads(render_sarif(result, t))["runs"][0]["results"]:
        if "suppressions" in found:
            continue
        place = found["locations"][0]["physicalLocation"]
        # SARIF escapes brackets, which it reads as links; here they are brackets.
        text = found["message"]["text"].replace("\\[", "[").replace("\\]", "]").replace("\\\\", "\\")
        issues.append(
            {
                "description": text,
                "check_name": found["ruleId"],
                "fingerprint": found["partialFingerprints"]["fairaudit/v1"],
                "severity": SEVERITIES[found["level"]],
                "location": {
                    "path": unquote(place["artifactLocation"]["uri"]).removeprefix("./"),
                    "lines": {"begin": place.get("region", {}).get("startLine", 1)},
                },
            }
        )
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"
