"""Entities: texts by which shipments are counted, compared and remembered."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from omdrisk.entities.airports import airport
from omdrisk.entities.names import ENTITIES, PARTIES, columns_of
from omdrisk.parties.addresses import address_key, phone_key
from omdrisk.parties.keys import party_key
from omdrisk.parties.names import normal_form
from omdrisk.records.coded import Coded, joint
from omdrisk.records.codes import hs_code
from omdrisk.records.texts import value_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from omdrisk.entities.fields import Fields

    Maker = Callable[[Fields], Coded]

_SPACES = re.compile(r"[\W_]+")
_NOT_A_CODE = re.compile(r"[\W_]+")
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d{0,14})\.\d+$")
_IATA_LETTERS = 3
_LOCODE_LETTERS = 5


def _code(text: str) -> str:
    return _NOT_A_CODE.sub("", unicodedata.normalize("NFKC", text).upper())


def _plain_number(text: str) -> str:
    """Write a decimal number in one way: a column of "8.0" and one of 8 are the same entity."""
    return value_text(float(text)) if _DECIMAL.match(text) else text


def _plain_text(text: str) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def place_country(place: str) -> str:
    """Return the country of a UN/LOCODE or IATA airport code, or an empty text.

    Examples
    --------
    >>> place_country("VNSGN"), place_country("HAN"), place_country("any safe port")
    ('VN', 'VN', '')
    """
    code = place.strip().upper()
    if len(code) == _LOCODE_LETTERS and code[:2].isalpha() and code.isalnum():
        return code[:2]
    if len(code) == _IATA_LETTERS:
        return airport(code)[0]
    return ""


def _of_columns(names: tuple[str, ...], answer: Callable[..., str | None]) -> Maker:
    """Return the maker of an entity from several columns; `answer` is given None where a text is missing."""
    return lambda fields: joint(*(fields.text(name) for name in names)).map(lambda texts: answer(*texts))


def _of_column(name: str, answer: Callable[[str], str]) -> Maker:
    return lambda fields: fields.text(name).map(answer)


def _country(port: str | None, given: str | None) -> str | None:
    return (place_country(port) if port else "") or given


def _lane(*places: str | None) -> str:
    loading, discharge = (_code(port) if port else given for port, given in (places[:2], places[2:]))
    return f"{loading}>{discharge}" if loading and discharge else ""


def _hs(digits: int) -> Maker:
    def front(text: str) -> str:
        code = hs_code(text) or text
        return code[:digits] if len(code) >= digits else ""

    return _of_column("hs_code", front)


def _first(text: str) -> str:
    return next((part.strip() for part in text.split(";") if part.strip()), "")


_MADE: dict[str, Maker] = {
    **{party: _of_columns((f"{party}_name", f"{party}_country", f"{party}_tax_id"), party_key) for party in PARTIES},
    **{f"{party}_address": _of_column(f"{party}_address", address_key) for party in PARTIES},
    **{f"{party}_phone": _of_column(f"{party}_phone", phone_key) for party in PARTIES},
    **{f"{party}_person": _of_column(f"{party}_name", normal_form) for party in PARTIES},
    "carrier": _of_column("carrier_code", _code),
    "container": _of_column("container_no", _code),
    "text": _of_column("goods_description", _plain_text),
    "hs2": _hs(2),
    "hs4": _hs(4),
    "hs6": _hs(6),
    "loading_country": _of_columns(ENTITIES["loading_country"], _country),
    "discharge_country": _of_columns(ENTITIES["discharge_country"], _country),
    "lane": _of_columns(ENTITIES["lane"], _lane),
    "origin": lambda fields: fields.text("country_of_origin"),
    "seal": _of_column("seal_nos", lambda text: _code(_first(text))),
    "permit": _of_column("documents", _first),
}


def entity_of(fields: Fields, name: str) -> Coded:
    """Return the entity `name` of fields as coded texts.

    Raises
    ------
    DefinitionError
        If nothing is called `name`.
    """
    made = _MADE.get(name)
    if made:
        return made(fields)
    columns_of(name)
    values = fields.text(name)
    return values.map(_plain_number) if name.startswith("x_") else values


assert set(ENTITIES) <= set(_MADE)  # noqa: S101 - names and makers are listed apart
