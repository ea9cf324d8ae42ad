"""The fields of shipments: each column read, and each entity and number worked out, once and for all who ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from omdrisk.entities.numbers import number_of
from omdrisk.entities.texts import entity_of
from omdrisk.entities.times import NO_TIME, micros
from omdrisk.errors import DefinitionError
from omdrisk.records.canonical import as_table, column_of, frame_of, names_of, number_cells, text_cells
from omdrisk.records.coded import Coded, coded
from omdrisk.records.schema import table
from omdrisk.records.texts import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from omdrisk.records.schema import Column

T = TypeVar("T")

_UTC_MICROSECONDS = pd.DatetimeTZDtype("us", "UTC")
_PLAIN = ("text", "code")


class Fields:
    """The fields of shipments, each in canonical form and read when it is first asked for.

    What `records.as_table` makes of a whole table, this makes of one column at a time, without a table in between: for
    a single shipment most of the time would else go into making columns that nobody asks for. An object is for one
    batch of shipments, which must not change meanwhile.

    Parameters
    ----------
    data
        Whatever `records.as_table` takes; a column that it lacks is missing.
    canonical
        Whether cells are brought to canonical form; without, texts and numbers are taken as they are.

    Raises
    ------
    InputError
        If `data` is no table, or two of its columns come to the same name.

    Examples
    --------
    >>> fields = Fields({"hs_code": [10129], "gross_weight_kg": ["12.5"], "Tax Rate": [8]})
    >>> fields.text("hs_code").texts, fields.number("gross_weight_kg"), fields.entity("hs4").texts
    (['010129'], array([12.5]), ['0101'])
    >>> fields.text("x_tax_rate").texts, fields.text("seal_nos").codes
    (['8'], array([-1]))
    """

    def __init__(self, data: Any, *, canonical: bool = True) -> None:
        self._frame = frame_of(data)
        self._canonical = canonical
        known = table("shipments").columns
        names = names_of(self._frame, known, "shipments") if canonical else list(self._frame.columns)
        self._places = {name: place for place, name in enumerate(names)}
        self._specs = known
        self._made: dict[Hashable, Any] = {}

    @classmethod
    def of(cls, shipments: pd.DataFrame | Fields) -> Fields:
        """Return the fields of a shipments table as they stand there, or what are fields already."""
        return shipments if isinstance(shipments, Fields) else cls(shipments, canonical=False)

    def __len__(self) -> int:
        return len(self._frame)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    @property
    def index(self) -> pd.Index:
        """The index of the table."""
        return self._frame.index

    def frame(self) -> pd.DataFrame:
        """Return the shipments as a table: the canonical one, or the one that was given."""
        if not self._canonical:
            return self._frame
        return self.once("frame", lambda: as_table(self._frame, "shipments"))

    def take(self, rows: NDArray[Any]) -> Fields:
        """Return the fields of some rows, by place or by flag."""
        kept = self._frame.iloc[np.flatnonzero(rows) if rows.dtype == bool else rows]
        return Fields(kept, canonical=self._canonical)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return ``make()``, made once for each `key`."""
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = make()
        made: T = found
        return made

    def text(self, name: str) -> Coded:
        """Return a column as coded texts; a whole number is written without a point."""
        return self.once(("text", name), lambda: self._text(name))

    def number(self, name: str) -> NDArray[np.float64]:
        """Return a column as float64, NaN where it is no number.

        Raises
        ------
        DefinitionError
            If it holds moments.
        """
        return self.once(("column", name), lambda: self._number(name))

    def time(self, name: str) -> NDArray[np.int64]:
        """Return a column of moments in microseconds since 1970 UTC, `entities.NO_TIME` where missing."""
        return self.once(("time", name), lambda: self._time(name))

    def absent(self, name: str) -> NDArray[np.bool_]:
        """Return where a column is not filled."""
        return self.once(("absent", name), lambda: self._absent(name))

    def entity(self, name: str) -> Coded:
        """Return the entity `name` as coded texts; see `entities.entity`."""
        return self.once(("entity", name), lambda: entity_of(self, name))

    def derived(self, name: str) -> NDArray[np.float64]:
        """Return the number `name`, a column's or one made from several; see `entities.number`."""
        return self.once(("number", name), lambda: number_of(self, name))

    def _spec(self, name: str) -> Column | None:
        return self._specs.get(name)

    def _array(self, name: str) -> Any:
        place = self._places[name]
        # pandas's own way to a column without a Series around it: a twentieth of the time where there is one row
        read = getattr(self._frame, "_get_column_array", None)
        return self._frame.iloc[:, place].array if read is None else read(place)

    def _series(self, name: str) -> pd.Series:
        values = self._frame.iloc[:, self._places[name]]
        return column_of(values, self._spec(name)) if self._canonical else values

    def _text(self, name: str) -> Coded:
        if name not in self._places:
            return Coded(np.full(len(self), -1, dtype=np.int64), [])
        spec = self._spec(name)
        array = self._array(name)
        if _is_text(array) and (spec is None or spec.type in _PLAIN or not self._canonical):
            return text_cells(array, spec) if self._canonical else coded(array).map(_same)
        return coded(as_text(self._series(name))).map(_same)

    def _number(self, name: str) -> NDArray[np.float64]:
        if name not in self._places:
            return np.full(len(self), np.nan)
        array = self._array(name)
        spec = self._spec(name)
        if isinstance(array, np.ndarray) and array.dtype == np.float64:
            return number_cells(array, spec) if self._canonical else array
        values = self._series(name)
        if values.dtype == "float64":
            return np.asarray(values, dtype="float64")
        if isinstance(values.dtype, pd.DatetimeTZDtype) or values.dtype.kind == "M":
            raise DefinitionError(f"{name!r} is a moment and no number; use the kinds that compare moments.")
        read = pd.to_numeric(values.astype("object"), errors="coerce")
        found = np.array(read.to_numpy(dtype="float64", na_value=np.nan), dtype="float64")
        found[~np.isfinite(found)] = np.nan
        return found

    def _time(self, name: str) -> NDArray[np.int64]:
        if name not in self._places:
            return np.full(len(self), NO_TIME, dtype=np.int64)
        array = self._array(name)
        if array.dtype == _UTC_MICROSECONDS:
            moments: NDArray[np.int64] = array.asi8
            return moments
        return micros(self._series(name))

    def _absent(self, name: str) -> NDArray[np.bool_]:
        if name not in self._places:
            return np.ones(len(self), dtype=bool)
        array = self._array(name)
        spec = self._spec(name)
        if self._canonical and _is_text(array) and (spec is None or spec.type in _PLAIN):
            return self.text(name).codes < 0
        if isinstance(array, np.ndarray) and array.dtype == np.float64:
            return np.isnan(self.number(name))
        if array.dtype == _UTC_MICROSECONDS:
            return np.asarray(self.time(name) == NO_TIME)
        flags: NDArray[np.bool_] = self._series(name).isna().to_numpy(dtype=bool)
        return flags


