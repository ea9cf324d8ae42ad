"""One cargo report while it is read: what its head says of every consignment, its consignments and its equipment."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from omdrisk.records.sources.consignments import NOT_READ, Consignment
from omdrisk.records.sources.edifact.segments import part, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omdrisk.records.sources.edifact.segments import Elements

HIDDEN = "_"
"""Columns that begin so are notes of the reader and leave no trace."""


@cache
def codes() -> dict[str, dict[str, Any]]:
    """Return the codes of the directory by what they become."""
    return tomllib.loads(resources.files(__package__).joinpath("codes.toml").read_text(encoding="utf-8"))


@dataclass
class Report:
    """A message of type CUSCAR (or what says it is one), segment by segment.

    `party`, `container` and `counted` tell what the segments before were about: contacts follow their party, seals
    their container, and packages told apart (PAC) count only for an item that tells none itself (GID).
    """

    head: Consignment
    told: list[Consignment] = field(default_factory=list)
    equipment: dict[str, dict[str, str]] = field(default_factory=dict)
    party: str = ""
    container: str = ""
    counted: bool = False
    kind: str = ""
    segments: int = 0

    @property
    def now(self) -> Consignment:
        """The consignment that is being told, or the head before the first."""
        return self.told[-1] if self.told else self.head

    def begin(self, number: int, elements: Elements) -> None:
        """Begin a consignment (CNI) at the segment of this number."""
        self.told.append(Consignment(number))
        self.party, self.counted = "", False
        self.now.set("house_doc_no", part(elements, 1))
        self.now.texts[f"{HIDDEN}number"] = part(elements, 0)

    def not_read(self, tag: str, elements: Elements) -> None:
        """Keep a segment as it was written."""
        written = "+".join([tag, *(":".join(whole(elements, place)) for place in range(len(elements)))])
        self.now.also(NOT_READ, written, " ")

    def of_container(self, column: str, text: str) -> None:
        """Note something of the container that was named last."""
        self.equipment.setdefault(self.container, {})[column] = text

    def consignments(self) -> Iterator[Consignment]:
        """Yield the consignments with what the head and the equipment say of them."""
        head = self.head.texts
        reference = head.get(f"{HIDDEN}reference") or head.get(f"{HIDDEN}message", "")
        for one in self.told:
            texts = {**{name: said for name, said in head.items() if name != NOT_READ}, **one.texts}
            containers = texts.pop(f"{HIDDEN}containers", "").split(";")
            if containers == [""] and len(self.equipment) == 1:
                containers = list(self.equipment)
            texts["container_no"] = ";".join(containers)
            for column, text in self.equipment.get(containers[0], {}).items():
                texts.setdefault(column, text)
            seals = [self.equipment.get(name, {}).get("seal_nos", "") for name in containers]
            texts["seal_nos"] = ";".join(filter(None, seals))
            if head.get(NOT_READ):
                texts[NOT_READ] = " ".join(filter(None, [head[NOT_READ], one.texts.get(NOT_READ, "")]))
            texts.setdefault("shipment_id", f"{reference}:{texts.get(f'{HIDDEN}number', '')}")
            yield Consignment(one.row, {name: text for name, text in texts.items() if text and name[0] != HIDDEN})
