"""Columns of canonical tables, made fast: texts by number from a list, moments, numbers, flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omdrisk.records.schema import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


def text_column(texts: Sequence[str | None] | NDArray[np.object_], keep: NDArray[np.bool_] | None = None) -> Any:
    """Return one text per row; None, and rows that are not kept, are missing."""
    array = pa.array(texts, type=pa.large_string())
    if keep is not None:
        array = pc.if_else(pa.array(keep), array, pa.scalar(None, pa.large_string()))
    return pd.array(array, dtype="str")


def coded_column(
    texts: Sequence[str | None] | NDArray[np.object_],
    number: NDArray[np.integer],
    keep: NDArray[np.bool_] | None = None,
) -> Any:
    """Return for each row the text that its number points to; missing where the number is negative or not kept."""
    missing = number < 0 if keep is None else (number < 0) | ~keep
    pool = pa.array(texts, type=pa.large_string())
    return pd.array(pool.take(pa.array(np.where(missing, 0, number).astype(np.int64), mask=missing)), dtype="str")


def moment_column(micros: NDArray[np.int64], keep: NDArray[np.bool_] | None = None) -> Any:
    """Return moments given in microseconds since the epoch, UTC."""
    moments = micros.astype("datetime64[us]")
    if keep is not None:
        moments = np.where(keep, moments, np.datetime64("NaT", "us"))
    return pd.DatetimeIndex(moments).tz_localize("UTC")


def number_column(values: NDArray[Any], keep: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Return numbers, NaN where they are not kept."""
    numbers: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    return numbers if keep is None else np.where(keep, numbers, np.nan)


def frame(name: str, columns: Mapping[str, Any], count: int) -> pd.DataFrame:
    """Return the canonical table `name` with every column in its place and type; columns not given are missing."""
    data: dict[str, Any] = {}
    nothing = pd.array(pa.nulls(count, type=pa.large_string()), dtype="str")
    for column in table(name).columns.values():
        if column.name in columns:
            data[column.name] = pd.Series(columns[column.name], copy=False).astype(column.dtype)
        elif column.dtype == "str":
            data[column.name] = nothing
        elif column.type == "time":
            data[column.name] = pd.Series(pd.DatetimeIndex(np.full(count, "NaT", "M8[us]")).tz_localize("UTC"))
        elif column.type == "flag":
            data[column.name] = pd.array([pd.NA] * count, dtype="boolean")
        else:
            data[column.name] = np.full(count, np.nan)
    return pd.DataFrame(data, index=pd.RangeIndex(count))
