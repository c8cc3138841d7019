"""The command `audit`: one module per command, and one place where errors become exit codes.

Nothing but the gate ever exits 1: a Python traceback and an aborted command line do so by nature, and a CI job that
reads 1 as "unfair" must not be misled by either.
"""

from __future__ import annotations

import signal
import sys
import traceback
from types import FrameType

import click

from audit import __version__
from audit.cli.compare import compare
from audit.cli.explain import explain
from audit.cli.gate import gate
from audit.cli.probe import probe
from audit.cli.report import report
from audit.cli.run import run
from audit.cli.schema import schema
from audit.cli.validate import validate
from audit.errors import AuditError, ExitCode

EPILOG = """Exit codes: 0 passed · 1 the gate failed · 2 usage, configuration or data error · 3 inconclusive, where the
policy fails that · 4 the audit itself crashed · 130, 143 interrupted."""


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
    no_args_is_help=True,
)
@click.version_option(__version__, prog_name="audit")
def main() -> None:
    """Audit a fine-tuned model: does it treat groups differently, why, and which decisions are unexplained?

    Begin with `audit run audit.yaml`; `audit validate audit.yaml` checks a configuration without running it.
    """


for command in (run, gate, compare, explain, probe, report, validate, schema):
    main.add_command(command)


class _Terminated(BaseException):
    """SIGTERM arrived."""


def entry_point(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with a code of `ExitCode`."""
    sys.exit(int(call(arguments)))


def call(arguments: list[str] | None = None) -> ExitCode:
    """Run the command line and return the exit code."""
    _install_signals()
    resumable = "the finished parts are kept; the same command with --resume goes on from there"
    try:
        code = main.main(args=arguments, prog_name="audit", standalone_mode=False)
    except click.exceptions.Exit as done:
        return ExitCode(done.exit_code)
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except AuditError as error:
        click.echo(f"audit: {error}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo(f"\naudit: interrupted; {resumable}", err=True)
        return ExitCode.INTERRUPTED
    except _Terminated:
        click.echo(f"\naudit: terminated; {resumable}", err=True)
        return ExitCode.TERMINATED
    except Exception:  # noqa: BLE001 - the last resort, which must not exit 1
        traceback.print_exc()
        click.echo("audit: this is a defect of the tool, not of your data; please report the lines above", err=True)
        return ExitCode.CRASHED
    return code if isinstance(code, ExitCode) else ExitCode.PASSED


def _install_signals() -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        raise _Terminated

    try:
        signal.signal(signal.SIGTERM, stop)
        # A shell that starts a job in the background has it ignore SIGINT; an audit can always be interrupted.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    except ValueError:  # not the main thread: someone else owns the signals
        return
