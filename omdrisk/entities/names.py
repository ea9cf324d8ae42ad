"""The names of entities and numbers, and the columns each of them needs."""

from __future__ import annotations

from typing import Final

from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.records.schema import table

PARTIES: Final = ("shipper", "consignee", "notify", "buyer", "seller", "forwarder", "declarant", "payer")
"""The parties of a shipment."""

_IDENTIFYING = ("name", "address", "tax_id", "phone", "email", "person", "postcode")

PARTY_ENTITIES: Final[frozenset[str]] = frozenset(PARTIES) | frozenset(
    f"{party}_{part}" for party in PARTIES for part in _IDENTIFYING
)
"""Entities that identify a trader: never in a bundle, never marked by a rip-off find."""

_PARTY_KEYS = {party: (f"{party}_tax_id", f"{party}_country", f"{party}_name") for party in PARTIES}
_PERSONS = {f"{party}_person": (f"{party}_name",) for party in PARTIES}
_LOADING = ("port_of_loading", "country_of_departure")
_DISCHARGE = ("port_of_discharge", "country_of_destination")

ENTITIES: Final[dict[str, tuple[str, ...]]] = {
    **_PARTY_KEYS,
    **_PERSONS,
    "carrier": ("carrier_code",),
    "container": ("container_no",),
    "text": ("goods_description",),
    "hs2": ("hs_code",),
    "hs4": ("hs_code",),
    "hs6": ("hs_code",),
    "loading_country": _LOADING,
    "discharge_country": _DISCHARGE,
    "lane": _LOADING + _DISCHARGE,
    "origin": ("country_of_origin",),
    "seal": ("seal_nos",),
    "permit": ("documents",),
}
"""Entities that are not a column of the same name, and the columns they are made from."""

DERIVED_NUMBERS: Final[dict[str, tuple[str, ...]]] = {
    "weight_per_package": ("gross_weight_kg", "packages"),
    "value_per_kg": ("invoice_value", "gross_weight_kg", "net_weight_kg"),
    "density_kg_m3": ("gross_weight_kg", "volume_m3"),
    "gross_net_ratio": ("gross_weight_kg", "net_weight_kg"),
    "freight_value_ratio": ("freight_charge", "invoice_value"),
    "payload_share": ("gross_weight_kg", "container_type"),
    "vgm_gap_share": ("vgm_kg", "gross_weight_kg", "container_type"),
    "master_weight_gap_share": ("master_weight_kg", "gross_weight_kg"),
    "master_package_gap": ("master_packages", "packages"),
    "description_length": ("goods_description",),
}
"""Numbers that are not a column of the same name, and the columns they are made from."""


def columns_of(name: str) -> tuple[str, ...]:
    """Return the columns that the entity or number `name` is made from.

    Raises
    ------
    DefinitionError
        If no entity, number or column is called `name`.

    Examples
    --------
    >>> columns_of("consignee")
    ('consignee_tax_id', 'consignee_country', 'consignee_name')
    >>> columns_of("x_tax_type")
    ('x_tax_type',)
    """
    if name in ENTITIES:
        return ENTITIES[name]
    if name in DERIVED_NUMBERS:
        return DERIVED_NUMBERS[name]
    columns = table("shipments").columns
    if name in columns or name.startswith("x_"):
        return (name,)
    hint = did_you_mean(name, {*ENTITIES, *DERIVED_NUMBERS, *columns})
    raise DefinitionError(f"{name!r} is no entity, number or column of shipments. {hint}")
