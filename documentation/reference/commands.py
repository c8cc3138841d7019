"""Commands and their options, from the command line itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from audit.cli import main
from audit.errors import ExitCode
from documentation.reference.markdown import cell, code, table
from documentation.reference.markdown import page as page_of

MEANINGS = {
    ExitCode.PASSED: "passed; a command that judges nothing did what was asked",
    ExitCode.GATE_FAILED: "the gate failed; nothing else ever exits 1",
    ExitCode.USAGE: "usage, configuration or data error: the message says what was wrong, where, and what to do",
    ExitCode.INCONCLUSIVE: "inconclusive, where the policy fails that",
    ExitCode.CRASHED: "the audit could not be finished: disk full, memory too small, or a defect of the tool",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C; `--resume` goes on",
    ExitCode.CLOSED_PIPE: "whoever read the output closed it before all was written",
    ExitCode.TERMINATED: "terminated from outside; `--resume` goes on",
}


def commands(group: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, those of groups too."""
    yield name, group
    if isinstance(group, click.Group):
        for inner, command in group.commands.items():
            yield from commands(command, f"{name} {inner}")


def page() -> str:
    """Write the page."""
    found = [(name, command) for name, command in commands(main, "audit") if name != "audit"]
    overview = table(
        ["command", "does"],
        ([f"[`{name}`](#{name.replace(' ', '-')})", cell(_said(command)[0])] for name, command in found),
    )
    codes = table(["code", "meaning"], ([str(int(code)), MEANINGS[code]] for code in ExitCode))
    return page_of(
        "Commands",
        "What `--help` says, on one page. Options of a command stand behind its name.",
        overview,
        *(_section(name, command) for name, command in found),
        f"## Exit codes\n\n{codes}",
    )


def _said(command: click.Command) -> list[str]:
    """Paragraphs of the help text."""
    text = inspect.cleandoc(command.help or "").split("\f")[0]
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    rows = [
        [", ".join(code(opt) for opt in [*option.opts, *option.secondary_opts]), _values(option), _help(option)]
        for option in command.params
        if isinstance(option, click.Option)
    ]
    parts = [f"## {name}", *_said(command), f"```text\n{usage}\n```", table(["option", "value", "meaning"], rows)]
    return "\n\n".join(part for part in parts if part)


def _values(option: click.Option) -> str:
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        return " or ".join(code(choice) for choice in option.type.choices)
    return code(option.metavar or option.type.name.upper())


def _help(option: click.Option) -> str:
    told = cell(option.help or "")
    if option.show_default and option.default is not None and not option.is_flag:
        told += f" Default: {code(option.default)}."
    return told
