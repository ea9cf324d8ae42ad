"""Any table in memory to a canonical one: the same rows in the same order, each column in its canonical type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.records.coded import FEW, TEXT, Coded, coded
from omdrisk.records.codes import hs_code
from omdrisk.records.format_map import ALWAYS_MISSING, header_key
from omdrisk.records.schema import Column, table
from omdrisk.records.texts import as_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

UTC_MICROSECONDS = pd.DatetimeTZDtype("us", "UTC")
_HS_AS_KEPT = re.compile(r"(?:\d\d){2,5}")
_EXACT_WHOLE_NUMBERS = 2**53
_TRUE = frozenset({"true", "1", "1.0", "yes", "y", "t"})
_FALSE = frozenset({"false", "0", "0.0", "no", "n", "f"})


def frame_of(data: Any) -> pd.DataFrame:
    """Return any table in memory as a DataFrame; one that is a DataFrame already is returned as it is.

    Raises
    ------
    InputError
        If `data` is no table.
    """
    if isinstance(data, pd.DataFrame):
        return data
    if isinstance(data, (Mapping, list)):
        return pd.DataFrame(data)
    if hasattr(data, "__arrow_c_stream__"):
        import pyarrow as pa

        made: pd.DataFrame = pa.table(data).to_pandas()
        return made
    raise InputError(
        f"A table is expected (pandas, PyArrow, polars), and this is {type(data).__name__}. "
        "Files are read with omdrisk.read_shipments, read_cases or read_inspections."
    )


def _floats(values: pd.Series) -> NDArray[np.float64]:
    if values.dtype == "float64":
        return values.to_numpy()
    plain = values.astype("object") if isinstance(values.dtype, pd.CategoricalDtype) else values
    found: NDArray[np.float64] = pd.to_numeric(plain, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    return found


def number_cells(values: Any, spec: Column | None) -> NDArray[np.float64]:
    """Return a column (a Series or an array) of numbers as a canonical table holds it, NaN where it is none."""
    found = values if isinstance(values, np.ndarray) and values.dtype == "float64" else _floats(pd.Series(values))
    wrong = np.isinf(found)
    if spec is not None and spec.minimum is not None:
        wrong |= found < spec.minimum
    if spec is not None and spec.maximum is not None:
        wrong |= found > spec.maximum
    return np.where(wrong, np.nan, found) if np.count_nonzero(wrong) else found


def _number_column(values: pd.Series, spec: Column | None) -> pd.Series:
    found = _floats(values)
    made = number_cells(found, spec)
    if made is found and values.dtype == "float64":
        return values
    return pd.Series(made, index=values.index)


def _moments(values: pd.Series) -> pd.Series:
    if values.dtype.kind in "iufb":
        # a bare count has no epoch and no unit
        return pd.Series(pd.NaT, index=values.index, dtype=UTC_MICROSECONDS)
    if isinstance(values.dtype, pd.CategoricalDtype) or values.dtype.kind != "M":
        texts = as_text(values)
        return pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True).astype(UTC_MICROSECONDS)
    if getattr(values.dtype, "tz", None) is None and not isinstance(values.dtype, pd.ArrowDtype):
        utc: pd.Series = values.dt.as_unit("us").dt.tz_localize("UTC")
        return utc
    return pd.to_datetime(values, utc=True).astype(UTC_MICROSECONDS)


def _flags(values: pd.Series) -> pd.Series:
    if values.dtype == "bool":
        return values.astype("boolean")
    texts = as_text(values)
    words = texts.str.lower()
    told = words.map({**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)})
    return told.astype("boolean")


def text_cells(values: Any, spec: Column | None) -> Coded:
    """Return a column (a Series or an array of dtype ``str``) of texts as a canonical table holds it, coded.

    Examples
    --------
    >>> text_cells(pd.Series(["4407.10", "n/a"], dtype="str"), table("shipments").columns["hs_code"]).tolist()
    ['440710', None]
    """
    return _kept(coded(values), spec)


def _kept(made: Coded, spec: Column | None) -> Coded:
    hs = spec is not None and spec.codes == "hs"
    if ALWAYS_MISSING.isdisjoint(made.texts) and not (hs and not all(map(_HS_AS_KEPT.fullmatch, made.texts))):
        return made

    def told(text: str) -> str | None:
        text = (hs_code(text) or text) if hs else text
        return None if text in ALWAYS_MISSING else text

    return made.map(told)


def _texts(values: pd.Series, spec: Column | None) -> pd.Series:
    texts = values if values.dtype == TEXT else as_text(values)
    if len(texts) > FEW and not (spec is not None and spec.codes == "hs") and not texts.isin(ALWAYS_MISSING).any():
        return texts
    made = coded(texts)
    told = _kept(made, spec)
    return texts if told is made else told.series(texts.index)


def _extra(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.dtype.categories.dtype)
    dtype = values.dtype
    if dtype.kind in "iu" and values.abs().max() >= _EXACT_WHOLE_NUMBERS:
        return as_text(values)
    if dtype.kind in "iufb" and dtype not in ("bool", "boolean"):
        return _number_column(values, None)
    if dtype.kind == "M":
        return _moments(values)
    if dtype in ("bool", "boolean"):
        return values.astype("boolean")
    if dtype == "object" and pd.api.types.infer_dtype(values, skipna=True) in _NUMERIC_KINDS:
        return _number_column(values, None)
    return _texts(values, None)


_NUMERIC_KINDS = frozenset({"integer", "floating", "mixed-integer-float", "decimal"})


def is_text(array: Any) -> bool:
    """Say whether an array has the dtype ``str``, in a fraction of the time that comparing dtypes takes."""
    dtype = array.dtype
    return isinstance(dtype, pd.StringDtype) and dtype.na_value is not pd.NA


def is_canonical(array: Any, spec: Column | None) -> bool:
    """Say whether an array of flags or moments is what :func:`column_of` would make of it."""
    dtype = array.dtype
    if isinstance(dtype, pd.BooleanDtype):
        return spec is None or spec.type == "flag"
    return isinstance(dtype, pd.DatetimeTZDtype) and dtype == UTC_MICROSECONDS and (spec is None or spec.type == "time")


def column_of(values: pd.Series, spec: Column | None) -> pd.Series:
    """Return a column in its canonical type; one without a declaration is an agency's own."""
    if spec is None:
        return _extra(values)
    if spec.type == "time":
        return values if values.dtype == UTC_MICROSECONDS else _moments(values)
    if spec.type in ("number", "count"):
        return _number_column(values, spec)
    if spec.type == "flag":
        return values if values.dtype == "boolean" else _flags(values)
    return _texts(values, spec)


