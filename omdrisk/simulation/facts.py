"""What the world is furnished with: goods, places and countries, read from the tables beside this module."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODES = ("sea", "air", "express", "mail")
SEA, AIR, EXPRESS, MAIL = range(4)
COVERS = "dwph"
LANGUAGES = ("en", "vi", "zh", "th", "ms")


@dataclass(frozen=True)
class Goods:
    """The goods that are traded; row `i` of every array is one kind of goods.

    `origins[i, c]` is how much of goods `i` country `c` exports, `destinations[i, c]` how much more than others it
    buys, `modes[i, m]` whether it goes by mode `m`, `covers[i, k]` whether it serves as cover of kind ``COVERS[k]``.
    """

    name: tuple[str, ...]
    hs: tuple[str, ...]
    kg_per_package: NDArray[np.float64]
    kg_spread: NDArray[np.float64]
    usd_per_kg: NDArray[np.float64]
    usd_spread: NDArray[np.float64]
    kg_per_m3: NDArray[np.float64]
    package: tuple[str, ...]
    container: tuple[str, ...]
    document: tuple[str, ...]
    peak_month: NDArray[np.int64]
    share: NDArray[np.float64]
    origins: NDArray[np.float64]
    destinations: NDArray[np.float64]
    modes: NDArray[np.bool_]
    covers: NDArray[np.bool_]
    words: dict[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True)
class Places:
    """Ports and airports; `serves` gives, for a kind of place and a country, the places and how often each is used."""

    code: tuple[str, ...]
    country: NDArray[np.int64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    serves: dict[tuple[str, int], tuple[NDArray[np.int64], NDArray[np.float64]]]

    def kilometres(self, start: NDArray[np.integer], end: NDArray[np.integer]) -> NDArray[np.float64]:
        """Great circle between places given by number."""
        a, b = np.radians(self.latitude[start]), np.radians(self.latitude[end])
        turn = np.radians(self.longitude[end] - self.longitude[start])
        cosine = np.sin(a) * np.sin(b) + np.cos(a) * np.cos(b) * np.cos(turn)
        circle: NDArray[np.float64] = 6371.0 * np.arccos(np.clip(cosine, -1.0, 1.0))
        return circle


@dataclass(frozen=True)
class Facts:
    """Goods, places and the list of countries that both refer to by number."""

    countries: tuple[str, ...]
    goods: Goods
    places: Places

    def country(self, code: str) -> int:
        """Return the number of a country."""
        return self.countries.index(code)

    def place(self, code: str) -> int:
        """Return the number of a port or airport."""
        return self.places.code.index(code)

    def pick_places(
        self, rng: np.random.Generator, mode: NDArray[np.integer], country: NDArray[np.integer]
    ) -> NDArray[np.int64]:
        """Draw for each row a port (by sea) or an airport that serves the country; -1 where there is none."""
        chosen = np.full(len(mode), -1, dtype=np.int64)
        luck = rng.random(len(mode))
        key = np.asarray(mode == SEA, dtype=np.int64) * len(self.countries) + country
        for value in np.unique(key):
            kind = "sea" if value >= len(self.countries) else "air"
            served = self.places.serves.get((kind, int(value % len(self.countries))))
            if served is not None:
                rows = key == value
                chosen[rows] = served[0][np.searchsorted(served[1], luck[rows], side="right")]
        return chosen


def _table(name: str) -> list[dict[str, str]]:
    text = resources.files("omdrisk.simulation").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _weights(text: str) -> dict[str, float]:
    return {part.split(":")[0]: float(part.split(":")[1]) for part in text.split()}


@cache
def facts() -> Facts:
    """Read the tables once.

    Examples
    --------
    >>> facts().goods.hs[facts().goods.name.index("cashew_raw")]
    '08013100'
    """
    goods, places = _table("goods.csv"), _table("places.csv")
    served = {country for row in places for country in row["serves"].split()}
    countries = tuple(sorted(served | {row["country"] for row in places}))
    number = {country: index for index, country in enumerate(countries)}
    return Facts(countries=countries, goods=_goods(goods, number), places=_places(places, number))


def _goods(table: list[dict[str, str]], number: dict[str, int]) -> Goods:
    def numbers(column: str) -> NDArray[np.float64]:
        return np.array([float(row[column]) for row in table])

    def texts(column: str) -> tuple[str, ...]:
        return tuple(row[column] for row in table)

    origins = np.zeros((len(table), len(number)))
    destinations = np.ones((len(table), len(number)))
    for index, row in enumerate(table):
        for matrix, column in ((origins, "origins"), (destinations, "destinations")):
            for country, weight in _weights(row[column]).items():
                matrix[index, number[country]] = weight
    origins /= origins.sum(axis=1, keepdims=True)
    return Goods(
        name=texts("good"),
        hs=texts("hs"),
        kg_per_package=numbers("kg_per_package"),
        kg_spread=numbers("kg_spread"),
        usd_per_kg=numbers("usd_per_kg"),
        usd_spread=numbers("usd_spread"),
        kg_per_m3=numbers("kg_per_m3"),
        package=texts("package"),
        container=texts("container"),
        document=texts("document"),
        peak_month=numbers("peak_month").astype(np.int64),
        share=numbers("share"),
        origins=origins,
        destinations=destinations,
        modes=np.array([[letter in row["modes"] for letter in "saxm"] for row in table]),
        covers=np.array([[letter in row["cover"] for letter in COVERS] for row in table]),
        words={lang: tuple(tuple(row[lang].split(";")) for row in table) for lang in LANGUAGES},
    )


def _places(table: list[dict[str, str]], number: dict[str, int]) -> Places:
    serves: dict[tuple[str, int], Any] = {}
    for index, row in enumerate(table):
        for country in row["serves"].split():
            serves.setdefault((row["kind"], number[country]), []).append((index, float(row["weight"])))
    shares = {}
    for key, pairs in serves.items():
        weight = np.array([pair[1] for pair in pairs])
        limits = np.cumsum(weight) / weight.sum()
        limits[-1] = 1.0
        shares[key] = (np.array([pair[0] for pair in pairs], dtype=np.int64), limits)
    return Places(
        code=tuple(row["code"] for row in table),
        country=np.array([number[row["country"]] for row in table], dtype=np.int64),
        latitude=np.array([float(row["latitude"]) for row in table]),
        longitude=np.array([float(row["longitude"]) for row in table]),
        serves=shares,
    )
