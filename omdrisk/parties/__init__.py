"""Traders: names and official numbers brought to stable keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omdrisk.parties.addresses import address_keys, phone_keys
from omdrisk.parties.judging import judge_pairs
from omdrisk.parties.keys import party_keys
from omdrisk.parties.names import latin_form, normal_form, normal_forms
from omdrisk.parties.near import near_matches
from omdrisk.parties.numbers import is_plausible, official_numbers

if TYPE_CHECKING:
    from omdrisk.parties.duplicates import Duplicates, find_duplicates
    from omdrisk.parties.listing import parties_of

_LATER = {"Duplicates": "duplicates", "find_duplicates": "duplicates", "parties_of": "listing"}

__all__ = [
    "Duplicates",
    "address_keys",
    "find_duplicates",
    "is_plausible",
    "judge_pairs",
    "latin_form",
    "near_matches",
    "normal_form",
    "normal_forms",
    "official_numbers",
    "parties_of",
    "party_keys",
    "phone_keys",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'omdrisk.parties' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"omdrisk.parties.{_LATER[name]}"), name)
