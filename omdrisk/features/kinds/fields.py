"""What the fields of one shipment say: numbers, ratios, gaps, agreement and likeness."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from omdrisk.features.arguments import argument, column, columns, entity_name, flag, number_name
from omdrisk.features.kinds.base import Kind
from omdrisk.features.words import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from omdrisk.features.view import View

#: Finest fraction that `round_number` looks at: a thousandth, the grams of a weight in kilograms.
FRACTION = 1000
_POWERS = np.array([float(f"1e{power}") for power in range(-3, 16)])


@dataclass(frozen=True)
class Number(Kind):
    """A number as declared, or the logarithm of one plus it; a negative number has no logarithm.

    Examples
    --------
    >>> Number(value="packages", log=True).arguments()
    {'value': 'packages', 'log': True}
    """

    word: ClassVar[str] = "number"
    value: str = argument(number_name)
    log: bool = argument(flag, default=False)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.value,)

    def compute(self, view: View) -> NDArray[np.float64]:
        value = view.number(self.value)
        return np.log1p(np.where(value >= 0, value, np.nan)) if self.log else value

    def shown(self, view: View) -> NDArray[np.float64]:
        return view.number(self.value)


@dataclass(frozen=True)
class Ratio(Kind):
    """One number over another; missing where the lower one is zero.

    Examples
    --------
    >>> Ratio(top="freight_charge", bottom="invoice_value").needs
    ('freight_charge', 'invoice_value')
    """

    word: ClassVar[str] = "ratio"
    top: str = argument(number_name)
    bottom: str = argument(number_name)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.top, self.bottom)

    def compute(self, view: View) -> NDArray[np.float64]:
        bottom = view.number(self.bottom)
        return view.number(self.top) / np.where(bottom == 0, np.nan, bottom)


@dataclass(frozen=True)
class Missing(Kind):
    """How many of `columns` are not filled; a column that the table does not have is not filled.

    Examples
    --------
    >>> Missing(columns=("consignee_phone", "consignee_tax_id")).inputs
    ('consignee_phone', 'consignee_tax_id')
    """

    word: ClassVar[str] = "missing"
    columns: tuple[str, ...] = argument(columns)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.columns

    def compute(self, view: View) -> NDArray[np.float64]:
        count = np.zeros(len(view))
        for name in self.columns:
            count += view.absent(name)
        return count


@dataclass(frozen=True)
class Agree(Kind):
    """1 where two entities are the same, 0 where they differ, missing where one of them is.

    Examples
    --------
    >>> Agree(left="notify_country", right="country_of_destination").needs
    ('notify_country', 'country_of_destination')
    """

    word: ClassVar[str] = "agree"
    left: str = argument(entity_name)
    right: str = argument(entity_name)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.left, self.right)

    def compute(self, view: View) -> NDArray[np.float64]:
        left, right = view.entity(self.left), view.entity(self.right)
        places = {value: place for place, value in enumerate(right.texts)}
        same = np.array([*(places.get(value, -2) for value in left.texts), -2])[left.codes] == right.codes
        return np.where((left.codes < 0) | (right.codes < 0), np.nan, same)


@dataclass(frozen=True)
class Similarity(Kind):
    """How alike two texts are, 0 to 100, whatever the order of their words; missing where one of them is.

    Examples
    --------
    >>> Similarity(left="shipper_name", right="consignee_name").inputs
    ('shipper_name', 'consignee_name')

    Notes
    -----
    Normalised InDel similarity of the sorted words (rapidfuzz `token_sort_ratio`).
    """

    word: ClassVar[str] = "similarity"
    left: str = argument(entity_name)
    right: str = argument(entity_name)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.left, self.right)

    def compute(self, view: View) -> NDArray[np.float64]:
        from rapidfuzz import fuzz, process

        both = view.entities((self.left, self.right))
        lefts = [fold(pair[0]) for pair in both.texts]
        rights = [fold(pair[1]) for pair in both.texts]
        return both.spread(process.cpdist(lefts, rights, scorer=fuzz.token_sort_ratio, dtype=np.float64))


@dataclass(frozen=True)
class RoundNumber(Kind):
    """The largest power of ten that divides a number: 100 for 1500, 1 for 1501, 0.1 for 12.5; zero has none.

    Looks down to a thousandth.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import View
    >>> weights = pd.DataFrame({"gross_weight_kg": [1500.0, 1501.0, 12.5, 0.0, None]})
    >>> RoundNumber(value="gross_weight_kg").compute(View(weights))
    array([100. ,   1. ,   0.1,   nan,   nan])
    """

    word: ClassVar[str] = "round_number"
    value: str = argument(number_name)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.value,)

    def compute(self, view: View) -> NDArray[np.float64]:
        value = np.abs(view.number(self.value))
        usable = (value > 0) & (value < 1e15)
        whole = np.round(np.where(usable, value, 0.0) * FRACTION).astype(np.int64)
        usable &= whole > 0
        zeros = np.zeros(len(view), dtype=np.int64)
        divides = usable.copy()
        while np.count_nonzero(divides):
            divides &= whole % 10 == 0
            zeros += divides
            whole = np.where(divides, whole // 10, whole)
        return np.where(usable, _POWERS[zeros], np.nan)


@dataclass(frozen=True)
class ListedCount(Kind):
    """How many values a cell lists (``A;B`` lists two); missing where it is empty.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import View
    >>> ListedCount(column="seal_nos").compute(View(pd.DataFrame({"seal_nos": ["A1;A2", "B7", None]})))
    array([ 2.,  1., nan])
    """

    word: ClassVar[str] = "listed_count"
    column: str = argument(column)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.column,)

    def compute(self, view: View) -> NDArray[np.float64]:
        cells = view.column(self.column)
        return cells.spread([len(listed(cell)) for cell in cells.texts])


def listed(cell: str) -> list[str]:
    """Return the values that a cell lists, trimmed.

    Examples
    --------
    >>> listed("CITES:VN1; PEN:2;")
    ['CITES:VN1', 'PEN:2']
    """
    return [part for part in (part.strip() for part in cell.split(";")) if part]
