"""`audit completion`."""

from __future__ import annotations

import click

#: Where each shell reads what it completes.
HOW = {
    "bash": "Add `source <(audit completion bash)` to ~/.bashrc.",
    "zsh": "Add `source <(audit completion zsh)` to ~/.zshrc.",
    "fish": "Write it once: `audit completion fish > ~/.config/fish/completions/audit.fish`.",
}


@click.command(epilog=" ".join(HOW.values()))
@click.argument("shell", type=click.Choice(list(HOW)))
def completion(shell: str) -> None:
    """Print what makes SHELL complete commands, options, choices and files of `audit` at the Tab key."""
    from click.shell_completion import get_completion_class

    from audit.cli import main
    from audit.say import say

    made = get_completion_class(shell)
    if made is None:  # click knows all three; only a click without them could get here
        raise click.UsageError(f"this version of click completes nothing in {shell}")
    writer = made(main, {}, "audit", "_AUDIT_COMPLETE")
    # Not `source()`, which refuses an old bash of this machine, where the script may be made for another.
    say(*(writer.source_template % writer.source_vars()).splitlines())
