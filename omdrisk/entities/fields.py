"""The fields of shipments: each column read, and each entity and number worked out, once and for all who ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.entities.numbers import number_of
from omdrisk.entities.texts import entity_of
from omdrisk.entities.times import NO_TIME, micros
from omdrisk.errors import DefinitionError
from omdrisk.records.canonical import (
    UTC_MICROSECONDS,
    as_table,
    column_of,
    frame_of,
    is_canonical,
    is_text,
    names_of,
    number_cells,
    text_cells,
)
from omdrisk.records.coded import Coded, coded
from omdrisk.records.schema import table
from omdrisk.records.texts import spelt

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PLAIN = ("text", "code")
_NUMERIC = ("number", "count")


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
        names = names_of(self._frame, "shipments") if canonical else self._frame.columns.tolist()
        self._places = {name: place for place, name in enumerate(names)}
        self._specs = table("shipments").columns
        self._table: pd.DataFrame | None = None
        self._texts: dict[str, Coded] = {}
        self._numbers: dict[str, NDArray[np.float64]] = {}
        self._times: dict[str, NDArray[np.int64]] = {}
        self._absences: dict[str, NDArray[np.bool_]] = {}
        self._entities: dict[str, Coded] = {}
        self._derived: dict[str, NDArray[np.float64]] = {}

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
        if self._table is None:
            self._table = as_table(self._frame, "shipments") if self._canonical else self._frame
        return self._table

    def take(self, rows: NDArray[Any]) -> Fields:
        """Return the fields of some rows, by place or by flag."""
        kept = self._frame.iloc[np.flatnonzero(rows) if rows.dtype == bool else rows]
        return Fields(kept, canonical=self._canonical)

    def text(self, name: str) -> Coded:
        """Return a column as coded texts; a whole number is written without a point."""
        found = self._texts.get(name)
        if found is None:
            found = self._texts[name] = self._text(name)
        return found

    def number(self, name: str) -> NDArray[np.float64]:
        """Return a column as float64, NaN where it is no number.

        Raises
        ------
        DefinitionError
            If it holds moments.
        """
        found = self._numbers.get(name)
        if found is None:
            found = self._numbers[name] = self._number(name)
        return found

    def time(self, name: str) -> NDArray[np.int64]:
        """Return a column of moments in microseconds since 1970 UTC, `entities.NO_TIME` where missing."""
        found = self._times.get(name)
        if found is None:
            found = self._times[name] = self._time(name)
        return found

    def absent(self, name: str) -> NDArray[np.bool_]:
        """Return where a column is not filled."""
        found = self._absences.get(name)
        if found is None:
            found = self._absences[name] = self._absent(name)
        return found

    def entity(self, name: str) -> Coded:
        """Return the entity `name` as coded texts; see `entities.entity`."""
        found = self._entities.get(name)
        if found is None:
            found = self._entities[name] = entity_of(self, name)
        return found

    def derived(self, name: str) -> NDArray[np.float64]:
        """Return the number `name`, a column's or one made from several; see `entities.number`."""
        found = self._derived.get(name)
        if found is None:
            found = self._derived[name] = number_of(self, name)
        return found

    def _array(self, name: str) -> Any:
        place = self._places[name]
        # pandas's own way to a column without a Series around it: a twentieth of the time where there is one row
        read = getattr(self._frame, "_get_column_array", None)
        return self._frame.iloc[:, place].array if read is None else read(place)

    def _column(self, name: str) -> Any:
        """Return a column in its canonical type: an array where it has that already, else a Series."""
        array, spec = self._array(name), self._specs.get(name)
        if not self._canonical or is_canonical(array, spec):
            return array
        if array.dtype == np.float64 and (spec is None or spec.type in _NUMERIC):
            return number_cells(array, spec)
        return column_of(self._frame.iloc[:, self._places[name]], spec)

    def _text(self, name: str) -> Coded:
        if name not in self._places:
            return Coded(np.full(len(self), -1, dtype=np.int64), [])
        array, spec = self._array(name), self._specs.get(name)
        if is_text(array) and (spec is None or spec.type in _PLAIN or not self._canonical):
            return text_cells(array, spec) if self._canonical else coded(array).map(_same)
        return spelt(self._column(name)).map(_same)

    def _number(self, name: str) -> NDArray[np.float64]:
        if name not in self._places:
            return np.full(len(self), np.nan)
        values = self._column(name)
        if values.dtype == "float64":
            return np.asarray(values)
        if isinstance(values.dtype, pd.BooleanDtype):
            told: NDArray[np.float64] = values.to_numpy(dtype="float64", na_value=np.nan)
            return told
        if values.dtype.kind == "M":
            raise DefinitionError(f"{name!r} is a moment and no number; use the kinds that compare moments.")
        read = pd.to_numeric(pd.Series(values, dtype="object"), errors="coerce")
        found = np.array(read.to_numpy(dtype="float64", na_value=np.nan), dtype="float64")
        found[~np.isfinite(found)] = np.nan
        return found

    def _time(self, name: str) -> NDArray[np.int64]:
        if name not in self._places:
            return np.full(len(self), NO_TIME, dtype=np.int64)
        array = self._array(name)
        if array.dtype == UTC_MICROSECONDS:
            moments: NDArray[np.int64] = array.asi8
            return moments
        return micros(pd.Series(self._column(name)))

    def _absent(self, name: str) -> NDArray[np.bool_]:
        if name not in self._places:
            return np.ones(len(self), dtype=bool)
        spec = self._specs.get(name)
        if self._canonical and (is_text(self._array(name)) if spec is None else spec.type in _PLAIN):
            return self.text(name).codes < 0
        if self._canonical and spec is not None and spec.type == "time":
            return np.asarray(self.time(name) == NO_TIME)
        if self._canonical and spec is not None and spec.type in _NUMERIC:
            return np.isnan(self.number(name))
        return np.asarray(pd.isna(self._column(name)), dtype=bool)


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
