"""What tables of facts say of a shipment: listed goods, places and pairs, and papers that such goods need."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from omdrisk.features.arguments import argument, entity_names, text, text_or_texts
from omdrisk.features.kinds.base import Kind
from omdrisk.features.kinds.fields import listed
from omdrisk.features.lookup import Lookup, column_for
from omdrisk.features.tables import numbers

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from omdrisk.features.tables import Tables
    from omdrisk.features.view import View


@dataclass(frozen=True)
class Listed(Kind):
    """The largest `value` of the rows of `table` that fit the shipment on all of `on`; 0 where none does.

    A column of the table is matched by its name to the entity in `on` (see `lookup.column_for`); a name that
    ends in ``_prefix`` matches the beginning. Where a cell of the shipment lists several values, one must
    fit. Missing where an entity of `on` is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import Tables, View
    >>> goods = pd.DataFrame({"hs_prefix": ["0801", "4403"], "weight": ["1", "0.5"]})
    >>> shipments = pd.DataFrame({"hs_code": ["080131", "440399", "9999", None]})
    >>> view = View(shipments, Tables({"cover_loads": goods}))
    >>> Listed(table="cover_loads", on=("hs_code",)).compute(view)
    array([1. , 0.5, 0. , nan])
    """

    word: ClassVar[str] = "listed"
    table: str = argument(text)
    on: tuple[str, ...] = argument(entity_names)
    value: str = argument(text, default="weight")

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.on

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table,)

    def check(self, tables: Tables) -> None:
        tables.derive(self, self.table, self._prepare)

    def compute(self, view: View) -> NDArray[np.float64]:
        lookup, values = view.tables.derive(self, self.table, self._prepare)
        cells = view.entities(self.on)
        return cells.spread([max([values[row] for row in lookup.rows(*cell)], default=0.0) for cell in cells.texts])

    def _prepare(self, table: pd.DataFrame) -> tuple[Lookup, list[float]]:
        open_columns = [column for column in table.columns if column != self.value]
        columns = [column_for(name, open_columns, self.table) for name in self.on]
        return Lookup(table, columns, self.table), numbers(table, self.table, self.value)


@dataclass(frozen=True)
class DocumentsMissing(Kind):
    """1 where goods of `table` come without a document of the types `document`, 0 where they come with one.

    Missing where the goods are not in the table, or their commodity code is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import Tables, View
    >>> goods = {"hs_code": ["050710", "0507", "9403"], "documents": ["CITES:VN1", None, None]}
    >>> view = View(pd.DataFrame(goods), Tables({"cites_goods": pd.DataFrame({"hs_prefix": ["0507"]})}))
    >>> DocumentsMissing(table="cites_goods", document=("CITES",)).compute(view)
    array([ 0.,  1., nan])
    """

    word: ClassVar[str] = "documents_missing"
    table: str = argument(text)
    document: tuple[str, ...] = argument(text_or_texts)
    on: tuple[str, ...] = argument(entity_names, default=("hs_code",))

    @property
    def inputs(self) -> tuple[str, ...]:
        return (*self.on, "documents")

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table,)

    def check(self, tables: Tables) -> None:
        tables.derive(self, self.table, self._prepare)

    def compute(self, view: View) -> NDArray[np.float64]:
        lookup = view.tables.derive(self, self.table, self._prepare)
        goods = view.entities(self.on)
        needed = goods.spread([1.0 if lookup.rows(*cell) else float("nan") for cell in goods.texts])
        papers = view.column("documents")
        types = {name.casefold() for name in self.document}
        lacking = papers.spread(
            [
                float(types.isdisjoint(paper.partition(":")[0].strip().casefold() for paper in listed(cell)))
                for cell in papers.texts
            ]
        )
        lacking[papers.codes < 0] = 1.0
        return needed * lacking

    def _prepare(self, table: pd.DataFrame) -> Lookup:
        return Lookup(table, [column_for(name, list(table.columns), self.table) for name in self.on], self.table)
