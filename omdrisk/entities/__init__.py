"""What a shipment is about: its entities (texts that can be counted), its numbers, and their keyed hashes."""

from __future__ import annotations

from omdrisk.entities.airports import airport
from omdrisk.entities.fields import Fields, entity, number
from omdrisk.entities.keyring import Keyring, agency_secret
from omdrisk.entities.names import ENTITIES, PARTIES, PARTY_ENTITIES, columns_of
from omdrisk.entities.numbers import NUMBERS
from omdrisk.entities.times import NO_TIME, micros

__all__ = [
    "ENTITIES",
    "NO_TIME",
    "NUMBERS",
    "PARTIES",
    "PARTY_ENTITIES",
    "Fields",
    "Keyring",
    "agency_secret",
    "airport",
    "columns_of",
    "entity",
    "micros",
    "number",
]
