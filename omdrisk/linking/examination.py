"""How much an examination says, by its method."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from omdrisk.records.format_map import header_key

_RIP_OFF = re.compile(r"rip_?o(?:n|ff)")


@dataclass(frozen=True)
class _Methods:
    weights: dict[str, float]
    thorough: frozenset[str]
    unknown: float


@cache
def _methods() -> _Methods:
    text = resources.files("omdrisk.linking").joinpath("methods.toml").read_text(encoding="utf-8")
    spec = tomllib.loads(text)
    weights = dict(spec["weight"])
    thorough = set(spec["thorough"]["methods"])
    for method, words in spec["same"].items():
        weights |= dict.fromkeys(words, weights[method])
        if method in thorough:
            thorough |= set(words)
    return _Methods(weights, frozenset(thorough), spec["unknown"])


def _words(method: str) -> list[str]:
    return [word for part in method.split(";") if (word := header_key(part))]


def clear_weight(method: str | None) -> float:
    """Return how much a clear examination by `method` (several joined by ``;``) says, from 0 to 1.

    Examples
    --------
    >>> clear_weight("x-ray"), clear_weight("x-ray;devan"), clear_weight("documentary")
    (0.3, 1.0, 0.0)
    """
    methods = _methods()
    words = _words(method or "")
    if not words:
        return methods.unknown
    weakest_look = min(weight for weight in methods.weights.values() if weight > 0)
    return max(methods.weights.get(word, weakest_look) for word in words)


def is_thorough(method: str | None) -> bool:
    """Tell whether an examination that found one thing would have found the others too.

    Examples
    --------
    >>> is_thorough("canine;devan"), is_thorough("x-ray"), is_thorough(None)
    (True, False, False)
    """
    return any(word in _methods().thorough for word in _words(method or ""))


def is_rip_off(concealment: str | None) -> bool:
    """Tell whether a concealment is rip-on/rip-off: put in on the way, and the parties are innocent.

    Examples
    --------
    >>> is_rip_off("Rip-on / Rip-off"), is_rip_off("rip_off"), is_rip_off("false bottom")
    (True, True, False)
    """
    return bool(_RIP_OFF.search(header_key(concealment or "")))
