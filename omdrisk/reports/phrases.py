"""The words around a report's contents, in its language."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from omdrisk.explaining import check_language


class Phrases:
    """The phrases of one language.

    Examples
    --------
    >>> Phrases("vi")("bands", "high")
    'cao'
    >>> Phrases("en").column("reefer_temp_c")
    'Reefer temp c'
    """

    def __init__(self, language: str) -> None:
        self.language = check_language(language)
        self.tables = _read(self.language)

    def __call__(self, table: str, key: str, default: str | None = None) -> str:
        """Return a phrase; `default` (or the key itself) where the language has none."""
        found: str = self.tables[table].get(key, key if default is None else default)
        return found

    def column(self, name: str) -> str:
        """Return the heading of a canonical column, or its name made readable."""
        readable = name.removeprefix("x_").replace("_", " ")
        return self("columns", name, readable[:1].upper() + readable[1:])

    def target(self, name: str) -> str:
        """Return the heading of a head."""
        return self("targets", name, name[:1].upper() + name[1:])

    def outcome(self, name: str) -> str:
        """Return what an outcome is called."""
        return self("outcomes", name, self("outcomes", "found").replace("{target}", self.target(name)))


@cache
def _read(language: str) -> dict[str, Any]:
    text = resources.files("omdrisk.reports").joinpath("words", f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
