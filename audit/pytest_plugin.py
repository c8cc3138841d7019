"""Fairness as tests that read like sentences.

    def test_the_screener_treats_women_and_men_alike(fairness_of):
        screener = fairness_of("audit.yaml")
        screener.keeps("true_positive_rate", within=0.1, over="gender")
        screener.keeps_ratio("selection_rate", at_least=0.8, over="gender")
        screener.has_not_worsened("false_negative_rate", by=0.02, since="baseline.json")
        screener.holds_its_policy()

`fairness_of` runs a configuration once per session, or reads a finished run folder. An assertion fails where the gate
would; where there is too little evidence, `--fairaudit-inconclusive` says whether the test is skipped (the default),
fails, or passes. Each call is a policy of its own: several rules that should share one level of error belong into the
policy of the configuration.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from audit.config import PolicyConfig
    from audit.result import AuditResult

Over = str | tuple[str | tuple[str, ...], ...]


@dataclass(frozen=True)
class Fairness:
    """A finished audit, to assert on.

    Attributes
    ----------
    result
        What `result.json` holds.
    folder
        The run folder.
    """

    result: AuditResult
    folder: Path
    on_inconclusive: str = "skip"

    def keeps(self, metric: str, *, within: float, over: Over = (), **rule: Any) -> None:
        """Assert that the difference of a metric between groups stays within a limit."""
        self._judge({"metric": metric, "limit": within, "over": over, **rule})

    def keeps_ratio(self, metric: str, *, at_least: float, over: Over = (), **rule: Any) -> None:
        """Assert that the ratio of a metric between groups is at least so much."""
        self._judge({"metric": metric, "at_least": at_least, "over": over, **rule})

    def has_not_worsened(
        self, metric: str, *, by: float, since: str | Path, over: Over = (), other_rows: bool = False, **rule: Any
    ) -> None:
        """Assert that no group's metric is worse than in a baseline by more than a margin."""
        from audit.policy.baseline import load_baseline
        from audit.policy.comparison import compare_runs
        from audit.store.runfolder import RunFolder

        decisions = RunFolder(self.folder).decisions
        comparison = compare_runs(self.result, decisions, load_baseline(Path(since)), other_rows=other_rows)
        result = self.result.model_copy(update={"comparison": comparison})
        self._judge({"metric": metric, "margin": by, "over": over, **rule}, result)

    def holds(self, preset: str) -> None:
        """Assert that a preset (`four-fifths`, `equalized-odds`, `ll144`) does not fail, warnings included."""
        from audit.policy.rules import is_excused, preset_rule

        rule = preset_rule(preset, excused=is_excused(self.result.config))
        self._judge(rule.model_dump() | {"severity": "error", "name": preset})

    def holds_its_policy(self) -> None:
        """Assert that the policy of the configuration does not fail."""
        from audit.config import PolicyConfig

        self._assert(PolicyConfig.model_validate(self.result.config["policy"]), self.result)

    def _judge(self, rule: dict[str, Any], result: AuditResult | None = None) -> None:
        from audit.config import PolicyConfig

        over = rule["over"]
        rule = rule | {"over": (over,) if isinstance(over, str) else over}
        self._assert(PolicyConfig.model_validate({"rules": [rule]}), result or self.result)

    def _assert(self, policy: PolicyConfig, result: AuditResult) -> None:
        from audit.policy.judge import judge
        from audit.report.verdicts import mark, sentence, why, worst_first
        from audit.report.wording import Catalogue

        __tracebackhide__ = True
        judgement, t = judge(result, policy), Catalogue.of(result)
        shown = [
            t("verdict.said", verdict=mark(r, t), said=sentence(r, t))
            for r in worst_first(judgement.rules)
            if r.status != "pass"
        ]
        message = "\n".join([why(judgement, t), *shown])
        if judgement.status == "fail":
            pytest.fail(message, pytrace=False)
        if judgement.status != "pass" and self.on_inconclusive == "fail":
            pytest.fail(message, pytrace=False)
        if judgement.status != "pass" and self.on_inconclusive == "skip":
            pytest.skip(message)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--fairaudit-inconclusive`."""
    parser.getgroup("fairaudit").addoption(
        "--fairaudit-inconclusive",
        choices=("skip", "fail", "pass"),
        default="skip",
        help="What a fairness assertion does when there is too little evidence either way.",
    )


@pytest.fixture(scope="session")
def fairness_of(pytestconfig: pytest.Config) -> Iterator[Callable[[str | Path], Fairness]]:
    """Audit a configuration (once per session), or read a run folder, and assert on what was found."""
    from audit.config import load_config
    from audit.pipeline.run import run
    from audit.store.runfolder import RunFolder

    done: dict[Path, Fairness] = {}
    inconclusive = str(pytestconfig.getoption("--fairaudit-inconclusive"))
    with tempfile.TemporaryDirectory(prefix="fairaudit-") as temporary:

        def of(source: str | Path) -> Fairness:
            path = Path(source).resolve()
            if path not in done:
                if path.is_dir():
                    done[path] = Fairness(RunFolder(path).read_result(), path, inconclusive)
                else:
                    folder = Path(temporary) / str(len(done))
                    settings = load_config(path)
                    output = settings.output.model_copy(update={"folder": folder})
                    done[path] = Fairness(run(settings.model_copy(update={"output": output})), folder, inconclusive)
            return done[path]

        yield of
