"""Words that officers and spreadsheets write for an outcome, brought to those of the inspections table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from omdrisk.errors import did_you_mean
from omdrisk.linking import USUAL_TARGETS
from omdrisk.records.checks import shown
from omdrisk.records.format_map import header_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CLEAR: Final = frozenset(
    ("clear", "cleared", "0", "no", "nil", "none", "false", "negative", "nothing_found", "no_discrepancy")
)
FOUND: Final = frozenset(("found", "1", "yes", "true", "positive", "hit"))
UNDECIDED: Final = ("inconclusive", "not_performed")


def known_targets(columns: Iterable[str] = (), others: Iterable[str] = ()) -> list[str]:
    """Return the targets that an outcome may name: the usual ones, the heads of a worklist by its columns, and others.

    Examples
    --------
    >>> known_targets(["shipment_id", "fraud_score"], ["tobacco"])
    ['drug', 'fraud', 'precursor', 'tobacco', 'wildlife']
    """
    heads = [name.removesuffix("_score") for name in columns if name.endswith("_score")]
    return sorted({*USUAL_TARGETS, "precursor", *map(header_key, heads), *map(header_key, others)})


def outcome_of(cell: str, target: str | None, known: Sequence[str]) -> tuple[str, str]:
    """Return an outcome as the inspections table has it, and why it cannot be; one of the two is empty.

    Parameters
    ----------
    cell
        What was written, several words joined by ``;``.
    target
        What ``found`` and ``1`` mean, if anything.
    known
        Targets that may be named; any other word is refused rather than taken for a new target.

    Examples
    --------
    >>> outcome_of("No", None, ["drug"]), outcome_of("1; wildlife", "drug", ["drug", "wildlife"])
    (('clear', ''), ('drug;wildlife', ''))
    >>> outcome_of("drugg", None, ["drug"])[1]
    "outcome: 'drugg' is neither clear nor a known target. Did you mean 'drug'? Or name it in targets."
    """
    told: list[str] = []
    for part in cell.split(";"):
        word = header_key(part)
        if word in CLEAR:
            told.append("clear")
        elif word in FOUND:
            if target is None:
                return "", f"outcome: {shown(part)} does not say what was found; write it, or name it with target"
            told.append(header_key(target))
        elif word in UNDECIDED or word in known:
            told.append(word)
        elif part.strip():
            hint = did_you_mean(word, ("clear", "found", *UNDECIDED, *known))
            return "", f"outcome: {shown(part)} is neither clear nor a known target. {hint} Or name it in targets."
    told = sorted(set(told))
    if not told:
        return "", "outcome: is empty, and a row needs it"
    if "clear" in told and len(told) > 1:
        return "", f"outcome: {shown(cell)} says clear and something else; keep one of them"
    return ";".join(told), ""