def names_of(frame: pd.DataFrame, what: str) -> tuple[str, ...]:
    """Return the canonical name of each column; those that the table `what` does not know get the prefix ``x_``.

    Raises
    ------
    InputError
        If two columns come to the same name.
    """
    return _told(tuple(map(str, frame.columns.tolist())), what)


@lru_cache(maxsize=64)
def _told(names: tuple[str, ...], what: str) -> tuple[str, ...]:
    known = table(what).columns
    told = tuple(name if name in known or name.startswith("x_") else f"x_{header_key(name)}" for name in names)
    seen: dict[str, str] = {}
    for name, new in zip(names, told, strict=True):
        if new in seen:
            raise InputError(
                f"The {what} table has two columns for {new!r}: {seen[new]!r} and {name!r}. "
                "Rename or leave out one of them."
            )
        seen[new] = name
    return told


def as_table(data: Any, name: str) -> pd.DataFrame:
    """Return `data` as the canonical table `name`: index and order kept, nothing dropped, bad cells missing.

    Parameters
    ----------
    data
        A pandas, PyArrow or polars table, anything that speaks the Arrow stream protocol, a list of records, or a
        mapping of columns. A column may be missing.
    name
        ``shipments``, ``cases`` or ``inspections``.

    Returns
    -------
    DataFrame
        Canonical columns in canonical types; a cell that is none (no number, no date, below the minimum) is missing.
        Columns that the table does not know get the prefix ``x_`` in front of their name in lower snake case: numbers
        become float64, all else text. A table that is right already is returned as it is, not copied.

    Raises
    ------
    InputError
        If `data` is no table, or two of its columns come to the same name.

    Examples
    --------
    >>> made = as_table({"hs_code": [10129], "gross_weight_kg": ["12.5"], "Tax Rate": [8]}, "shipments")
    >>> made.to_dict("records")
    [{'hs_code': '010129', 'gross_weight_kg': 12.5, 'x_tax_rate': 8.0}]
    """
    frame = frame_of(data)
    known = table(name).columns
    names = names_of(frame, name)
    changed: dict[str, pd.Series] = {}
    columns: list[pd.Series] = []
    for column, (_, values) in zip(names, frame.items(), strict=True):
        made = column_of(values, known.get(column))
        columns.append(made)
        if made is not values:
            changed[column] = made
    if not changed and list(names) == list(frame.columns):
        return frame
    if not columns:
        return frame
    return pd.concat([column.set_axis(frame.index) for column in columns], axis="columns", keys=names)
