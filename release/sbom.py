"""The software bill of materials of this package itself: CycloneDX, from what is installed here.

It names what the package needs, and what that needs, in the versions of this environment (`constraints.txt`), with
licences as their authors declare them. It follows from the wheel and the environment alone, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from audit import __version__
from release.found import Wrong
from release.wheels import epoch

NAME = "fairaudit"


def check(out: Path) -> str:
    """Write the bill beside the wheel, if there is one, and validate it."""
    wheels = sorted(out.glob(f"{NAME}-{__version__}-*.whl"))
    bill = bill_of(wheels[0] if wheels else None)
    path = out / f"{NAME}-{__version__}.cdx.json"
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(bill, encoding="utf-8")
    return f"{path.name}: {len(json.loads(bill)['components'])} components, valid"


def bill_of(wheel: Path | None) -> str:
    """Make the bill.

    Raises
    ------
    Wrong
        If a requirement is not installed, or the bill is not valid.
    """
    found = _closure(NAME)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest() if wheel else None
    graph = {name: sorted(_requirements(one) & found.keys()) for name, one in found.items()}
    identity = json.dumps([digest, [[name, one.version] for name, one in sorted(found.items())]])
    subject = _component(found[NAME], "application")
    subject["version"] = __version__
    subject["purl"] = subject["bom-ref"] = f"pkg:pypi/{NAME}@{__version__}"
    if digest:
        subject["hashes"] = [{"alg": "SHA-256", "content": digest}]
    others = {name: one for name, one in sorted(found.items()) if name != NAME}
    refs = {name: _purl(one) for name, one in others.items()} | {NAME: subject["bom-ref"]}
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, identity)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(int(epoch()), UTC).isoformat(),
            "component": subject,
        },
        "components": [_component(one, "library") for one in others.values()],
        "dependencies": [
            {"ref": refs[name], "dependsOn": [refs[needed] for needed in graph[name]]} for name in sorted(found)
        ],
    }
    text = json.dumps(bill, indent=2, ensure_ascii=False) + "\n"
    if problem := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise Wrong(f"the bill is not valid CycloneDX: {problem}")
    return text


def _closure(name: str) -> dict[str, Distribution]:
    """Everything that a package needs, by normalised name."""
    found: dict[str, Distribution] = {}
    asked = [name]
    while asked:
        name = canonicalize_name(asked.pop())
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            raise Wrong(f"{name} is needed and not installed: make setup") from None
        asked += _requirements(found[name])
    return found


def _requirements(one: Distribution) -> set[str]:
    """Names of what a package needs here, extras left out."""
    asked = [Requirement(text) for text in one.requires or []]
    return {canonicalize_name(r.name) for r in asked if r.marker is None or r.marker.evaluate({"extra": ""})}


def _component(one: Distribution, kind: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": kind,
        "bom-ref": _purl(one),
        "name": one.metadata["Name"],
        "version": one.version,
        "purl": _purl(one),
    }
    if summary := one.metadata.get("Summary"):
        made["description"] = summary
    if licences := _licences(one):
        made["licenses"] = licences
    return made


def _purl(one: Distribution) -> str:
    return f"pkg:pypi/{canonicalize_name(one.metadata['Name'])}@{one.version.replace('+', '%2B')}"


def _licences(one: Distribution) -> list[dict[str, Any]]:
    """Licences as declared: an SPDX expression, or else a name."""
    if expression := one.metadata.get("License-Expression"):
        return [{"expression": expression}]
    classifiers = one.metadata.get_all("Classifier") or []
    named = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License :: ")]
    # Some put the whole text of the licence into this field.
    short = re.sub(r"\s+", " ", one.metadata.get("License") or "").strip()
    if not named and 0 < len(short) <= 100:
        named = [short]
    return [{"license": {"name": name}} for name in named]
