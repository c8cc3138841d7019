"""Section 16: who answers for the audit, with lines to sign where nobody has."""

from __future__ import annotations

from typing import Any

from audit.report.sections import Section
from audit.report.view import View
from audit.store.files import sha256

#: Who is asked to sign by hand where the configuration names nobody.
NOBODY = ({"role": "", "name": "", "date": None, "statement": ""},)


def build(view: View) -> dict[str, Any]:
    """Collect who signs, and what it is that they sign."""
    config = view.result.config
    return {
        "people": config["sign_off"] or NOBODY,
        "signed": bool(config["sign_off"]),
        "appeal": config["appeal_route"],
        "made": view.result.timings.finished[:10],
        "result": sha256(view.folder.result),
    }


def conclude(view: View) -> str:
    """Say who signs, and how many lines wait for it."""
    people = view.result.config["sign_off"]
    signed = [view.t.aside(person["name"], person["role"]) for person in people if person["name"] and person["date"]]
    open_ = len(people) - len(signed)
    return view.t.sentences(
        view.t("conclusion.sign_off", people=view.t.listed(signed)) if signed else view.t("conclusion.sign_off.nobody"),
        view.t("conclusion.sign_off.open", n=open_) if open_ else "",
    )


SECTION = Section("sign_off", 160, build, conclude=conclude, noisy=True)
