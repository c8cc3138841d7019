"""The command `audit`: one module per command, and one place where errors become exit codes.

Nothing but the gate ever exits 1: a Python traceback, an aborted command line and click's own answer to a closed pipe
do so by nature, and a CI job that reads 1 as "unfair" must not be misled by any of them.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from types import FrameType

import click

from audit import __version__
from audit.cli.compare import compare
from audit.cli.completion import completion
from audit.cli.copy import copy
from audit.cli.data import data
from audit.cli.errors import errors, explained
from audit.cli.explain import explain
from audit.cli.frameworks import frameworks
from audit.cli.gate import gate
from audit.cli.init import init
from audit.cli.metrics import metrics
from audit.cli.monitor import monitor
from audit.cli.probe import probe
from audit.cli.publish import publish
from audit.cli.redact import redact
from audit.cli.report import report
from audit.cli.review import review
from audit.cli.run import run
from audit.cli.schema import schema
from audit.cli.validate import validate
from audit.cli.verify import verify
from audit.cli.view import view
from audit.errors import AuditError, ExitCode, fault_of, impersonal
from audit.say import ClosedPipe, deliver, discard_stdout, guard_streams, say
from audit.text import one_line

EPILOG = """Exit codes: 0 passed · 1 the gate failed · 2 usage, configuration or data error · 3 inconclusive, where the
policy fails that · 4 the audit could not be finished · 130, 143 interrupted · 141 the output was closed early."""


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
    no_args_is_help=True,
)
@click.version_option(__version__, prog_name="audit")
def main() -> None:
    """Audit a fine-tuned model: does it treat groups differently, why, and which decisions are unexplained?

    `audit init DATA` writes a first audit.yaml, `audit validate audit.yaml` checks it, `audit run audit.yaml` runs it.
    """


for command in (
    init,
    validate,
    data,
    run,
    view,
    gate,
    compare,
    explain,
    probe,
    report,
    publish,
    review,
    redact,
    monitor,
    copy,
    verify,
    metrics,
    frameworks,
    schema,
    errors,
    completion,
):
    main.add_command(command)


class _Terminated(BaseException):
    """SIGTERM arrived."""


RESUMABLE = "the finished parts are kept; the same command with --resume goes on from there"


def entry_point(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with a code of `ExitCode`."""
    guard_streams()
    sys.exit(int(deliver(call(arguments))))


def call(arguments: list[str] | None = None) -> ExitCode:
    """Run the command line and return the exit code."""
    _install_signals()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        _refuse_broken(given)
        return _invoke(given)
    except click.exceptions.Exit as done:
        return ExitCode(done.exit_code)
    except click.ClickException as error:
        _say_usage(error)
        return ExitCode.USAGE
    except (ClosedPipe, BrokenPipeError):  # the latter from click's own help
        discard_stdout()
        return ExitCode.CLOSED_PIPE
    except AuditError as error:
        _say_error(error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("", f"audit: interrupted; {RESUMABLE}", err=True)
        return ExitCode.INTERRUPTED
    except _Terminated:
        say("", f"audit: terminated; {RESUMABLE}", err=True)
        return ExitCode.TERMINATED
    except (OSError, MemoryError) as error:
        return _fault(error)
    except Exception as error:  # noqa: BLE001 - the last resort, which must not exit 1
        return _fault(error.__cause__ if isinstance(error.__cause__, MemoryError) else error)


def _invoke(arguments: list[str]) -> ExitCode:
    """Run a command, without click's own answers to a closed pipe (exit 1) and to a file that ends early (an abort)."""
    if "_AUDIT_COMPLETE" in os.environ:  # a shell asks for completions
        main.main(args=arguments, prog_name="audit")
    with main.make_context("audit", list(arguments)) as context:
        code = main.invoke(context)
    return code if isinstance(code, ExitCode) else ExitCode.PASSED


def _refuse_broken(arguments: list[str]) -> None:
    """Refuse what is no text: names are stored and shown in UTF-8, and no file is called by a name with a null."""
    for argument in arguments:
        try:
            argument.encode("utf-8")
        except UnicodeEncodeError:
            raise click.UsageError(
                f"{argument!r} holds bytes that are no UTF-8; give the file or folder another name"
            ) from None
        if "\0" in argument:
            raise click.UsageError(f"{argument!r} holds a null character, which no name has")


def _say_usage(error: click.ClickException) -> None:
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        say(*error.format_message().splitlines(), err=True)
        return
    if context is not None:
        say(*context.get_usage().splitlines(), f"Try '{context.command_path} --help' for help.", "", err=True)
    say(f"audit: {one_line(error.format_message())}", explained("usage"), err=True)


def _say_error(error: AuditError) -> None:
    say(*f"audit: {error}".splitlines(), explained(error.code), err=True)


def _fault(error: BaseException) -> ExitCode:
    """Tell what the machine refused; or else that the tool is at fault."""
    fault = fault_of(error) if isinstance(error, OSError | MemoryError) else None
    if fault is None:
        say(*impersonal("".join(traceback.format_exception(error))).splitlines(), err=True)
        say("audit: this is a defect of the tool, not of your data; please report the lines above", err=True)
        say(explained("defect"), err=True)
        return ExitCode.CRASHED
    _say_error(fault)
    return fault.exit_code


def _install_signals() -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        raise _Terminated

    try:
        signal.signal(signal.SIGTERM, stop)
        # A shell that starts a job in the background has it ignore SIGINT; an audit can always be interrupted.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    except ValueError:  # not the main thread: someone else owns the signals
        return
