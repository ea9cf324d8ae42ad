"""Texts to moments in UTC, in the date order and time zone that the format map says."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]+(.+))?$")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?$")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[ T,]+(.+))?$")
_TIME_FIRST = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?)\s+(\d{1,2}[-/.]\d{1,2}[-/.]\d{4})$")
_NAMED = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3,9})[- ,]+(\d{4})(?:[ T,]+(.+))?$")
_CLOCK = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp][Mm])?\s*(Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?$"
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?$")
_SIMPLE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})?)?$")
_OFFSET = re.compile(r":\d{2}(?:\.\d+)?\s*(?:Z|[+-]\d{2}:\d{2})$")
_LOOKED_AT = 50
_MONTHS: Final = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if number}
_SHEET_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a count of days, not yet in a zone
_DTYPE = pd.DatetimeTZDtype("us", "UTC")
EARLIEST_YEAR: Final = 1970
LATEST_YEAR: Final = 2100


def _clock(text: str | None) -> str | None:
    if not text:
        return ""
    found = _CLOCK.match(text.strip())
    if not found:
        return None
    hour, half = int(found[1]), (found[5] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    zone = {"UTC": "Z"}.get(found[6] or "", found[6] or "")
    if re.fullmatch(r"[+-]\d{2}", zone):
        zone += ":00"
    elif re.fullmatch(r"[+-]\d{4}", zone):
        zone = f"{zone[:3]}:{zone[3:]}"
    fraction = f".{(found[4] + '000000')[:6]}" if found[4] else ""
    return f"T{hour:02}:{found[2]}:{found[3] or '00'}{fraction}{zone}"


def _dated(year: str, month: int | str, day: int | str, clock: str | None) -> str | None:
    time = _clock(clock)
    return None if time is None else f"{year}-{int(month):02}-{int(day):02}{time}"


def iso_text(text: str, order: str) -> str | None:
    """Return a date or moment in ISO 8601, or nothing if it is not written as one.

    Examples
    --------
    >>> iso_text("5/1/2023 8:30", "dmy"), iso_text("5/1/2023 8:30", "mdy"), iso_text("05-Jan-2023", "mdy")
    ('2023-01-05T08:30:00', '2023-05-01T08:30:00', '2023-01-05')
    >>> iso_text("5/1/23", "dmy") is None
    True
    """
    text = text.strip()
    if found := _TIME_FIRST.match(text):
        text = f"{found[2]} {found[1]}"
    if found := _YEAR_FIRST.match(text):
        return _dated(found[1], found[2], found[3], found[4])
    if found := _COMPACT.match(text):
        clock = f"{found[4]}:{found[5]}:{found[6] or '00'}" if found[4] else None
        return _dated(found[1], found[2], found[3], clock)
    if found := _NAMED.match(text):
        named = _MONTHS.get(found[2][:3].lower())
        return None if named is None else _dated(found[3], named, found[1], found[4])
    if order != "ymd" and (found := _YEAR_LAST.match(text)):
        day, month = (found[1], found[2]) if order == "dmy" else (found[2], found[1])
        return _dated(found[3], month, day, found[4])
    if _SERIAL.match(text):
        return (_SHEET_EPOCH + timedelta(days=float(text))).isoformat(timespec="seconds")
    return None


def _utc(texts: list[str | None], zone: str) -> NDArray[np.int64]:
    series = pd.Series(texts, dtype="str")
    aware = series.str.contains(_OFFSET, na=False).to_numpy()
    read = pd.to_datetime(series, format="ISO8601", errors="coerce", utc=True).dt.as_unit("us")
    if not aware.all():
        read = read.where(aware, _localised(read.dt.tz_localize(None), zone))
    moments: NDArray[np.int64] = read.dt.tz_localize(None).to_numpy(dtype="datetime64[us]").view(np.int64)
    return moments


def _plain(column: Any, zone: str) -> pd.Series | None:
    """Read a column that is ISO 8601 throughout, or return nothing."""
    kinds = (pa.timestamp("us"), pa.timestamp("us", tz="UTC"))
    first = next((text.as_py() for text in column[:_LOOKED_AT] if text.is_valid), "")
    for kind in reversed(kinds) if _OFFSET.search(first) else kinds:
        try:
            read = pc.cast(column, kind)
        except pa.ArrowInvalid:
            continue
        ends = (datetime(year, 1, 1, tzinfo=UTC) for year in (EARLIEST_YEAR, LATEST_YEAR))
        low, high = (pa.scalar(end, pa.timestamp("us", tz="UTC")).cast(kind) for end in ends)
        if len(read) and pc.any(pc.or_(pc.less(read, low), pc.greater_equal(read, high))).as_py():
            return None
        values: pd.Series = read.to_pandas()
        if kind.tz is None:
            values = _localised(values, zone)
        return values.astype(_DTYPE)
    return None


def _localised(naive: pd.Series, zone: str) -> pd.Series:
    # an hour that comes twice when clocks are put back is taken as its first coming
    first = np.ones(len(naive), dtype=bool)
    there: pd.Series = naive.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    utc: pd.Series = there.dt.tz_convert("UTC")
    return utc


def moments(column: Any, order: str, zone: str) -> tuple[pd.Series, NDArray[np.bool_], int, str]:
    """Return the moments of a text column in UTC, which cells are none, and how many were not in ISO 8601 (with one).

    Parameters
    ----------
    column
        Arrow string array; missing cells give NaT and are not wrong.
    order
        ``ymd``, ``dmy`` or ``mdy``.
    zone
        Zone of the texts that name none.
    """
    plain = _plain(column, zone)
    if plain is not None:
        return plain, np.zeros(len(column), dtype=bool), 0, ""
    encoded = column.dictionary_encode()
    texts: list[str] = encoded.dictionary.to_pylist()
    simple = [bool(_SIMPLE.match(text)) for text in texts]
    spelled = [text if plain else iso_text(text, order) for text, plain in zip(texts, simple, strict=True)]
    read = _utc(spelled, zone)
    nothing = np.iinfo(np.int64).min
    low, high = (np.datetime64(f"{year}-01-01", "us").astype(np.int64) for year in (EARLIEST_YEAR, LATEST_YEAR))
    read = np.where((read >= low) & (read < high), read, nothing)
    places = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    values = np.append(read, nothing)[places]
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    wrong = (values == nothing) & valid
    other = np.append(~np.asarray(simple, dtype=bool), False)[places] & ~wrong
    as_read = zip(texts, simple, read.tolist(), strict=True)
    example = next((text for text, iso, moment in as_read if not iso and moment != nothing), "")
    series = pd.Series(values.view("datetime64[us]")).dt.tz_localize("UTC")
    return series, wrong, int(other.sum()), example
