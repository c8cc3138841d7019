"""`audit gate`."""

from __future__ import annotations

from pathlib import Path

import click

from audit.cli.options import language, printed
from audit.cli.printing import print_audit
from audit.errors import ExitCode


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
    from audit.errors import ConfigError
    from audit.pipeline.calls import gate as judge_run
    from audit.pipeline.calls import open_run, policy_of
    from audit.say import say

    if out and out.exists() and folder.exists() and out.samefile(folder):
        raise ConfigError(
            "--out is the run folder itself, whose documents tell the audit's own verdict",
            where=str(out),
            hint="name another folder",
        )
    opened = open_run(folder)
    rules = policy_of(opened, policy, waivers, on_inconclusive)
    if save_baseline:
        from audit.policy.baseline import save_baseline as save

        save(opened.result, save_baseline)
        say(f"baseline: {save_baseline}", err=kind != "text")
        if not rules.rules and not rules.presets:
            return ExitCode.PASSED
    verdict = judge_run(
        opened,
        policy=policy,
        waivers=waivers,
        baseline=baseline,
        other_rows=other_rows,
        on_inconclusive=on_inconclusive,
    )
    if baseline and all(rule.margin is None for rule in rules.rules):
        say("note: no rule has a `margin`, so the baseline decided nothing", err=True)
    written: list[str] = []
    if out:
        from audit.report.documents import Telling
        from audit.report.write import write_documents

        written = write_documents(Telling(opened.store, verdict.result, lang), out=out)
    report = out / "report.html" if out else None
    print_audit(kind, verdict.result, lang, run=folder, report=report, code=verdict.exit_code, gate=True)
    if out:
        say(f"written: {', '.join(str(out / name) for name in written)}", err=kind != "text")
    return verdict.exit_code
