"""Format maps: how one agency's file becomes the canonical tables, said in TOML."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from anyascii import anyascii

from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.records.schema import Column, Type, table

TABLES: Final = ("shipments", "cases", "inspections")
ORDERS: Final = ("ymd", "dmy", "mdy")
SYNTAXES: Final = ("table", "cuscar", "cargo-imp")
"""How a file is laid out: rows under a header, EDIFACT CUSCAR messages, or IATA Cargo-IMP messages (FWB, FHL)."""
EXTRA_TYPES: Final[dict[str, Type]] = {"text": "text", "number": "number", "time": "time", "flag": "flag"}
"""Types that a format map may give an ``x_`` column."""
ALWAYS_MISSING: Final = frozenset(
    {"", "-", "--", "N/A", "n/a", "#N/A", "NULL", "null", "None", "NaN", "nan", "NaT", "<NA>"}
)
"""Texts that stand for nothing in every format."""

_NOT_A_WORD = re.compile(r"[\W_]+")


def header_key(text: str) -> str:
    """Return a header as it is compared and as an ``x_`` column is named: lower snake case without accents.

    Examples
    --------
    >>> header_key("Tax Rate"), header_key("Số vận đơn"), header_key("Gross weight (kg)")
    ('tax_rate', 'so_van_don', 'gross_weight_kg')
    """
    return _NOT_A_WORD.sub("_", anyascii(text).lower()).strip("_")


@dataclass(frozen=True)
class Split:
    """A column that holds several: its headers, the sign between, and what the parts are, by their number."""

    headers: tuple[str, ...]
    on: str
    into: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Join:
    """A canonical column made of several source columns."""

    headers: tuple[str, ...]
    by: str = " "


@dataclass(frozen=True)
class Label:
    """A word that a canonical column gets where the source column `header` holds one of the texts `is_`."""

    header: str
    is_: frozenset[str]
    label: str


@dataclass(frozen=True)
class Labels:
    """Rules that fill a canonical column with words; several that hold are joined by ``;``."""

    when: tuple[Label, ...]
    otherwise: str


@dataclass(frozen=True)
class Fill:
    """A moment that is reckoned from another one where it is not given."""

    source: str
    plus_days: float


@dataclass(frozen=True)
class Units:
    """Factors to the canonical unit: one for the column, or one by the text in the column `header`."""

    factor: float = 1.0
    header: tuple[str, ...] = ()
    factors: dict[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class TableMap:
    """How one canonical table is made from the file."""

    columns: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    constants: dict[str, str] = field(default_factory=dict, hash=False)
    translate: dict[str, dict[str, str]] = field(default_factory=dict, hash=False)
    units: dict[str, Units] = field(default_factory=dict, hash=False)
    split: tuple[Split, ...] = ()
    join: dict[str, Join] = field(default_factory=dict, hash=False)
    rows: dict[str, str] = field(default_factory=dict, hash=False)
    labels: dict[str, Labels] = field(default_factory=dict, hash=False)
    fill: dict[str, Fill] = field(default_factory=dict, hash=False)
    types: dict[str, str] = field(default_factory=dict, hash=False)
    drop: tuple[str, ...] = ()
    unknown: str = "keep"

    def extra_columns(self) -> dict[str, Column]:
        """Return the ``x_`` columns whose type is declared."""
        return {name: Column(name=name, type=EXTRA_TYPES[kind], meaning="") for name, kind in self.types.items()}


@dataclass(frozen=True)
class FormatMap:
    """A format: how its files are written, and one `TableMap` for each table that they can yield."""

    name: str
    title: str = ""
    encodings: tuple[str, ...] = ("utf-8",)
    delimiters: tuple[str, ...] = (",", ";", "\t", "|")
    sheet: str | None = None
    syntax: str = "table"
    dates: str = "ymd"
    zone: str = "UTC"
    decimal: str = "."
    thousands: str = ""
    lists: str = ";"
    missing: tuple[str, ...] = ()
    missing_kept: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    canonical_names: bool = False
    tables: dict[str, TableMap] = field(default_factory=dict, hash=False)


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(item) for item in value)


def _units(value: Any) -> Units:
    if isinstance(value, (int, float)):
        return Units(factor=float(value))
    factors = {text.casefold(): float(factor) for text, factor in value["factors"].items()}
    return Units(header=_texts(value["header"]), factors=factors)


def _labels(value: Any) -> Labels:
    rules = (Label(rule["header"], frozenset(_texts(rule["is"])), rule["label"]) for rule in value["when"])
    return Labels(when=tuple(rules), otherwise=value["otherwise"])


_PARTS: dict[str, Any] = {
    "columns": lambda part: {name: _texts(headers) for name, headers in part.items()},
    "constants": lambda part: {name: str(value) for name, value in part.items()},
    "translate": lambda part: {
        name: {text.casefold(): str(value) for text, value in words.items()} for name, words in part.items()
    },
    "units": lambda part: {name: _units(value) for name, value in part.items()},
    "split": lambda part: tuple(
        Split(_texts(one["headers"]), one["on"], tuple(map(tuple, one["into"]))) for one in part
    ),
    "join": lambda part: {name: Join(_texts(one["headers"]), one.get("by", " ")) for name, one in part.items()},
    "rows": dict,
    "labels": lambda part: {name: _labels(value) for name, value in part.items()},
    "fill": lambda part: {name: Fill(value["from"], float(value.get("plus_days", 0))) for name, value in part.items()},
    "types": lambda part: {name: str(kind) for name, kind in part.items()},
    "drop": _texts,
    "unknown": str,
}


def _made_columns(section: TableMap) -> set[str]:
    names = {*section.columns, *section.constants, *section.translate, *section.units, *section.join, *section.rows}
    names |= {*section.labels, *section.fill, *(fill.source for fill in section.fill.values())}
    return names | {name for split in section.split for into in split.into for name in into}


def _table_map(place: str, name: str, spec: dict[str, Any]) -> TableMap:
    for key in spec:
        if key not in _PARTS:
            raise DefinitionError(f"{place}: [{name}] {key!r} is unknown. {did_you_mean(key, _PARTS)}")
    try:
        section = TableMap(**{key: _PARTS[key](value) for key, value in spec.items()})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DefinitionError(
            f"{place}: [{name}] is not written as a format map is ({type(error).__name__}: {error}). "
            "See omdrisk/records/formats/vn-emanifest.toml for an example of each part."
        ) from error
    known = table(name).columns
    for column in sorted(_made_columns(section)):
        if column not in known and not column.startswith("x_"):
            hint = did_you_mean(column, known)
            raise DefinitionError(f"{place}: [{name}] {column!r} is no column of {name}. {hint}")
    for column, kind in section.types.items():
        if not column.startswith("x_") or kind not in EXTRA_TYPES:
            raise DefinitionError(
                f"{place}: [{name}.types] {column} = {kind!r}: it gives an x_ column a type, one of "
                f"{', '.join(EXTRA_TYPES)}; the others have theirs."
            )
    if section.unknown not in {"keep", "drop"}:
        raise DefinitionError(f"{place}: [{name}] unknown = {section.unknown!r} should be 'keep' or 'drop'.")
    return section


def parse_format(place: str, text: str) -> FormatMap:
    """Return the format map written in `text`; `place` names it in errors.

    Raises
    ------
    DefinitionError
        If the text is not TOML, or a key, column, zone or date order in it is unknown.
    """
    try:
        spec = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{place} is not TOML: {error}.") from error
    settings = _settings(place, spec)
    made = FormatMap(**settings, tables={name: _table_map(place, name, spec[name]) for name in TABLES if name in spec})
    if made.dates not in ORDERS:
        raise DefinitionError(f"{place}: [file] dates = {made.dates!r} should be one of {', '.join(ORDERS)}.")
    if made.syntax not in SYNTAXES:
        raise DefinitionError(f"{place}: [file] syntax = {made.syntax!r} should be one of {', '.join(SYNTAXES)}.")
    try:
        ZoneInfo(made.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise DefinitionError(
            f"{place}: [file] zone = {made.zone!r} is no time zone; write it as 'Asia/Bangkok' "
            "(the tzdata package holds the zones where the system has none)."
        ) from error
    return made


def _settings(place: str, spec: dict[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = {key: spec[key] for key in ("name", "title") if key in spec} | spec.get("file", {})
    known = {entry.name for entry in fields(FormatMap)} - {"tables"}
    for key in settings:
        if key not in known:
            raise DefinitionError(f"{place}: [file] {key!r} is unknown. {did_you_mean(key, known)}")
    for key in spec:
        if key not in {"name", "title", "file", *TABLES}:
            raise DefinitionError(f"{place}: [{key}] is unknown. {did_you_mean(key, ['file', *TABLES])}")
    for key in ("encodings", "delimiters", "missing"):
        if key in settings:
            settings[key] = _texts(settings[key])
    if "missing_kept" in settings:
        settings["missing_kept"] = {name: _texts(value) for name, value in settings["missing_kept"].items()}
    settings.setdefault("name", Path(place).stem)
    return settings


def format_names() -> list[str]:
    """Return the names of the formats that come with the package."""
    folder = resources.files("omdrisk.records").joinpath("formats")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


@cache
def _packaged(name: str) -> FormatMap:
    folder = resources.files("omdrisk.records").joinpath("formats")
    return parse_format(f"{name}.toml", folder.joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def read_format(name: str | Path | None = None) -> FormatMap:
    """Return a format map: one that comes with the package, or a user's own TOML file.

    Parameters
    ----------
    name
        ``canonical`` (if nothing is given), another of `format_names`, or the path of a TOML file.

    Raises
    ------
    DefinitionError
        If there is no such format, or the file does not say what a format map must.

    Examples
    --------
    >>> read_format("vn-emanifest").zone
    'Asia/Ho_Chi_Minh'
    """
    if name is None:
        return _packaged("canonical")
    known = format_names()
    if isinstance(name, str) and name in known:
        return _packaged(name)
    path = Path(name)
    if path.suffix == ".toml":
        try:
            return parse_format(str(path), path.read_text(encoding="utf-8"))
        except OSError as error:
            raise DefinitionError(f"{path}: the format map cannot be read ({error.strerror}).") from error
        except UnicodeDecodeError as error:
            raise DefinitionError(f"{path}: a format map is UTF-8 text, and this file is not.") from error
    hint = did_you_mean(str(name), known)
    raise DefinitionError(
        f"{name!r} is no format. {hint} A format map of your own is named by its path, as 'maps/mine.toml'."
    )
