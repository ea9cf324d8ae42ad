"""The command line: the same words as the library, for people who work in a terminal."""

from __future__ import annotations

import sys
import warnings
from io import TextIOWrapper
from typing import TYPE_CHECKING

from omdrisk.cli.app import app
from omdrisk.errors import OmdriskError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `omdrisk`; on an error print one clear line and exit with 2 (a traceback only with ``--debug``)."""
    _speak_plainly()
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [argument for argument in given if argument != "--debug"]
    try:
        app(given, prog_name="omdrisk", standalone_mode=True)
    except OmdriskError as error:
        if debug:
            raise
        sys.exit(_say(str(error)))
    except KeyboardInterrupt:
        sys.exit(_say("stopped before the end; nothing half-written was left under its final name.", code=130))
    except (OSError, MemoryError) as error:
        if debug:
            raise
        sys.exit(_say(f"{type(error).__name__}: {error}"))


def _speak_plainly() -> None:
    """Write every script whatever the terminal's code page, and warnings as one line without code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")

    def show(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        if issubclass(category, UserWarning):
            _say(f"note: {message}")

    warnings.showwarning = show


def _say(message: str, code: int = 2) -> int:
    print(f"omdrisk: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201
    return code
