"""The tables of places, commodity codes and species at hand: the shipped small ones, or a unit's imported full ones."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omdrisk.errors import InputError
from omdrisk.resources import definitions

if TYPE_CHECKING:
    import pandas as pd

VARIABLE: Final = "OMDRISK_TABLES"
"""Environment variable that names the folder of tables."""
EDITABLE: Final = Path("features") / "tables"
"""Where `omdrisk init` puts the tables, below the folder in which one works."""
_EDITION: Final = re.compile(r"hs_(\d{4})\.csv")
_APPENDIX: Final = re.compile(r"\b(III|II|I)\b")


def own_tables() -> Path | None:
    """Return the folder of the user's own tables, if there is one: `VARIABLE`, else `EDITABLE` in this folder.

    Raises
    ------
    InputError
        If the variable names no folder.
    """
    told = os.environ.get(VARIABLE)
    if told:
        if not Path(told).is_dir():
            raise InputError(f"{VARIABLE} is {told!r}, which is no folder. Name the folder that holds the tables.")
        return Path(told)
    return EDITABLE if EDITABLE.is_dir() else None


def read_reference(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read columns of a table of facts as texts; its first lines may be remarks that begin with ``#``.

    Raises
    ------
    InputError
        If it is not such a table.
    """
    import pandas as pd

    try:
        with path.open(encoding="utf-8-sig") as lines:
            remarks = next(number for number, line in enumerate([*lines, ""]) if not line.startswith("#"))
        return pd.read_csv(
            path,
            skiprows=remarks,
            usecols=list(columns),
            dtype="str",
            keep_default_na=False,
            encoding="utf-8-sig",
        )
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} is no table with the columns {', '.join(columns)} ({error}). "
            "Make it anew with `omdrisk tables import`, or take it out of the folder."
        ) from error


@dataclass(frozen=True)
class Reference:
    """The tables of one folder, each read when it is first asked for."""

    folder: Path

    @cached_property
    def places(self) -> frozenset[str] | None:
        """Every UN/LOCODE of ``unlocode.csv``, or nothing where it was not imported."""
        path = self.folder / "unlocode.csv"
        return frozenset(read_reference(path, ("locode",))["locode"]) if path.is_file() else None

    @cached_property
    def editions(self) -> dict[str, frozenset[str]]:
        """Commodity codes by edition of the Harmonized System, from ``hs_<year>.csv``."""
        told = {}
        for path in sorted(self.folder.glob("hs_*.csv")):
            if found := _EDITION.fullmatch(path.name):
                told[found[1]] = frozenset(read_reference(path, ("code",))["code"])
        return told

    @cached_property
    def taxa(self) -> dict[str, frozenset[str]]:
        """Appendices by scientific name, from ``cites_taxa.csv``; a note may add those of single populations."""
        path = self.folder / "cites_taxa.csv"
        if not path.is_file():
            return {}
        table = read_reference(path, ("scientific_name", "appendix", "note"))
        rows = table.itertuples(index=False)
        return {
            str(row.scientific_name).casefold(): frozenset(_APPENDIX.findall(f"{row.appendix} {row.note}"))
            for row in rows
        }

    def headings(self, version: str | None) -> tuple[str, frozenset[str]]:
        """Return the codes of an edition, or of the newest where none is named; none if it was not imported."""
        edition = version or max(self.editions, default="")
        return edition, self.editions.get(edition, frozenset())

    def appendices(self, species: str) -> frozenset[str]:
        """Return the appendices in which a species is listed; none where it is not known."""
        return self.taxa.get(" ".join(species.split()).casefold(), frozenset())


def reference(folder: str | Path | None = None) -> Reference:
    """Return the tables that checks look into.

    Parameters
    ----------
    folder
        A folder of tables. None is the user's own (the environment variable OMDRISK_TABLES, else ``features/tables``
        below the folder in which one works), else the shipped one.

    Raises
    ------
    InputError
        If there is no such folder.

    Examples
    --------
    >>> sorted(reference().appendices("Manis javanica"))
    ['I']
    """
    if folder is not None and not Path(folder).is_dir():
        raise InputError(f"{folder} is no folder of tables. `omdrisk init` makes one, as features/tables.")
    return Reference(Path(folder) if folder is not None else own_tables() or definitions("features") / "tables")