def _is_text(array: Any) -> bool:
    """Say whether an array has the dtype ``str``, in a fraction of the time that comparing dtypes takes."""
    dtype = array.dtype
    return isinstance(dtype, pd.StringDtype) and dtype.na_value is not pd.NA


def _same(text: str) -> str:
    return text


def entity(shipments: pd.DataFrame, name: str) -> pd.Series:
    """Return the entity `name` of each shipment as text, missing where it is not known.

    Parameters
    ----------
    shipments
        A shipments table; a column that it lacks counts as missing.
    name
        A party (``consignee``), a part of one (``consignee_address``, ``consignee_phone``, ``consignee_person``),
        one of `ENTITIES`, or any column of the table, also one that starts with ``x_``.

    Raises
    ------
    DefinitionError
        If nothing is called `name`.

    Examples
    --------
    >>> frame = pd.DataFrame({"hs_code": ["440710", None], "port_of_loading": ["MYPKG", "HAN"]})
    >>> entity(frame, "hs4").tolist(), entity(frame, "loading_country").tolist()
    (['4407', nan], ['MY', 'VN'])
    """
    return Fields.of(shipments).entity(name).series(shipments.index, name)


def number(shipments: pd.DataFrame | Fields, name: str) -> NDArray[np.float64]:
    """Return the number `name` of each shipment, NaN where it is not known.

    Parameters
    ----------
    shipments
        A shipments table; a column that it lacks counts as missing.
    name
        A numeric column, a column that starts with ``x_``, or one of `NUMBERS`. Weights are in kilograms, volumes in
        cubic metres; a ratio whose bottom is 0 is NaN.

    Raises
    ------
    DefinitionError
        If nothing is called `name`, or it is no number.

    Examples
    --------
    >>> frame = pd.DataFrame({"gross_weight_kg": [100.0, 5.0], "packages": [4.0, 0.0]})
    >>> number(frame, "weight_per_package").tolist()
    [25.0, nan]
    """
    return Fields.of(shipments).derived(name)
