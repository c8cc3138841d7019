"""A signature that is there holds, or verification fails: it is never passed over."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.cli import call
from audit.errors import ExitCode, RunFolderError
from audit.store.signatures import check_signatures

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def program() -> str:
    found = shutil.which("ssh-keygen")
    if found is None:
        pytest.skip("needs ssh-keygen (OpenSSH), which is not installed")
    return found


@pytest.fixture
def keys(program: str, tmp_path: Path) -> Path:
    """A folder with the keys of two people, and a list that trusts the first."""
    folder = tmp_path / "keys"
    folder.mkdir()
    for name in ("ana", "eve"):
        subprocess.run([program, "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)], check=True)
    (folder / "trusted").write_text(f"ana@example.org {(folder / 'ana.pub').read_text()}")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What stands for a run folder."""
    place = tmp_path / "run"
    place.mkdir()
    (place / "result.json").write_text('{"value": 1}')
    (place / "manifest.json").write_text("{}")
    return place


@pytest.fixture
def sign(program: str, keys: Path) -> Callable[..., Path]:
    def made(path: Path, by: str = "ana", purpose: str = "fairaudit") -> Path:
        command = [program, "-q", "-Y", "sign", "-f", str(keys / by), "-n", purpose, str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return path.with_name(f"{path.name}.sig")

    return made


def test_signatures_of_trusted_people_hold(folder: Path, keys: Path, sign: Callable[..., Path]) -> None:
    first = sign(folder / "result.json").rename(folder / "result.json.auditor.sig")
    sign(folder / "manifest.json")
    found = check_signatures(folder, keys / "trusted")
    assert [(one.file, one.by) for one in found] == [
        ("manifest.json", "ana@example.org"),
        ("result.json", "ana@example.org"),
    ]
    assert first.exists()


def test_a_key_is_trusted_with_what_its_line_says(folder: Path, keys: Path, sign: Callable[..., Path]) -> None:
    key = (keys / "ana.pub").read_text()
    sign(folder / "result.json")
    (keys / "trusted").write_text(f'ana@example.org,*@example.net namespaces="fairaudit" {key}')
    assert [one.by for one in check_signatures(folder, keys / "trusted")] == ["ana@example.org"]
    (keys / "trusted").write_text(f'ana@example.org namespaces="git" {key}')
    with pytest.raises(RunFolderError, match="not permitted"):
        check_signatures(folder, keys / "trusted")


def changed(folder: Path, sign: Callable[..., Path]) -> None:
    sign(folder / "result.json")
    (folder / "result.json").write_text('{"value": 2}')


def by_another(folder: Path, sign: Callable[..., Path]) -> None:
    sign(folder / "result.json", by="eve")


def second_by_another(folder: Path, sign: Callable[..., Path]) -> None:
    sign(folder / "manifest.json")
    sign(folder / "result.json", by="eve")


def for_another_purpose(folder: Path, sign: Callable[..., Path]) -> None:
    sign(folder / "result.json", purpose="file")


def of_another_file(folder: Path, sign: Callable[..., Path]) -> None:
    sign(folder / "manifest.json").rename(folder / "result.json.sig")


def of_a_file_that_is_gone(folder: Path, sign: Callable[..., Path]) -> None:
    (folder / "notes.txt").write_text("x")
    sign(folder / "notes.txt")
    (folder / "notes.txt").unlink()


def of_a_side_file_alone(folder: Path, sign: Callable[..., Path]) -> None:
    (folder / "notes.txt").write_text("x")
    sign(folder / "notes.txt")


def damaged(folder: Path, sign: Callable[..., Path]) -> None:
    path = sign(folder / "result.json")
    path.write_text(path.read_text().replace("U1NI", "U1NJ", 1))


def of_another_tool(folder: Path, sign: Callable[..., Path]) -> None:
    sign(folder / "result.json")
    (folder / "manifest.json.asc").write_text("-----BEGIN PGP SIGNATURE-----")


def binary(folder: Path, sign: Callable[..., Path]) -> None:
    sign(folder / "manifest.json")
    (folder / "result.json.sig").write_bytes(b"\x88\x75\x04\x00")


def a_link(folder: Path, sign: Callable[..., Path]) -> None:
    path = sign(folder / "result.json")
    path.rename(folder.parent / "elsewhere.sig")
    path.symlink_to(folder.parent / "elsewhere.sig")


def taken_away(folder: Path, sign: Callable[..., Path]) -> None:
    sign(folder / "result.json").unlink()


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (changed, "does not sign result.json as it is"),
        (by_another, "not among the trusted"),
        (second_by_another, "result.json.sig: was made with a key that is not among the trusted"),
        (for_another_purpose, "does not sign result.json as it is"),
        (of_another_file, "does not sign result.json as it is"),
        (of_a_file_that_is_gone, "which is not there"),
        (of_a_side_file_alone, "neither result.json nor manifest.json is signed"),
        (damaged, "result.json.sig"),
        (of_another_tool, "manifest.json.asc: is not a signature of `ssh-keygen"),
        (binary, "result.json.sig: is not a signature of `ssh-keygen"),
        (a_link, "no plain file"),
        (taken_away, "neither result.json nor manifest.json is signed"),
    ],
)
def test_what_does_not_hold_is_named(
    tamper: Callable[..., None], told: str, folder: Path, keys: Path, sign: Callable[..., Path]
) -> None:
    tamper(folder, sign)
    with pytest.raises(RunFolderError) as caught:
        check_signatures(folder, keys / "trusted")
    assert told in str(caught.value)


