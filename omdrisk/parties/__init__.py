"""Traders: names and official numbers brought to stable keys."""

from __future__ import annotations

from omdrisk.parties.addresses import address_keys, phone_keys
from omdrisk.parties.judging import judge_pairs
from omdrisk.parties.keys import party_keys
from omdrisk.parties.names import latin_form, normal_form, normal_forms
from omdrisk.parties.near import near_matches
from omdrisk.parties.numbers import is_plausible, official_numbers

__all__ = [
    "address_keys",
    "is_plausible",
    "judge_pairs",
    "latin_form",
    "near_matches",
    "normal_form",
    "normal_forms",
    "official_numbers",
    "party_keys",
    "phone_keys",
]
