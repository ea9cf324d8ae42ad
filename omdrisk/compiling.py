"""Loops are compiled by numba once, and their machine code is kept on disk."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from numba import njit
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys

if TYPE_CHECKING:
    from collections.abc import Callable


class Kept(FunctionCache):
    """Kept machine code, taken up without what numba needs to compile: that takes four times as long to load."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what is kept for these types; None if nothing is."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function` when it is first called; its machine code is kept unless no folder can be written to."""
    loop: Any = njit(nogil=True, error_model="numpy")(function)
    with contextlib.suppress(RuntimeError):
        loop._cache = Kept(function)  # noqa: SLF001 - as numba's own `enable_caching` does
    return loop  # type: ignore[no-any-return]
