"""What omdrisk says when it cannot go on: one line that names the thing, the place and the way out."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class OmdriskError(Exception):
    """Base of every error that omdrisk raises on purpose; the command line prints it and exits with 2."""


class InputError(OmdriskError):
    """A file or table that cannot be used at all (single bad rows are rejects, not errors)."""


class DefinitionError(OmdriskError):
    """A catalog, recipe, format map or table of facts that does not say what it must."""


class BundleError(OmdriskError):
    """A bundle that is damaged, altered, or of a format this version does not read."""


class HistoryError(OmdriskError):
    """A history store that is damaged, locked, of another secret, or lacks a key that is asked for."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known word, or lists the known ones.

    Examples
    --------
    >>> did_you_mean("days_since_frist", ["days_since_first", "count"])
    "Did you mean 'days_since_first'?"
    >>> did_you_mean("zzz", ["b", "a"])
    'Known: a, b.'
    """
    known = sorted(set(known))
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known: {', '.join(known)}."
