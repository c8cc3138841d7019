"""A small installed package registers an adapter, a metric, a probe, a report section and a compliance pack."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import audit

PACKAGE = Path(__file__).with_name("plugin_package")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    target = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--target"]
    subprocess.run([*command, str(target), str(PACKAGE)], check=True, capture_output=True)
    monkeypatch.syspath_prepend(str(target))
    yield target
    sys.modules.pop("fairaudit_demo_plugin", None)


def test_a_plugin_package_is_found(installed: Path, table: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    path = table(text=["a", "bb", "ccc", "dddd"], y=["yes", "yes", "no", "yes"], g=list("uuvv"))
    config = {
        "model": {"path": str(tmp_path / "model"), "task": "coin"},
        "data": {"path": str(path), "columns": {"input": "text", "label": "y"}, "positive_label": "yes"},
        "attributes": ["g"],
        "metrics": ["misses", "selection_rate"],
        "explanations": {"sample": 0},
        "probes": {"robustness": None, "adversarial": None, "own": {"doubled": {"times": 3}}},
        "frameworks": ["demo-policy"],
        "documentation": {"other": {"demo_tier": "Tier <2>"}},
        "output": {"folder": str(tmp_path / "run")},
    }
    result = audit.run(config)
    assert {m.group[0]: m.value for m in result.metrics if m.metric == "misses" and m.group} == {"u": 0.5, "v": 0.0}
    (probed,) = result.probes
    # Three more letters make an even number odd, and an odd one even.
    assert (probed.metric, probed.asked, probed.rates[0].hits) == ("probe:doubled", 4, 4)
    html = (tmp_path / "run" / "report.html").read_text()
    assert "A word from a plug-in" in html
    assert "It saw 4 decisions &lt;here&gt;." in html
    assert "Somebody wrote &lt;something&gt; down" in html
    assert "Tier &lt;2&gt;" in html
    assert html.index('id="summary"') < html.index('id="greeting"') < html.index('id="scope"')