def test_a_signature_without_trusted_keys_is_not_passed_over(folder: Path, sign: Callable[..., Path]) -> None:
    assert check_signatures(folder, None) == []
    sign(folder / "result.json")
    with pytest.raises(RunFolderError, match="nothing says whose keys are trusted"):
        check_signatures(folder, None)


def test_keys_in_the_run_folder_are_not_trusted(folder: Path, keys: Path, sign: Callable[..., Path]) -> None:
    sign(folder / "result.json")
    shutil.copy(keys / "trusted", folder / "trusted")
    with pytest.raises(RunFolderError, match="lies in the run folder"):
        check_signatures(folder, folder / "trusted")
    (keys / "link").symlink_to(folder / "trusted")
    with pytest.raises(RunFolderError, match="lies in the run folder"):
        check_signatures(folder, keys / "link")
    with pytest.raises(RunFolderError, match="no such file"):
        check_signatures(folder, keys / "nobody")


def test_without_the_program_nothing_is_passed(
    folder: Path, keys: Path, sign: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(folder / "result.json")
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(RunFolderError, match="ssh-keygen is not installed"):
        check_signatures(folder, keys / "trusted")


def test_the_command_says_who_signed(
    tmp_path: Path,
    table: Callable[..., Path],
    stored: Callable[..., dict[str, Any]],
    keys: Path,
    sign: Callable[..., Path],
    capsys: Capture,
) -> None:
    audit.run(stored(table(y=[1, 0] * 20, p=[1, 0, 0, 1] * 10, g=["a", "b"] * 20)))
    run = tmp_path / "run"
    sign(run / "result.json")
    assert call(["verify", str(run), "--allowed-signers", str(keys / "trusted")]) == ExitCode.PASSED
    assert "result.json is signed by ana@example.org" in capsys.readouterr().out
    # Documents may be rendered again: what is signed is the result.
    assert call(["report", str(run), "--format", "md"]) == ExitCode.PASSED
    assert call(["verify", str(run), "--allowed-signers", str(keys / "trusted")]) == ExitCode.PASSED
    assert call(["verify", str(run)]) == ExitCode.USAGE
    assert "whose keys are trusted" in capsys.readouterr().err
