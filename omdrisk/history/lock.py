"""One writer at a time: a lock of the operating system, which a dead process cannot keep."""

from __future__ import annotations

import contextlib
import os
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from omdrisk.errors import HistoryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if os.name == "nt":  # pragma: no cover
    import msvcrt

    def _try(file: IO[bytes]) -> None:
        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        file.seek(0)
else:
    import fcntl

    def _try(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def writing(folder: Path, wait: float) -> Iterator[None]:
    """Hold the right to write to a store, waiting for another writer at most `wait` seconds.

    Raises
    ------
    HistoryError
        If the other writer is not done by then, or the folder cannot be written to.
    """
    path = folder / "writer.lock"
    try:
        file = path.open("a+b")
    except OSError as error:
        raise HistoryError(f"{folder} cannot be written to ({error.strerror}); nothing was changed.") from error
    with file:
        _acquire(file, path, wait)
        with contextlib.suppress(OSError):
            file.truncate(0)
            os.write(file.fileno(), str(os.getpid()).encode())
        yield


def _acquire(file: IO[bytes], path: Path, wait: float) -> None:
    patience = time.monotonic() + wait
    while True:
        try:
            _try(file)
        except OSError as error:
            if time.monotonic() >= patience:
                file.seek(0)
                holder = file.read().decode(errors="replace") or "unknown"
                raise HistoryError(
                    f"{path.parent}: another process ({holder}) is writing to this history; "
                    "nothing was changed. Try again when it is done."
                ) from error
            time.sleep(0.02)
        else:
            return
