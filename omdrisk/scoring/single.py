"""One holder at a time, across threads and processes: a lock of the operating system, which a dead process loses."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from omdrisk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if os.name == "nt":  # pragma: no cover
    import msvcrt

    def _try(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
else:
    import fcntl

    def _try(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def holding(path: Path, what: str, wait: float = 10.0) -> Iterator[None]:
    """Hold the lock file at `path`, waiting for another holder at most `wait` seconds.

    Parameters
    ----------
    path
        The lock file; it is made, and stays.
    what
        What the holder does, for the message.
    wait
        Seconds.

    Raises
    ------
    InputError
        If another holds it still, or the file cannot be made.
    """
    patience = time.monotonic() + wait
    try:
        file = path.open("a+b")
    except OSError as error:
        raise InputError(f"{path.parent} cannot be written to ({error.strerror}). Choose another folder.") from error
    with file:
        while True:
            try:
                _try(file)
            except OSError as error:
                if time.monotonic() >= patience:
                    raise InputError(f"{path}: another process is {what}. Try again when it is done.") from error
                time.sleep(0.01)
            else:
                break
        yield
