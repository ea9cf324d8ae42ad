"""The rule that makes one priority out of the scores of several heads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from omdrisk.errors import InputError, did_you_mean
from omdrisk.scoring.draw import is_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

#: ``expected``: the harm that an inspection is expected to find, summed over the heads. ``highest``: the head that
#: weighs most decides alone, so that two middling scores do not outrank a high one.
RULES: Final = ("expected", "highest")


def check_rule(rule: str) -> str:
    """Return a rule of priority that is known.

    Raises
    ------
    InputError
        If it is not.
    """
    if rule not in RULES:
        raise InputError(f"the priority rule {rule!r} is unknown. {did_you_mean(rule, RULES)}")
    return rule


def combine(parts: Floats, rule: str = "expected") -> Floats:
    """Return one priority per row from harm weight x probability of each head.

    Parameters
    ----------
    parts
        One row per shipment, one column per head.
    rule
        ``expected`` (their sum) or ``highest``.

    Examples
    --------
    >>> parts = np.array([[0.25, 0.5], [0.75, 0.125]])
    >>> combine(parts).tolist(), combine(parts, "highest").tolist()
    ([0.75, 0.875], [0.5, 0.75])
    """
    return np.asarray(parts.max(axis=1) if check_rule(rule) == "highest" else parts.sum(axis=1))


def harm_weights(targets: Iterable[str], harm: Mapping[str, float] | None, head: str | None) -> dict[str, float]:
    """Return the weight of each head in the priority: `harm`, or `head` alone, or 1 for each.

    Raises
    ------
    InputError
        If a head is not in the bundle, a weight is negative, or both `harm` and `head` are given.

    Examples
    --------
    >>> harm_weights(["drug", "wildlife"], {"wildlife": 2.5}, None)
    {'drug': 1.0, 'wildlife': 2.5}
    >>> harm_weights(["drug", "wildlife"], None, "drug")
    {'drug': 1.0, 'wildlife': 0.0}
    """
    known = list(targets)
    if harm is not None and head is not None:
        raise InputError("both head and harm are given. Give `head` for one head alone, or `harm` to weigh them.")
    if head is not None:
        _check_head(head, known)
        return {name: float(name == head) for name in known}
    weights = dict.fromkeys(known, 1.0)
    for name, weight in (harm or {}).items():
        _check_head(name, known)
        if not (is_number(weight) and np.isfinite(weight) and weight >= 0):
            raise InputError(f"harm[{name!r}] is {weight!r}. Give a number of at least 0.")
        weights[name] = float(weight)
    return weights


def _check_head(name: str, known: list[str]) -> None:
    if name not in known:
        raise InputError(f"the bundle has no head {name!r}. {did_you_mean(name, known)}")
