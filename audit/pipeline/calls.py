"""What the commands on a finished audit do, as calls: the command line and notebooks go through the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.config import AuditConfig, PolicyConfig, load_config, load_policy, load_waivers, parse_config
from audit.errors import ConfigError, ExitCode
from audit.findings.join import with_findings
from audit.policy.baseline import load_baseline
from audit.policy.exits import exit_code
from audit.policy.judge import judge
from audit.policy.location import locate_rules
from audit.result import AuditResult, Comparison, DecisionSheet, Judgement
from audit.store.runfolder import RunFolder

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Run:
    """A finished audit and the folder that it lies in.

    Attributes
    ----------
    folder
        The run folder.
    result
        What `result.json` holds.
    """

    folder: Path
    result: AuditResult

    @property
    def report(self) -> Path:
        """Where the report lies."""
        return self.folder / "report.html"

    @property
    def store(self) -> RunFolder:
        """The files of the folder."""
        return RunFolder(self.folder)

    def metrics_frame(self) -> pd.DataFrame:
        """See `AuditResult.metrics_frame`."""
        return self.result.metrics_frame()

    def disparities_frame(self) -> pd.DataFrame:
        """See `AuditResult.disparities_frame`."""
        return self.result.disparities_frame()

    def flags_frame(self) -> pd.DataFrame:
        """See `AuditResult.flags_frame`."""
        return self.result.flags_frame()

    def flagged_frame(self) -> pd.DataFrame:
        """One row for each flagged decision, worst first, as `flagged.jsonl` holds it."""
        import pandas as pd

        return pd.DataFrame(list(self.store.read_flagged()))

    def decisions_frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """One row for each decision, as `decisions.parquet` holds it.

        Parameters
        ----------
        columns
            Default: all.
        """
        import pandas as pd

        return pd.read_parquet(self.store.decisions, columns=None if columns is None else list(columns))

    def gate(self, **how: Any) -> Verdict:
        """See `audit.gate`."""
        return gate(self, **how)

    def compare(self, baseline: Run | Path | str, *, other_rows: bool = False) -> Comparison:
        """Hold it against an earlier audit; see `audit.compare`."""
        return compare(baseline, self, other_rows=other_rows)

    def explain(self, row: str, **how: Any) -> DecisionSheet:
        """See `audit.explain`."""
        return explain(self, row, **how)

    def _repr_html_(self) -> str:
        from audit.report.notebook import first_screen

        return first_screen(self.result, report=self.report)


@dataclass(frozen=True)
class Verdict:
    """What `audit.gate` says.

    Attributes
    ----------
    result
        The result with this judgement, and with the comparison if there is a baseline.
    judgement
        The verdict on every rule, and on all.
    exit_code
        What the command exits with.
    """

    result: AuditResult
    judgement: Judgement
    exit_code: ExitCode

    @property
    def status(self) -> str:
        """`pass`, `fail`, `inconclusive` or `undefined`."""
        return self.judgement.status

    @property
    def passed(self) -> bool:
        """Whether the command exits with 0."""
        return self.exit_code == ExitCode.PASSED

    def _repr_html_(self) -> str:
        from audit.report.notebook import first_screen

        return first_screen(self.result)


def open_run(folder: Run | Path | str) -> Run:
    """Open a finished audit: `audit.open("runs/toxicity")`.

    Raises
    ------
    RunFolderError
        If there is none, or a file is not what the audit wrote.
    """
    if isinstance(folder, Run):
        return folder
    path = Path(folder)
    return Run(path, RunFolder(path).read_result())


def policy_of(
    run: Run,
    policy: PolicyConfig | Path | str | None = None,
    waivers: Path | str | None = None,
    on_inconclusive: str | None = None,
) -> PolicyConfig:
    """Read what a run is judged by: its own policy unless another is given."""
    if isinstance(policy, PolicyConfig):
        rules = policy
    else:
        rules = load_policy(policy) if policy else PolicyConfig.model_validate(run.result.config["policy"])
    if waivers:
        rules = rules.model_copy(update={"waivers": (*rules.waivers, *load_waivers(waivers))})
    if on_inconclusive:
        rules = PolicyConfig.model_validate(rules.model_dump() | {"on_inconclusive": on_inconclusive})
    return rules


def gate(
    run: Run | Path | str,
    *,
    policy: PolicyConfig | Path | str | None = None,
    waivers: Path | str | None = None,
    baseline: Run | Path | str | None = None,
    other_rows: bool = False,
    on_inconclusive: str | None = None,
) -> Verdict:
    """Judge a finished audit by a policy, as the command `audit gate` does.

    Parameters
    ----------
    policy
        File with a policy, or one that was read; default: the policy of the audit.
    waivers
        File with the key `waivers`, added to the policy's.
    baseline
        Run, run folder or baseline file to compare with.
    other_rows
        The baseline is of other rows: compare as independent samples.
    on_inconclusive
        What an undecided rule does, instead of the policy: `pass`, `warn` or `fail`.

    Raises
    ------
    AuditError
        Without a policy, for rules that this audit cannot answer, and for what cannot be compared.
    """
    opened = open_run(run)
    result, rules = opened.result, policy_of(opened, policy, waivers, on_inconclusive)
    if not rules.rules and not rules.presets:
        raise ConfigError("the audit has no policy", where=str(opened.folder), hint="give one with --policy")
    if policy and not isinstance(policy, PolicyConfig):
        result = result.model_copy(update={"policy_source": locate_rules(Path(policy), rules, ())})
    if baseline:
        # Judging alone loads no library of statistics.
        from audit.policy.comparison import compare_runs

        reference = load_baseline(_path(baseline))
        comparison = compare_runs(result, opened.store.decisions, reference, other_rows=other_rows)
        result = result.model_copy(update={"comparison": comparison})
    judgement = judge(result, rules)
    judged = with_findings(result.model_copy(update={"judgement": judgement}), opened.store.read_flagged())
    return Verdict(judged, judgement, exit_code(judgement.status, judgement.on_inconclusive))


def compare(baseline: Run | Path | str, candidate: Run | Path | str, *, other_rows: bool = False) -> Comparison:
    """Hold an audit against an earlier one, as the command `audit compare` does.

    Parameters
    ----------
    baseline
        Run, run folder or baseline file.
    candidate
        Run or run folder.
    other_rows
        The two are of other rows: compare as independent samples.

    Raises
    ------
    AuditError
        If the two cannot be compared, with the difference named.
    """
    from audit.pipeline.versions import compare_versions

    opened = open_run(candidate)
    return compare_versions(opened.result, opened.store, load_baseline(_path(baseline)), other_rows=other_rows)


def explain(
    run: Run | Path | str,
    row: str,
    *,
    config: AuditConfig | Path | str | dict[str, Any] | None = None,
    methods: Sequence[str] = (),
) -> DecisionSheet:
    """Make the decision sheet of one row, as the command `audit explain` does.

    Parameters
    ----------
    row
        Id of the row, or what the report calls the decision.
    config
        The audit's configuration: explains rows that the run did not, with the model.
    methods
        Other methods beside integrated gradients: `input_x_gradient`, `occlusion`, `shapley`; with `config` alone.

    Raises
    ------
    AuditError
        If there is no such row, or it cannot be explained.
    """
    from audit.explain.sheet import fresh_sheet, stored_sheet

    if methods and config is None:
        raise ConfigError("--method runs the model, so it needs --config", hint="the audit.yaml of this run")
    opened = open_run(run)
    if config is None:
        return stored_sheet(opened.store, opened.result, row)
    if isinstance(config, dict):
        config = parse_config(config)
    elif not isinstance(config, AuditConfig):
        config = load_config(config)
    return fresh_sheet(opened.store, opened.result, config, row, methods)


def _path(run: Run | Path | str) -> Path:
    return run.folder if isinstance(run, Run) else Path(run)
