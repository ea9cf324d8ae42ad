"""What to look at in a shipment, from the indicators that speak for risk and the target they speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.reports.details import Told
    from omdrisk.reports.phrases import Phrases

MOST: Final = 4


def what_to_look_at(head: str, reasons: Sequence[Told], words: Phrases, most: int = MOST) -> list[str]:
    """Return what an officer may look at: first for the target, then for each reason's indicator or its family.

    It is general craft, in the words of the ``look`` tables of ``omdrisk/reports/words``; which method is used is the
    officer's choice.

    Examples
    --------
    >>> from omdrisk.reports.details import Told
    >>> from omdrisk.reports.phrases import Phrases
    >>> what_to_look_at("fraud", [Told("", "", indicator="C03", family="equipment")], Phrases("en"))
    ['Compare the seal numbers with the bill; look for cuts, glue, or a seal that was closed twice.']
    """
    found = [words("look", f"target_{head}", "")]
    found += [words("look", one.indicator, words("look", one.family, "")) for one in reasons]
    return list(dict.fromkeys(text for text in found if text))[:most]
