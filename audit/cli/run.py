"""`audit run`."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from audit.cli.options import language, printed
from audit.cli.printing import print_audit
from audit.errors import ExitCode
from audit.policy.exits import exit_code


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(), help="Run folder, instead of output.folder.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), help="Instead of model.device.")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key, e.g. explanations.sample=50."
)
@click.option(
    "--explain", type=click.Choice(["sample", "all", "flagged", "none"]), help="Instead of explanations.which."
)
@click.option("--engine", type=click.Choice(["local", "ray"]), help="Who does the heavy work; instead of engine.kind.")
@click.option("--workers", type=click.IntRange(1), help="Processes with a model each, instead of engine.workers.")
@click.option("--gpus-per-worker", type=float, help="Instead of engine.gpus_per_worker.")
@click.option("--ray-address", help="Of a running Ray: auto, or host:port. Instead of engine.ray_address.")
@click.option("--resume", is_flag=True, help="Go on with an unfinished run; finished parts are not done again.")
@click.option("--overwrite", is_flag=True, help="Replace the audit that lies in the run folder.")
@click.option("--gate", "gated", is_flag=True, help="Exit with the verdict of the policy, as audit gate does.")
@click.option("--baseline", type=click.Path(path_type=Path), help="Run folder or baseline file to compare with.")
@click.option("--other-rows", is_flag=True, help="The baseline is of other rows: compare as independent samples.")
@language
@printed
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def run(
    config: Path,
    out: str | None,
    device: str | None,
    explain: str | None,
    overrides: tuple[str, ...],
    engine: str | None,
    workers: int | None,
    gpus_per_worker: float | None,
    ray_address: str | None,
    resume: bool,
    overwrite: bool,
    gated: bool,
    baseline: Path | None,
    other_rows: bool,
    lang: str | None,
    kind: str,
    quiet: bool,
) -> ExitCode:
    """Run the whole audit described by CONFIG (audit.yaml) into a run folder."""
    began = time.perf_counter()
    from audit.config import load_config
    from audit.config.place import is_address
    from audit.errors import ConfigError

    if resume and overwrite:
        raise ConfigError("--resume and --overwrite contradict each other")
    if device:
        overrides = (*overrides, f"model.device={device}")
    if explain:
        overrides = (*overrides, f"explanations.which={explain}")
    named = {"kind": engine, "workers": workers, "gpus_per_worker": gpus_per_worker, "ray_address": ray_address}
    overrides += tuple(f"engine.{key}={json.dumps(value)}" for key, value in named.items() if value is not None)
    if lang:
        overrides = (*overrides, f"output.language={lang}")
    settings = load_config(config, overrides)
    if gated and not (settings.policy.rules or settings.policy.presets):
        raise ConfigError("--gate needs a policy, and the configuration has none", where=str(config))
    if out and is_address(out):
        raise ConfigError(
            f"{out!r} is an address: a run folder lies on a disk, since its files take each other's place in one step",
            where="--out",
            hint="audit copy brings the finished one there",
        )
    if out:
        settings = settings.model_copy(update={"output": settings.output.model_copy(update={"folder": Path(out)})})

    # Only now the heavy imports: a typo in the configuration is told at once.
    from audit.pipeline.run import run as run_audit
    from audit.policy.location import locate_rules
    from audit.store.progress import Progress

    result = run_audit(
        settings,
        resume=resume,
        overwrite=overwrite,
        baseline=baseline,
        other_rows=other_rows,
        policy_source=locate_rules(config, settings.policy),
        progress=Progress(quiet=quiet),
    )
    code = ExitCode.PASSED
    if gated and result.judgement is not None:
        code = exit_code(result.judgement.status, result.judgement.on_inconclusive)
    folder = settings.output.folder
    print_audit(kind, result, lang, run=folder, report=folder / "report.html", code=code)
    if kind == "text":
        from audit.report.terminal import tell_next, tell_time
        from audit.report.wording import Catalogue
        from audit.say import say

        words = Catalogue.of(result, lang)
        say(tell_time(result, words, time.perf_counter() - began))
        say(tell_next(result, words, run=folder, config=config, compared=baseline is not None))
    return code
