"""How parties, addresses, telephones and containers are linked with earlier cases, over shipments that they shared."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from omdrisk.features.arguments import argument, entity_names, text, whole
from omdrisk.features.kinds.base import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from omdrisk.features.view import View
    from omdrisk.history.questions import Question


@dataclass(frozen=True)
class HopsToCase(Kind):
    """How many shared shipments lie between the shipment's own `entities` and one with an earlier find of `target`.

    0 where one of them has such a find itself; 1 where one of them once shared a shipment with an entity that has; and
    so on up to `at_most`; one more than that where no find is so near. Links run over `entities` alone: with a
    consignee's name, address and telephone they join the names of one house, with shippers and consignees they join
    trading partners. Missing without a history, and where all of `entities` are.

    Examples
    --------
    >>> kind = HopsToCase(entities=("consignee", "consignee_phone"), target="drug")
    >>> kind.questions()[0].name
    'consignee+consignee_phone_drug_hops_2'

    Notes
    -----
    All that is linked, and every find, is as known strictly before the shipment was filed (see `history.hops`).
    """

    word: ClassVar[str] = "hops"
    entities: tuple[str, ...] = argument(entity_names)
    target: str = argument(text)
    at_most: int = argument(whole, default=2)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.entities

    def questions(self) -> tuple[Question, ...]:
        from omdrisk.history.questions import Hops

        return (Hops(self.entities, self.target, self.at_most),)

    def compute(self, view: View) -> NDArray[np.float64]:
        hops = view.answer(self.asked[0])
        far = np.isnan(hops) & _asked(view, self.entities)
        return np.where(far, self.at_most + 1.0, hops)


@dataclass(frozen=True)
class LinksToCase(Kind):
    """How many of the shipment's own `entities` lie within `at_most` shared shipments of an earlier find of `target`.

    Several links to a case are rarely chance, one may be. Missing without a history, and where all of `entities` are.

    Examples
    --------
    >>> LinksToCase(entities=("consignee", "shipper"), target="drug").arguments()
    {'entities': ['consignee', 'shipper'], 'target': 'drug'}
    """

    word: ClassVar[str] = "links"
    entities: tuple[str, ...] = argument(entity_names)
    target: str = argument(text)
    at_most: int = argument(whole, default=1)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.entities

    def questions(self) -> tuple[Question, ...]:
        from omdrisk.history.questions import Links

        return (Links(self.entities, self.target, self.at_most),)

    def compute(self, view: View) -> NDArray[np.float64]:
        return view.answer(self.asked[0])


def _asked(view: View, entities: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return for which rows a history can be asked about one of `entities` at least."""
    given = np.zeros(len(view), dtype=bool)
    if view.history is None or "filed_at" not in view.fields:
        return given
    for name in entities:
        given |= view.entity(name).codes >= 0
    given &= ~view.absent("filed_at")
    return given
