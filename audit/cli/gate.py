"""`audit gate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli.options import language, printed
from audit.cli.printing import print_audit
from audit.errors import ExitCode

if TYPE_CHECKING:
    from audit.config import PolicyConfig


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--policy", type=click.Path(path_type=Path), help="Policy file; default: the policy of the audit.")
@click.option("--waivers", type=click.Path(path_type=Path), help="File with the key waivers, added to the policy's.")
@click.option("--baseline", type=click.Path(path_type=Path), help="Run folder or baseline file to compare with.")
@click.option("--other-rows", is_flag=True, help="The baseline is of other rows: compare as independent samples.")
@click.option(
    "--save-baseline", type=click.Path(path_type=Path), help="Write what a later audit is compared with, and judge."
)
@click.option(
    "--on-inconclusive",
    type=click.Choice(["pass", "warn", "fail"]),
    help="What an undecided rule does, instead of the policy.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for report, summary, JUnit and SARIF of this verdict."
)
@language
@printed
def gate(
    folder: Path,
    policy: Path | None,
    waivers: Path | None,
    baseline: Path | None,
    other_rows: bool,
    save_baseline: Path | None,
    on_inconclusive: str | None,
    out: Path | None,
    lang: str | None,
    kind: str,
) -> ExitCode:
    """Judge the run folder RUN by its policy, and exit with the verdict.

    0: no rule of severity error failed. 1: one did. 3: inconclusive or nothing evaluated, where the policy fails that.
    """
    from audit.config import PolicyConfig, load_policy
    from audit.errors import ConfigError
    from audit.findings.join import conclude
    from audit.policy.judge import judge
    from audit.policy.location import locate_rules
    from audit.say import say
    from audit.store.runfolder import RunFolder

    if out and out.exists() and folder.exists() and out.samefile(folder):
        raise ConfigError(
            "--out is the run folder itself, whose documents tell the audit's own verdict",
            where=str(out),
            hint="name another folder",
        )
    place = RunFolder(folder)
    result = place.read_result()
    rules = load_policy(policy) if policy else PolicyConfig.model_validate(result.config["policy"])
    if waivers:
        rules = _with_waivers(rules, waivers)
    if on_inconclusive:
        rules = PolicyConfig.model_validate(rules.model_dump() | {"on_inconclusive": on_inconclusive})
    if save_baseline:
        from audit.policy.baseline import save_baseline as save

        save(result, save_baseline)
        say(f"baseline: {save_baseline}", err=kind != "text")
    if not rules.rules and not rules.presets:
        if save_baseline:
            return ExitCode.PASSED
        raise ConfigError("the audit has no policy", where=str(folder), hint="give one with --policy")
    if policy:
        result = result.model_copy(update={"policy_source": locate_rules(policy, rules, ())})
    if baseline:
        from audit.policy.baseline import load_baseline
        from audit.policy.comparison import compare_runs

        comparison = compare_runs(result, place.decisions, load_baseline(baseline), other_rows=other_rows)
        result = result.model_copy(update={"comparison": comparison})
        if all(rule.margin is None for rule in rules.rules):
            say("note: no rule has a `margin`, so the baseline decided nothing", err=True)
    judgement = judge(result, rules)
    judged = conclude(result.model_copy(update={"judgement": judgement}), place.read_flagged())
    written: list[str] = []
    if out:
        from audit.report.documents import Telling
        from audit.report.write import write_documents

        written = write_documents(Telling(place, judged, lang), out=out)
    code = exit_code(judgement.status, judgement.on_inconclusive)
    report = out / "report.html" if out else None
    print_audit(kind, judged, lang, run=folder, report=report, code=code, gate=True)
    if out:
        say(f"written: {', '.join(str(out / name) for name in written)}", err=kind != "text")
    return code


def _with_waivers(policy: PolicyConfig, path: Path) -> PolicyConfig:
    from audit.config import load_waivers

    return policy.model_copy(update={"waivers": (*policy.waivers, *load_waivers(path))})


def exit_code(status: str, on_inconclusive: str) -> ExitCode:
    """Turn a verdict into an exit code. Nothing evaluated never passes."""
    if status == "fail":
        return ExitCode.GATE_FAILED
    if status == "undefined" or (status == "inconclusive" and on_inconclusive == "fail"):
        return ExitCode.INCONCLUSIVE
    return ExitCode.PASSED
