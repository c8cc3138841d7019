"""`audit gate`."""

from __future__ import annotations

from pathlib import Path

import click

from audit.errors import ExitCode


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--policy", type=click.Path(path_type=Path), help="Policy file; default: the policy of the audit.")
@click.option(
    "--on-inconclusive",
    type=click.Choice(["pass", "warn", "fail"]),
    help="What an undecided rule does, instead of the policy.",
)
def gate(folder: Path, policy: Path | None, on_inconclusive: str | None) -> ExitCode:
    """Judge the run folder RUN by its policy, and exit with the verdict.

    0: no rule of severity error failed. 1: one did. 3: inconclusive or nothing evaluated, where the policy fails that.
    """
    from audit.config import PolicyConfig, load_policy
    from audit.errors import ConfigError
    from audit.policy.judge import judge
    from audit.report.markdown import render_judgement
    from audit.report.wording import Catalogue
    from audit.runfolder import RunFolder

    result = RunFolder(folder).read_result()
    rules = load_policy(policy) if policy else PolicyConfig.model_validate(result.config["policy"])
    if on_inconclusive:
        rules = PolicyConfig.model_validate(rules.model_dump() | {"on_inconclusive": on_inconclusive})
    if not rules.rules and not rules.presets:
        raise ConfigError("the audit has no policy", where=str(folder), hint="give one with --policy")
    judgement = judge(result, rules)
    click.echo("\n".join(render_judgement(judgement, Catalogue())))
    return exit_code(judgement.status, judgement.on_inconclusive)


def exit_code(status: str, on_inconclusive: str) -> ExitCode:
    """Turn a verdict into an exit code. Nothing evaluated never passes."""
    if status == "fail":
        return ExitCode.GATE_FAILED
    if status == "undefined" or (status == "inconclusive" and on_inconclusive == "fail"):
        return ExitCode.INCONCLUSIVE
    return ExitCode.PASSED
