"""Categories whose values the pipeline learns, and the names that must never become one."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from omdrisk.entities import PARTY_ENTITIES
from omdrisk.errors import DefinitionError
from omdrisk.features.arguments import argument, entity_name, whole
from omdrisk.features.kinds.base import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from omdrisk.features.tables import Tables
    from omdrisk.features.view import View

#: A value must have occurred this often to be kept by name.
LEAST = 5
#: Endings of the names of columns that identify a trader, a consignment or a thing.
PRIVATE = (
    "_id",
    "_no",
    "_nos",
    "_name",
    "_person",
    "_address",
    "_city",
    "_postcode",
    "_phone",
    "_email",
    "_ref",
)
#: Entities that identify, whatever their name, and free texts, in which a name may stand.
PRIVATE_ENTITIES = frozenset(
    {"container", "seal", "permit", "documents", "text", "goods_description", "amended_fields"},
)
#: Columns that end like identifiers but identify no trader and no consignment.
HARMLESS = frozenset({"un_dg_no", "voyage_flight_no", "vessel_name", "imo_no"})


def is_private(name: str) -> bool:
    """Tell whether the values of an entity could identify somebody, so that no bundle may hold them.

    Examples
    --------
    >>> is_private("consignee"), is_private("x_importer_id"), is_private("un_dg_no")
    (True, True, False)
    """
    if name in HARMLESS:
        return False
    return name in PARTY_ENTITIES or name in PRIVATE_ENTITIES or name.endswith(PRIVATE)


@lru_cache(maxsize=256)
def _numbered(values: tuple[str, ...]) -> dict[str, float]:
    return {value: float(code) for code, value in enumerate(values, start=1)}


@dataclass(frozen=True)
class Category(Kind):
    """A code for each frequent value of `column`; 0 for any other value, missing where it is missing.

    The pipeline learns the values from the training shipments: at most `cap`, each seen at least five times,
    the most frequent first, ties by value. A column that could identify somebody is refused, because the
    values are kept in the bundle.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import View
    >>> kind = Category(column="incoterm")
    >>> shipments = pd.DataFrame({"incoterm": ["FOB"] * 5 + ["CIF"] * 6 + ["EXW"]})
    >>> values = kind.learn(View(shipments))
    >>> values
    ['CIF', 'FOB']
    >>> kind.compute(View(shipments.iloc[[0, 5, 11]], learnt={kind: values}))
    array([2., 1., 0.])
    """

    word: ClassVar[str] = "category"
    categorical: ClassVar[bool] = True
    learns: ClassVar[bool] = True
    column: str = argument(entity_name)
    cap: int = argument(whole, default=64)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.column,)

    def check(self, tables: Tables) -> None:
        del tables
        if is_private(self.column):
            raise DefinitionError(
                f"column: {self.column!r} could identify somebody and may not be a category, whose values "
                "travel with the model. Use a history kind ('count', 'rate') on it instead."
            )

    def learn(self, view: View) -> list[str]:
        self.check(view.tables)
        cells = view.entity(self.column)
        counts = np.bincount(cells.codes[cells.codes >= 0], minlength=len(cells.texts)).tolist()
        often = [(-count, value) for count, value in zip(counts, cells.texts, strict=True) if count >= LEAST]
        return [value for _, value in sorted(often)[: self.cap]]

    def compute(self, view: View) -> NDArray[np.float64]:
        if self not in view.learnt:
            raise DefinitionError(f"category of {self.column!r} has learnt no values yet. Fit the pipeline first.")
        codes = _numbered(tuple(view.learnt[self]))
        cells = view.entity(self.column)
        return cells.spread([codes.get(value, 0.0) for value in cells.texts])
