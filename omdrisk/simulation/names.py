"""Names, addresses, telephones and official numbers for the parties of a pool."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.identifiers import official_numbers, wrong_digit
from omdrisk.simulation.pool import FORWARDER, PERSON, Parties

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Item = tuple[str, str, str]

FULL, LATIN, SHORT = range(3)
PARTS = ("form", "trade", "place", "a", "b", "family", "middle", "given", "street", "district", "city")
FORWARDER_WORDS = ("Logistics", "Freight Forwarders", "Shipping Agency", "Cargo Express", "Global Forwarding")


def without_accents(text: str) -> str:
    """Return the text in plain Latin letters, where it is Latin at all.

    Examples
    --------
    >>> without_accents("Đại Phát")
    'Dai Phat'
    """
    plain = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d").replace("ß", "ss"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


@dataclass(frozen=True)
class Style:
    """How names are made in a country: patterns and parts, each part as (full, Latin, short)."""

    patterns: dict[str, tuple[str, ...]]
    parts: dict[str, tuple[Item, ...]]
    head: tuple[Item, ...]
    tail: tuple[Item, ...]
    joint: str
    coined_person: str

    def coined(self, head: int, tail: int) -> Item:
        """Return an invented word."""
        first, second = self.head[head % len(self.head)], self.tail[tail % len(self.tail)]
        full = first[0] + self.joint + (second[0] if self.joint else second[0].lower())
        latin = first[1] + (self.joint or "") + second[1]
        return full, latin, latin


def _item(entry: str | Sequence[str]) -> Item:
    if isinstance(entry, str):
        latin = without_accents(entry).upper()
        return entry, latin, latin
    return entry[0], entry[1], entry[2] if len(entry) > 2 else entry[1]


@cache
def _styles() -> tuple[dict[str, Style], dict[str, str], dict[str, str], dict[str, tuple[Item, ...]]]:
    text = resources.files("omdrisk.simulation").joinpath("names.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    styles = {}
    for name, entry in table["styles"].items():
        styles[name] = Style(
            patterns={key: tuple(entry[key]) for key in ("firm", "person", "address")},
            parts={part: tuple(_item(value) for value in entry[part]) for part in PARTS},
            head=tuple(_item(value) for value in entry["coined_head"]),
            tail=tuple(_item(value) for value in entry["coined_tail"]),
            joint=entry["coined_joint"],
            coined_person=entry["coined_person"],
        )
    cities = {country: tuple(_item(city) for city in names) for country, names in table["cities"].items()}
    return styles, table["countries"], table["dialling"], cities


@dataclass(frozen=True)
class Words:
    """The words of parties; row `p` belongs to party `p`. Names and addresses come in several spellings."""

    names: NDArray[np.object_]
    addresses: NDArray[np.object_]
    cities: NDArray[np.object_]
    postcodes: NDArray[np.object_]
    phones: NDArray[np.object_]
    emails: NDArray[np.object_]
    numbers: NDArray[np.object_]

    def of(self, wanted: NDArray[np.int64]) -> Words:
        """Return the words of the parties with these numbers, in their order."""
        return Words(**{name: getattr(self, name)[wanted] for name in self.__dataclass_fields__})


@dataclass(frozen=True)
class Wordbook:
    """What the words of all parties are made from, as numbers; words are made of those that are asked for.

    Words take some 1.5 kB a party, the numbers 60 bytes: a world of any size is put into words part by part.
    """

    parties: Parties
    countries: Sequence[str]
    dice: NDArray[np.int32]
    serial: NDArray[np.int64]
    mailing: NDArray[np.bool_]

    @classmethod
    def draw(cls, rng: np.random.Generator, parties: Parties, countries: Sequence[str]) -> Wordbook:
        """Draw what the words of all parties are made from."""
        count = len(parties.kind)
        dice = rng.integers(0, 1 << 30, size=(10, count)).astype(np.int32)
        serial = rng.permutation(count).astype(np.int64) * 7_919 + rng.integers(0, 7_919, size=count)
        return cls(parties, countries, dice, serial, rng.random(count) < 0.35)

    def of(self, wanted: NDArray[np.int64]) -> Words:
        """Make three spellings of the name, two of address and telephone, of the parties with these numbers."""
        styles, style_of, dialling, cities_of = _styles()
        count = len(wanted)
        kinds, houses = self.parties.kind[wanted], self.parties.address[wanted]
        serial, lines = self.serial[wanted], self.serial[self.parties.phone[wanted]]
        own, there = self.dice[:, wanted].T.tolist(), self.dice[:, houses].T.tolist()
        names = np.empty((count, 3), dtype=object)
        addresses = np.empty((count, 2), dtype=object)
        cities, postcodes, emails, numbers = (np.full(count, None, dtype=object) for _ in range(4))
        phones = np.empty((count, 2), dtype=object)
        country_of = self.parties.country[wanted]
        for country in np.unique(country_of):
            code = self.countries[country]
            style = styles[style_of.get(code, "en")]
            if code in cities_of:
                style = replace(style, parts={**style.parts, "city": cities_of[code]})
            mine = np.flatnonzero(country_of == country)
            for row, kind in zip(mine.tolist(), kinds[mine].tolist(), strict=True):
                names[row] = _person(style, own[row]) if kind == PERSON else _firm(style, own[row], kind)
                full, latin, city = _address(style, there[row])
                addresses[row] = full, latin
                cities[row] = city
            postcodes[mine] = [f"{10_000 + throw % 89_999:05d}" for throw in self.dice[6, houses[mine]].tolist()]
            trunk = dialling.get(code, "44")
            digits = (lines[mine] * 48_271 % 899_999_999 + 100_000_000).tolist()
            phones[mine, 0] = [f"+{trunk} {number}" for number in digits]
            phones[mine, 1] = [f"0{number}" for number in digits]
            firms = mine[kinds[mine] != PERSON]
            numbers[firms] = official_numbers(code, serial[firms])
        for row in np.flatnonzero(self.parties.bad[wanted] & (kinds != PERSON)).tolist():
            numbers[row] = wrong_digit(numbers[row])
        for row in np.flatnonzero(self.mailing[wanted]).tolist():
            name = "".join(sign for sign in names[row, LATIN].lower() if sign.isascii() and sign.isalpha())[:14]
            emails[row] = f"{name}{'@mail.example' if kinds[row] == PERSON else '@trade.example'}"
        return Words(names, addresses, cities, postcodes, phones, emails, numbers)


def _firm(style: Style, throw: list[int], kind: int) -> list[str]:
    parts = style.parts
    form = parts["form"][throw[0] % len(parts["form"])]
    trade = parts["trade"][throw[1] % len(parts["trade"])]
    if kind == FORWARDER:
        word = FORWARDER_WORDS[throw[1] % len(FORWARDER_WORDS)]
        trade = (word, word.upper(), word.upper())
    place = parts["place"][throw[2] % len(parts["place"])]
    first = parts["a"][throw[3] % len(parts["a"])]
    second = parts["b"][throw[4] % len(parts["b"])]
    coin = style.coined(throw[5], throw[6])
    if throw[7] % 4:
        first = coin
    else:
        gap = "" if style.patterns["firm"][0].find("{a}{b}") >= 0 else " "
        second = (second[0] + gap + coin[0], f"{second[1]} {coin[1]}", f"{second[2]} {coin[2]}")
    made = []
    for spelling, pattern in enumerate(style.patterns["firm"]):
        text = pattern.format(
            form=form[spelling], trade=trade[spelling], place=place[spelling], a=first[spelling], b=second[spelling]
        )
        made.append(" ".join(text.split()) if spelling == FULL else " ".join(text.upper().split()))
    return made


def _person(style: Style, throw: list[int]) -> list[str]:
    parts: dict[str, Any] = {}
    for number, key in enumerate(("family", "middle", "given")):
        choice = style.parts[key]
        parts[key] = choice[throw[number] % len(choice)]
    coin = style.coined(throw[3], throw[4])
    target = style.coined_person
    if target and throw[5] % 10 < 8:
        parts[target] = (
            tuple(f"{old} {new}" for old, new in zip(parts[target], coin, strict=True)) if target == "middle" else coin
        )
    elif not target:
        parts["given"] = (
            tuple(f"{old}{new}" for old, new in zip(parts["given"], coin, strict=True))
            if throw[5] % 3 == 0
            else parts["given"]
        )
    made = []
    for spelling, pattern in enumerate(style.patterns["person"]):
        text = pattern.format(**{key: item[spelling] for key, item in parts.items()})
        made.append(" ".join(text.split()) if spelling == FULL else " ".join(text.upper().split()))
    return made


def _address(style: Style, throw: list[int]) -> tuple[str, str, str]:
    chosen = {}
    for number, key in enumerate(("street", "district", "city")):
        choice = style.parts[key]
        chosen[key] = choice[throw[number + 1] % len(choice)]
    house = str(1 + throw[4] % 480)
    if throw[5] % 9 == 0:
        house += "ABCD/"[throw[6] % 5] + (str(throw[7] % 60) if throw[6] % 5 == 4 else "")
    full, latin = (
        pattern.format(no=house, **{key: item[spelling] for key, item in chosen.items()})
        for spelling, pattern in enumerate(style.patterns["address"])
    )
    return full, latin.upper(), chosen["city"][LATIN].title()
