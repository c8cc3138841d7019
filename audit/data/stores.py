"""Files in object stores and behind addresses: `s3://`, `gs://`, `abfs://`, `hdfs://` through Arrow, others by fsspec.

Who asks is told by the environment alone, as each driver has it (`AWS_PROFILE`, `GOOGLE_APPLICATION_CREDENTIALS`, …).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from audit.data.door import unreached
from audit.errors import AuditError, DataError

#: Schemes of Arrow's own file systems.
_ARROW = {"s3", "gs", "gcs", "hdfs", "viewfs", "abfs", "abfss"}
#: Seconds until a store of Google that does not answer is given up; Arrow would wait for a quarter of an hour.
_PATIENCE = "60"
#: Bytes that are asked for at once.
_BLOCK = 4 << 20


@dataclass(frozen=True)
class StoredFile:
    """A file of a store; as much of a path as the readers of tables use.

    Attributes
    ----------
    address
        As it is told to people.
    inner
        Its path within the file system.
    """

    address: str
    filesystem: Any
    inner: str

    def __str__(self) -> str:
        return self.address

    @property
    def name(self) -> str:
        """Last part of its path."""
        return PurePosixPath(self.inner).name

    @property
    def suffix(self) -> str:
        """What follows the last point of its name."""
        return PurePosixPath(self.inner).suffix

    @property
    def suffixes(self) -> list[str]:
        """What follows each point of its name."""
        return PurePosixPath(self.inner).suffixes

    @property
    def raises(self) -> tuple[type[Exception], ...]:
        """What its driver may raise, beside what Arrow does: each of fsspec has errors of its own."""
        return (Exception,) if isinstance(self.filesystem, fs.PyFileSystem) else ()

    def open(self, mode: str = "rb") -> Any:
        """Open it, to be read from its beginning to its end."""
        with reaching(self.address):
            return self.filesystem.open_input_stream(self.inner, compression=None, buffer_size=_BLOCK)

    def at_any_place(self) -> Any:
        """Open it, to be read anywhere."""
        with reaching(self.address):
            return self.filesystem.open_input_file(self.inner)


@dataclass(frozen=True)
class Store:
    """A file system, and where an address leads in it."""

    address: str
    filesystem: Any
    inner: str

    @classmethod
    def of(cls, address: str) -> Store:
        """Find the driver of an address.

        Raises
        ------
        DataError
            If there is none, or it is not installed.
        """
        plain, _, query = address.partition("?")
        scheme = urlsplit(plain).scheme.lower()
        with reaching(address):
            try:
                if scheme in _ARROW:
                    if scheme in {"gs", "gcs"} and "retry_limit_seconds" not in query:
                        query = "&".join([*filter(None, [query]), f"retry_limit_seconds={_PATIENCE}"])
                    return cls(plain, *fs.FileSystem.from_uri(f"{plain}?{query}" if query else plain))
                import fsspec

                found, inner = fsspec.core.url_to_fs(plain)
            except (ImportError, NotImplementedError) as error:
                raise DataError(
                    f"needs a driver for {scheme}://, which is not installed: {error}", where=address,
                    hint="install what it names; or bring the files to this machine",
                ) from None  # fmt: skip
            except ValueError as error:  # of which fsspec makes one for a scheme that it does not know
                raise DataError(
                    f"no driver knows {scheme}://: {error}", where=address,
                    hint="there are s3://, gs://, abfs://, hdfs://, https:// and what fsspec knows",
                ) from None  # fmt: skip
            return cls(plain, fs.PyFileSystem(fs.FSSpecHandler(found)), inner)

    def is_folder(self) -> bool:
        """Tell a folder from a file.

        Raises
        ------
        DataError
            If there is neither.
        """
        with reaching(self.address):
            kind = self.filesystem.get_file_info(self.inner).type
        if kind == fs.FileType.NotFound:
            raise absent(self.address)
        return bool(kind == fs.FileType.Directory)

    def file(self) -> StoredFile:
        """Return it as a file."""
        return StoredFile(self.address, self.filesystem, self.inner)

    def below(self) -> Iterator[tuple[str, StoredFile]]:
        """Yield every file below, with its path from here on."""
        with reaching(self.address):
            found = self.filesystem.get_file_info(fs.FileSelector(self.inner, recursive=True, allow_not_found=True))
        start = self.inner.rstrip("/") + "/" if self.inner.strip("/") else self.inner
        for info in found:
            if info.type == fs.FileType.File:
                relative = info.path.removeprefix(start).lstrip("/")
                yield relative, StoredFile(f"{self.address.rstrip('/')}/{relative}", self.filesystem, info.path)


def absent(address: str) -> DataError:
    """Say that nothing is found at an address; fsspec says the same where a server of the web refuses."""
    web = address.lower().startswith(("http://", "https://"))
    right = "is the address right, and do server and certificate let this account in?"
    return DataError(
        "no such file or folder", where=address, hint=right if web else "is the name of bucket and key right?"
    )


@contextmanager
def reaching(address: str) -> Iterator[None]:
    """Turn what a driver raises into one error that names the address."""
    try:
        yield
    except AuditError:
        raise
    except FileNotFoundError:
        raise absent(address) from None
    except pa.ArrowNotImplementedError as error:
        raise DataError(
            f"this pyarrow was built without its driver: {error}", where=address,
            hint="install pyarrow from PyPI; or bring the files to this machine",
        ) from None  # fmt: skip
    except Exception as error:
        raise unreached(address, error) from error
