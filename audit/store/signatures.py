"""Detached signatures beside the files of a run folder: those of `ssh-keygen -Y sign`, held against keys one trusts.

`result.json.sig` signs `result.json`, and so does `result.json.auditor.sig`, for a second person. Whoever can write a
run folder can also write keys into it: the list of trusted ones lies elsewhere. A signature that cannot be checked, of
this or any other kind, is an error and never passed over.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.errors import RunFolderError, some
from audit.store.manifest import MANIFEST

#: What a signature is made for: one made for another purpose does not count.
NAMESPACE = "fairaudit"
#: Files of which one has to be signed, if signatures are asked for: all numbers follow from either.
WHOLE = ("result.json", MANIFEST)
SSH = ".sig"
#: Signatures of other tools are seen, and cannot be checked.
OTHERS = (".asc", ".gpg", ".pgp", ".minisig", ".p7s", ".p7m", ".sigstore", ".sigstore.json")
_FIRST_LINE = b"-----BEGIN SSH SIGNATURE-----"
_SECONDS = 60


@dataclass(frozen=True)
class Signed:
    """A signature that holds.

    Attributes
    ----------
    file
        Name of the signed file.
    by
        Who signed, as the list of trusted keys calls the key.
    """

    file: str
    by: str


def check_signatures(folder: Path, allowed_signers: Path | None) -> list[Signed]:
    """Check every signature in a folder.

    Parameters
    ----------
    allowed_signers
        Trusted keys, as `ssh-keygen` reads them; None: there should be no signatures.

    Raises
    ------
    RunFolderError
        If a signature does not hold or cannot be checked, or if trusted keys are given and neither the result nor the
        manifest is signed.
    """
    found = signatures(folder)
    if allowed_signers is None:
        if found:
            raise RunFolderError(
                f"is signed, and nothing says whose keys are trusted: {some([path.name for path in found])}",
                where=str(folder),
                hint="audit verify --allowed-signers FILE checks SSH signatures; of others, move the file away and "
                "check it with the tool that made it",
            )
        return []
    _refuse_keys_inside(folder, allowed_signers)
    signed = [_check(path, allowed_signers) for path in found]
    if not {one.file for one in signed} & set(WHOLE):
        raise RunFolderError(
            f"neither {WHOLE[0]} nor {WHOLE[1]} is signed",
            where=str(folder),
            hint=f"ssh-keygen -Y sign -f KEY -n {NAMESPACE} {folder / WHOLE[0]}",
        )
    return signed


def signatures(folder: Path) -> list[Path]:
    """List the signatures that lie in a folder, whoever made them."""
    return sorted(path for path in folder.iterdir() if path.name.endswith((SSH, *OTHERS)))


def _refuse_keys_inside(folder: Path, allowed_signers: Path) -> None:
    if not allowed_signers.is_file():
        raise RunFolderError(
            "no such file", where=str(allowed_signers), hint="it holds lines like `NAME ssh-ed25519 …`"
        )
    if allowed_signers.resolve().is_relative_to(folder.resolve()):
        raise RunFolderError(
            "lies in the run folder, where whoever changes the audit can change it too",
            where=str(allowed_signers),
            hint="keep the keys that you trust elsewhere",
        )


def _check(signature: Path, allowed_signers: Path) -> Signed:
    """Check one signature."""
    if signature.is_symlink() or not signature.is_file():
        raise RunFolderError("is no plain file", where=str(signature))
    if not signature.name.endswith(SSH) or not signature.read_bytes().startswith(_FIRST_LINE):
        raise RunFolderError(
            "is not a signature of `ssh-keygen -Y sign`, and cannot be checked here",
            where=str(signature),
            hint="move it away and check it with the tool that made it",
        )
    signed = _signed_file(signature)
    program = shutil.which("ssh-keygen")
    if program is None:
        raise RunFolderError(
            "cannot be checked: ssh-keygen is not installed", where=str(signature), hint="it comes with OpenSSH"
        )
    keys, place = str(allowed_signers.absolute()), str(signature.absolute())
    finding = ("-Y", "find-principals", "-s", place, "-f", keys)
    told = _run([program, *finding], signature)
    names = told.stdout.decode("utf-8", "replace").splitlines()
    if told.returncode or not names:
        raise RunFolderError(
            "was made with a key that is not among the trusted ones",
            where=str(signature),
            hint=f"trusted keys are the lines of {allowed_signers}",
        )
    # One key may go by several names, which need not all be trusted with the same.
    for name in names:
        told = _run([program, "-Y", "verify", "-f", keys, "-I", name, "-n", NAMESPACE, "-s", place], signature, signed)
        if told.returncode == 0:
            return Signed(signed.name, name)
    why = (told.stdout + told.stderr).decode("utf-8", "replace").strip().splitlines()
    raise RunFolderError(
        f"does not sign {signed.name} as it is: {why[-1] if why else 'no reason given'}",
        where=str(signature),
        hint=f"the file was changed since, or signed for something else than {NAMESPACE!r}",
    )


def _signed_file(signature: Path) -> Path:
    """Return the file that a signature is of: `result.json`, of `result.json.sig` and of `result.json.auditor.sig`."""
    whole = signature.with_name(signature.name.removesuffix(SSH))
    for path in (whole, whole.with_suffix("")):
        if path.name and path.is_file() and not path.is_symlink():
            return path
    raise RunFolderError(f"signs {whole.name}, which is not there", where=str(signature), hint="restore it")


def _run(command: Sequence[str], signature: Path, signed: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen, which reads what is signed from its standard input."""
    try:
        with (signed or signature).open("rb") as stream:
            return subprocess.run(  # noqa: S603 - a list of arguments, no shell
                command, stdin=stream, capture_output=True, check=False, timeout=_SECONDS
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunFolderError(f"cannot be checked: {error}", where=str(signature)) from error
