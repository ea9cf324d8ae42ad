"""The canonical tables, declared once in TOML: what readers map to, checks test and documentation says.

TOML and not pandera: the declaration also makes the data dictionary and the templates, an officer can read it, and a
check must do more than refuse. It spells codes, counts repairs and tells every reason of a row beside its cells. What
was compared is told in docs/records.md.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

import pandas as pd

Type = Literal["text", "code", "number", "count", "time", "flag"]
Unknown = Literal["reject", "keep", "drop"]

STRICT_LISTS: Final = frozenset({"countries", "hs", "classes"})
"""Code lists whose unknown codes reject their row, where the column does not say otherwise."""

DTYPES: dict[Type, Any] = {
    "text": "str",
    "code": "str",
    "number": "float64",
    "count": "float64",
    "time": pd.DatetimeTZDtype("us", "UTC"),
    "flag": "boolean",
}


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    `codes` names a code list, `scheme` a scheme of codes too many for a list; `many` says that several values may stand
    in a cell, joined by ``;``. `unknown` says what becomes of a code that the list does not have.
    """

    name: str
    type: Type
    meaning: str
    required: bool = False
    codes: str | None = None
    scheme: str | None = None
    unknown: Unknown | None = None
    many: bool = False
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None

    @property
    def dtype(self) -> Any:
        """The pandas dtype in which the column is kept."""
        return DTYPES[self.type]

    @property
    def on_unknown(self) -> Unknown:
        """What becomes of a code that the list does not have: its row is rejected, or it is kept, or left out."""
        return self.unknown or ("reject" if self.codes in STRICT_LISTS or self.required else "drop")


@dataclass(frozen=True)
class Table:
    """A canonical table: its key, its moment (the clock it is ordered by) and its columns in order."""

    name: str
    key: str
    moment: str
    columns: dict[str, Column] = field(hash=False)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that every row must fill."""
        return tuple(name for name, column in self.columns.items() if column.required)


@cache
def table(name: str) -> Table:
    """Return the canonical table called `name`: ``shipments``, ``cases`` or ``inspections``.

    Examples
    --------
    >>> table("shipments").required
    ('shipment_id', 'filed_at')
    >>> table("shipments").columns["consignee_country"].codes
    'countries'
    """
    text = resources.files("omdrisk.records").joinpath("tables", f"{name}.toml").read_text(encoding="utf-8")
    spec = tomllib.loads(text)
    columns = {key: Column(name=key, **entry) for key, entry in spec["columns"].items()}
    for party in spec.get("parties", ()):
        for key, entry in spec["party"].items():
            meaning = f"{party.capitalize()}: {entry['meaning'][0].lower()}{entry['meaning'][1:]}"
            columns[f"{party}_{key}"] = Column(name=f"{party}_{key}", **{**entry, "meaning": meaning})
    return Table(name=spec["name"], key=spec["key"], moment=spec["moment"], columns=columns)


def empty(name: str) -> pd.DataFrame:
    """Return the canonical table `name` with no rows and every column in its dtype.

    Examples
    --------
    >>> str(empty("cases")["known_at"].dtype)
    'datetime64[us, UTC]'
    """
    columns = table(name).columns.values()
    return pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in columns})
