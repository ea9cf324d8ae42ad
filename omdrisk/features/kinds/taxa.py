"""Species that a description names, and whether CITES listed them when the shipment was filed."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from omdrisk.entities import NO_TIME
from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.features.arguments import argument, column, text, texts
from omdrisk.features.kinds.base import Kind
from omdrisk.features.lexicon import Lexicon, Term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from omdrisk.features.tables import Tables
    from omdrisk.features.view import View

APPENDICES = ("I", "II", "III")
COLUMNS = ("scientific_name", "common_name", "appendix", "listed")
#: Shorter single words are too often part of a trade name.
SHORTEST = 5
EVER = np.iinfo(np.int64).min + 1


@dataclass(frozen=True)
class ListedTaxa(Kind):
    """How many species of these CITES appendices a text names, of those listed when the shipment was filed.

    Species are found by their scientific name, whole words in order, and by common names of two words or more
    (``tiger`` alone is also a beer). ``listed`` in the table is a year or a date: a year counts when it is over, so
    that no listing is known too early; without one the species counts as listed. Missing without a text; and where a
    species is named, without ``filed_at``.

    Examples
    --------
    >>> from omdrisk.features import Tables, View
    >>> taxa = pd.DataFrame({"scientific_name": ["Manis javanica"], "common_name": ["Sunda pangolin"],
    ...                      "appendix": ["I"], "listed": ["2017"]})
    >>> shipments = pd.DataFrame({"goods_description": ["MANIS JAVANICA scales", "sunda pangolins", "cashew"],
    ...                           "filed_at": pd.to_datetime(["2016-05-01", "2023-05-01", "2023-05-01"], utc=True)})
    >>> ListedTaxa(table="taxa", appendix=("I",)).compute(View(shipments, Tables({"taxa": taxa})))
    array([0., 1., 0.])
    """

    word: ClassVar[str] = "taxa"
    table: str = argument(text)
    appendix: tuple[str, ...] = argument(texts, default=APPENDICES)
    column: str = argument(column, default="goods_description")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.column, "filed_at")

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table,)

    def check(self, tables: Tables) -> None:
        for name in self.appendix:
            if name not in APPENDICES:
                raise DefinitionError(f"appendix: {name!r} is unknown. {did_you_mean(name, APPENDICES)}")
        tables.derive("taxa", self.table, self._read)

    def compute(self, view: View) -> NDArray[np.float64]:
        lexicon, since, appendices, taxon = view.tables.derive("taxa", self.table, self._read)
        cells, filed = view.column(self.column), view.time("filed_at")
        values = cells.spread(np.zeros(len(cells.texts)))
        for place, found in view.once(("taxa", self.table, self.column), lambda: self._find(view, lexicon)):
            named = sorted({taxon[at] for at in found if not appendices[taxon[at]].isdisjoint(self.appendix)})
            if named:
                rows = np.flatnonzero(cells.codes == place)
                values[rows] = np.sum([filed[rows] >= since[at] for at in named], axis=0)
                values[rows[filed[rows] == NO_TIME]] = np.nan
        return values

    def _find(self, view: View, lexicon: Lexicon) -> list[tuple[int, tuple[int, ...]]]:
        """Return the texts that name anything, and which names they have."""
        texts = enumerate(view.folded(self.column))
        named = ((place, lexicon.find_folded(folded, bare)) for place, (folded, bare) in texts)
        return [(place, found) for place, found in named if found]

    def _read(self, table: pd.DataFrame) -> tuple[Lexicon, list[int], list[frozenset[str]], list[int]]:
        """Return the names, and for each taxon from when on it was listed and where, and the taxon of each name."""
        lacking = [name for name in COLUMNS if name not in table.columns]
        if lacking:
            raise DefinitionError(f"table {self.table!r} is no list of taxa: it lacks {', '.join(lacking)}")
        terms, taxon, since, appendices = [], [], [], []
        for place, row in enumerate(table.to_dict("records")):
            since.append(_since(row["listed"], f"table {self.table!r}: row {place + 1}"))
            appendices.append(frozenset(row["appendix"].split("/")))
            for name in _names(row["scientific_name"], row["common_name"]):
                terms.append(name)
                taxon.append(place)
        return Lexicon(terms), since, appendices, taxon


def _names(scientific: str, common: str) -> Iterator[Term]:
    latin = scientific.removesuffix(" spp.").strip()
    if " " in latin or len(latin) >= SHORTEST:
        yield Term(latin, lang="la")
    for name in common.split(","):
        if " " in name.strip():
            yield Term(name.strip(), lang="en")


def _since(listed: str, place: str) -> int:
    if not listed:
        return EVER
    try:
        day = pd.Timestamp(f"{int(listed) + 1}-01-01" if listed.isdigit() else listed)
    except ValueError:
        raise DefinitionError(f"{place}: listed {listed!r} is no year and no date") from None
    return int(day.to_datetime64().astype("datetime64[us]").astype(np.int64))
