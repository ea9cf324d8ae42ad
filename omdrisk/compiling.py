"""Loops are compiled by numba once, and their machine code is kept on disk."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numba import njit
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys

if TYPE_CHECKING:
    from collections.abc import Callable


class Kept(FunctionCache):
    """Machine code on disk, good until its own source changes or that of a loop it calls.

    It is taken up without what numba needs to compile, which takes four times as long to load.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        states = [path.stat() for path in map(Path, sorted(_sources(function)))]
        self._cache_file._source_stamp = [(state.st_mtime, state.st_size) for state in states]  # noqa: SLF001

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what is kept for these types; None if nothing is."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function` when it is first called; its machine code is kept unless no folder can be written to."""
    loop: Any = njit(nogil=True, error_model="numpy")(function)
    with contextlib.suppress(RuntimeError, OSError):
        loop._cache = Kept(function)  # noqa: SLF001 - as numba's own `enable_caching` does
    return loop  # type: ignore[no-any-return]


def _sources(function: Any) -> set[str]:
    """Return the files of a function and of all compiled functions that it calls."""
    files = {function.__code__.co_filename}
    for name in function.__code__.co_names:
        called = getattr(function.__globals__.get(name), "__wrapped__", None)
        if called is not None and called is not function:
            files |= _sources(called)
    return files
